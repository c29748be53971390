"""Which exceptions mean that the device, and with it the process, can no longer be used."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from attriscope import Batch
from attriscope.workers import memory
from attriscope.workers.failures import error_body, is_device_fault
from tests.server.workers.toys import Direct, Net, pictures, runtime

FAULTS = [
    RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors might be reported later"),
    RuntimeError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("cuDNN error: CUDNN_STATUS_MAPPING_ERROR ... unspecified launch failure"),
    RuntimeError("HIP error: unspecified launch failure"),
    torch.AcceleratorError("device-side assert triggered"),
]
OTHERS = [
    RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: out of memory"),
    torch.OutOfMemoryError("CUDA out of memory."),
    ValueError("CUDA error: in a text of the user's own"),
    MemoryError(),
]


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: str(error)[:30])
def test_q8_device_faults_are_told_apart(error: Exception) -> None:
    assert is_device_fault(error)
    body = error_body(error)
    assert body.code == "device_error"
    assert str(error).partition("\n")[0] in body.message
    assert "a new process is started" in body.message


@pytest.mark.parametrize("error", OTHERS, ids=lambda error: repr(error)[:40])
def test_q8_other_errors_are_not_device_faults(error: Exception) -> None:
    assert not is_device_fault(error)
    assert error_body(error).code != "device_error"


def test_q8_a_device_fault_ends_its_call_and_is_not_tried_sample_by_sample() -> None:
    calls: list[int] = []

    class Faulty(Net):
        armed = False

        def forward(self, x: Tensor) -> Tensor:
            if self.armed:
                calls.append(len(x))
                raise RuntimeError("CUDA error: device-side assert triggered")
            return super().forward(x)

    client = Direct(runtime(models={"net": Faulty}, dataset=[Batch(pictures(), [0, 1, 2, 3, 0, 1])]))
    samples = client.scan()
    Faulty.armed = True
    answer = client.attribute(samples, 0, 1, 2)
    assert answer.error["code"] == "device_error"
    assert len(calls) == 1
    assert client.runtime.poisoned
    assert not [frame for frame in client.own if frame.type == "memory"]


def test_q8_a_fault_that_shows_after_the_answer_poisons_too(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Direct(runtime())
    samples = client.scan()

    def broken(device: torch.device) -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(memory, "of", broken)
    assert client.attribute(samples, 0).of("result")
    assert client.runtime.poisoned
