from __future__ import annotations

import threading
from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from attribution_core import IntegratedGradients, NoiseTunnel, Occlusion, Saliency, chunks, errors, execution, registry
from attribution_core.chunks import ChunkSize
from tests.attribution_core.models import Counting, attribute, convnet, images, relative_error

OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"),
    MemoryError(),
]


def sum_by_chunks(total: int, limit: int, error: BaseException) -> tuple[list[tuple[int, int]], list[int]]:
    """Chunks attempted, and units finished in order, on a device that holds ``limit`` units."""
    attempted: list[tuple[int, int]] = []
    finished: list[int] = []

    def evaluate(start: int, stop: int) -> list[int]:
        attempted.append((start, stop))
        if stop - start > limit:
            raise error
        return list(range(start, stop))

    size = ChunkSize(evaluate, (torch.zeros(1, 2),), "test", first=16)
    execution.run(total, evaluate, lambda start, stop, value: finished.extend(value), size)
    return attempted, finished


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda e: str(e)[:20])
def test_out_of_memory_halves_and_resumes_from_finished_chunks(error: BaseException) -> None:
    attempted, finished = sum_by_chunks(50, 5, error)
    assert finished == list(range(50))
    assert attempted[:3] == [(0, 16), (0, 8), (0, 4)]
    assert all(stop - start <= 5 for start, stop in attempted[2:])


@given(total=st.integers(1, 200), limit=st.integers(1, 40))
def test_every_unit_is_finished_once_whatever_fits(total: int, limit: int) -> None:
    with patch.object(execution, "reclaim_memory"):
        _, finished = sum_by_chunks(total, limit, torch.OutOfMemoryError("out of memory"))
    assert finished == list(range(total))


def test_a_caller_that_frees_memory_has_the_same_chunk_tried_again() -> None:
    others = [6, 5]  # units that somebody else holds
    attempted: list[tuple[int, int]] = []
    finished: list[int] = []

    def evaluate(start: int, stop: int) -> list[int]:
        attempted.append((start, stop))
        if stop - start > 16 - sum(others):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return list(range(start, stop))

    size = ChunkSize(evaluate, (torch.zeros(1, 2),), "test", first=16, most=16)
    with execution.execution(on_out_of_memory=lambda: bool(others and others.pop())):
        execution.run(32, evaluate, lambda start, stop, value: finished.extend(value), size)
    assert attempted == [(0, 16), (0, 16), (0, 16), (16, 32)]
    assert finished == list(range(32))


def test_out_of_memory_at_one_is_an_error() -> None:
    with pytest.raises(errors.OutOfMemory, match="chunk of 1 does not fit") as caught:
        sum_by_chunks(5, 0, torch.OutOfMemoryError("CUDA out of memory"))
    assert caught.value.code == "out_of_memory"
    assert execution._stack.get() == ()


def test_other_errors_pass_through() -> None:
    with pytest.raises(RuntimeError, match="shapes do not match"):
        sum_by_chunks(5, 0, RuntimeError("shapes do not match"))


def test_tensors_of_a_failed_chunk_are_gone_when_the_next_is_tried() -> None:
    import gc
    import weakref

    alive: list[int] = []
    seen: list[weakref.ref[Tensor]] = []

    def evaluate(start: int, stop: int) -> int:
        alive.append(sum(ref() is not None for ref in seen))
        big = torch.zeros(10)
        seen.append(weakref.ref(big))
        if stop - start > 1:
            raise torch.OutOfMemoryError("out of memory")
        return 0

    gc.disable()
    try:
        size = ChunkSize(evaluate, (torch.zeros(1, 2),), "test", first=8)
        execution.run(1, evaluate, lambda *_: None, size)
        execution.run(8, evaluate, lambda *_: None, size)
    finally:
        gc.enable()
    assert set(alive) == {0}


@pytest.mark.parametrize("spec", registry.methods(), ids=lambda spec: spec.id)
def test_a_model_that_fits_one_example_gives_the_same_map(spec: registry.MethodSpec) -> None:
    model, x = convnet().double(), images(3).double()

    class Small(Counting):
        limit = 100

        def forward(self, *inputs: Tensor) -> Tensor:
            if len(inputs[0]) > self.limit:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().forward(*inputs)

    device = Small(model)
    expected = attribute(spec, device, x, layer="model.conv2").attributions
    device.limit, device.largest = 1, 0
    found = attribute(spec, device, x, layer="model.conv2").attributions
    assert relative_error(found, expected) <= 1e-10
    assert device.largest == 1
    device.limit = 0
    with pytest.raises(errors.OutOfMemory):
        attribute(spec, device, x, layer="model.conv2")


def test_sizes_are_remembered_for_model_shape_and_device() -> None:
    model, x = Counting(convnet()), images(1)
    Occlusion(model).attribute(x, (2, 2, 2), target=0)
    first = model.largest
    assert first > 1
    model.largest = 0
    sizes: list[int] = []
    handle = model.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    Occlusion(model).attribute(x, (2, 2, 2), target=0)
    handle.remove()
    assert sizes[1] >= first / 4, "the second run starts where the first ended"
    assert len(chunks._remembered[model]) == 1


def test_chunks_grow_within_the_budget_and_shrink_beyond_it() -> None:
    size = ChunkSize(convnet(), (images(),), "test")
    size.begin(1000)
    assert size.current == 1
    size.grow(1, 0.001)
    assert size.current == 4
    size.grow(3, 10.0)
    assert size.current == 4, "a last, smaller chunk teaches nothing"
    size.grow(4, 0.1)
    assert size.current == 8
    size.grow(8, 0.2)
    size.grow(8, 0.4)
    assert size.current == 8
    size.grow(8, 1.0)
    assert size.current == 4


def test_m15_chunks_are_bounded_by_bytes_whatever_n_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_INPUT_BYTES", 8 * images(1)[0].nbytes)
    for n_steps in (10, 300):
        model = Counting(convnet())
        IntegratedGradients(model).attribute(images(3), target=0, n_steps=n_steps)
        assert model.largest == 8


def test_internal_batch_size_is_a_limit_and_perturbations_per_eval_a_start() -> None:
    model = Counting(convnet())
    IntegratedGradients(model).attribute(images(3), target=0, internal_batch_size=2)
    assert model.largest == 2
    sizes: list[int] = []
    model.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    Occlusion(model).attribute(images(3), (2, 2, 2), target=0, perturbations_per_eval=5)
    assert sizes[:2] == [3, 15]


# --- progress, partial results, cancellation --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "samples"),
    [(s, None) for s in registry.methods()] + [(s, 3) for s in registry.methods() if s.smoothing],
    ids=lambda value: getattr(value, "id", str(value)),
)
def test_progress_is_monotone_and_ends_at_the_cost(
    spec: registry.MethodSpec, samples: int | None, chunking: str
) -> None:
    model, x = convnet(), images(3)
    seen: list[tuple[int, int]] = []
    smoothing = None if samples is None else registry.Smoothing(samples=samples)
    rows = (torch.rand(spec.distribution, 2, 8, 8),) if spec.distribution else None
    with execution.execution(on_progress=lambda p: seen.append((p.done, p.total))):
        attribute(spec, model, x, smoothing=smoothing, baselines=rows)
    info = registry.InputInfo(((2, 8, 8),), layer=(5, 8, 8) if spec.space == "layer" else None)
    cost = spec.cost(spec.validate({}, info), info, samples)
    assert seen[-1] == (3 * cost.forward, 3 * cost.forward)
    assert {total for _, total in seen} == {3 * cost.forward}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize("kind", ["smoothgrad", "smoothgrad_sq", "vargrad"])
@pytest.mark.parametrize("spec", [s for s in registry.methods() if s.smoothing], ids=lambda spec: spec.id)
def test_partial_results_of_nested_methods_end_at_the_final_one(spec: registry.MethodSpec, kind: str) -> None:
    model, x = convnet().double(), images(2).double()
    partials: list[Tensor] = []

    def keep(progress: execution.Progress) -> None:
        estimate = progress.partial()
        if estimate is not None:
            partials.append(estimate[0])

    smoothing = registry.Smoothing(type=kind, samples=12)  # type: ignore[arg-type]
    with execution.execution(on_progress=keep):
        final = attribute(spec, model, x, smoothing=smoothing).attributions[0]
    assert relative_error(partials[-1], final) <= 1e-12


@pytest.mark.parametrize("spec", [s for s in registry.methods() if s.anytime], ids=lambda spec: spec.id)
def test_partial_results_converge_to_the_final_one(spec: registry.MethodSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_UNITS", 2)
    model, x = convnet(inplace=False).double(), images(2).double()
    with torch.no_grad():
        model.head.weight.mul_(100)  # a sparse fit drops what is below its threshold
    distances: list[float] = []
    partials: list[Tensor] = []

    def keep(progress: execution.Progress) -> None:
        estimate = progress.partial()
        if estimate is not None:
            partials.append(estimate[0])

    with execution.execution(on_progress=keep):
        final = attribute(spec, model, x).attributions[0]
    distances = [float((p - final).norm() / final.norm()) for p in partials]
    assert distances[-1] <= 1e-12
    assert distances[len(distances) // 2] < distances[0]
    assert len(partials) > 2


def test_partial_results_are_computed_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from attribution_core.gradients import WeightedSum

    calls: list[int] = []
    original = WeightedSum.partial
    monkeypatch.setattr(WeightedSum, "partial", lambda self: (calls.append(1), original(self))[1])
    with execution.execution(on_progress=lambda progress: None):
        IntegratedGradients(convnet()).attribute(images(), target=0)
    assert calls == []
    with execution.execution(on_progress=lambda progress: progress.partial() and None):
        IntegratedGradients(convnet()).attribute(images(), target=0)
    assert calls


@pytest.mark.parametrize("spec", registry.methods(), ids=lambda spec: spec.id)
def test_cancelled_before_the_next_chunk(spec: registry.MethodSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_UNITS", 1)
    model, x = Counting(convnet()), images(4)
    asked: list[int] = []

    def stop_soon() -> bool:
        asked.append(model.forwards)
        return model.forwards >= 2

    with pytest.raises(errors.Cancelled), execution.execution(should_stop=stop_soon):
        attribute(spec, model, x, layer="model.conv2")
    assert model.forwards == asked[-1]
    assert all(forwards < 2 for forwards in asked[:-1])
    assert not isinstance(errors.Cancelled("x"), errors.AttributionError)
    assert execution._stack.get() == ()
    attribute(spec, model, x, layer="model.conv2")


def test_contexts_nest_and_all_of_them_hear() -> None:
    outer: list[int] = []
    inner: list[int] = []
    with execution.execution(on_progress=lambda p: outer.append(p.done)):
        Saliency(convnet()).attribute(images(), target=0)
        assert outer[-1] == 2
        with execution.execution(on_progress=lambda p: inner.append(p.done)):
            Occlusion(convnet()).attribute(images(), (2, 4, 4), target=0, show_progress=True)
    assert inner[-1] == outer[-1] > 2


def test_an_execution_inside_a_method_hears_its_own_part_only() -> None:
    """A method that opens an execution of its own within a plan: the outer one counts on, the inner starts at 0."""
    inner: list[tuple[int, int]] = []
    outer: list[tuple[int, int]] = []
    with execution.execution(on_progress=lambda p: outer.append((p.done, p.total))), execution.plan(4):
        Saliency(convnet()).attribute(images(2), target=0)
        with execution.execution(on_progress=lambda p: inner.append((p.done, p.total))):
            Saliency(convnet()).attribute(images(2), target=0)
    assert outer[-1] == (4, 4)
    assert inner[-1] == (2, 2)


def test_errors_of_a_callback_pass_through() -> None:
    def fail(progress: execution.Progress) -> None:
        raise LookupError("in the callback")

    with pytest.raises(LookupError, match="in the callback"), execution.execution(on_progress=fail):
        Saliency(convnet()).attribute(images(), target=0)
    assert execution._stack.get() == ()


def test_other_threads_are_not_heard() -> None:
    seen: list[int] = []
    with execution.execution(on_progress=lambda p: seen.append(p.done)):
        thread = threading.Thread(target=lambda: Saliency(convnet()).attribute(images(), target=0))
        thread.start()
        thread.join()
    assert seen == []


def test_unknown_precision_is_refused() -> None:
    with pytest.raises(errors.OutOfRange, match="'exactly'"), execution.execution(precision="exactly"):  # type: ignore[arg-type]
        pass


def test_show_progress_writes_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Occlusion(convnet()).attribute(images(), (2, 4, 4), target=0, show_progress=True)
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert written.endswith("Occlusion: 100% (52/52 evaluations)\n")


def test_deep_nesting_counts_every_evaluation() -> None:
    """A noise tunnel over a noise tunnel over integrated gradients."""
    model, seen = Counting(convnet()), []
    method = NoiseTunnel(NoiseTunnel(IntegratedGradients(model)))
    with execution.execution(on_progress=lambda p: seen.append((p.done, p.total))):
        method.attribute(images(2), nt_samples=3, target=0, n_steps=4)
    assert seen[-1] == (2 * 3 * 5 * 4, 2 * 3 * 5 * 4)
    assert model.forwards == 120
    done = [d for d, _ in seen]
    assert done == sorted(done)
