from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attriscope.workers.arrays import inputs_of, sample_sha256, to_array, to_tensor
from attriscope.workers.protocol import Array, Frame, decode, encode

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
byte_arrays = st.binary(max_size=64).map(lambda data: Array("uint8", (len(data),), data))
frames = st.builds(
    Frame,
    type=st.text(),
    id=st.integers(0, 2**53),
    body=st.dictionaries(st.text(), json_values, max_size=4),
    arrays=st.dictionaries(st.text(), byte_arrays, max_size=4),
)
DTYPES = [
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.bool,
    torch.complex64,
]


@given(frames)
def test_a_frame_survives_the_pipe(frame: Frame) -> None:
    back = decode(encode(frame))
    assert (back.type, back.id, back.body) == (frame.type, frame.id, frame.body)
    assert {name: (a.dtype, a.shape, bytes(a.data)) for name, a in back.arrays.items()} == {
        name: (a.dtype, a.shape, bytes(a.data)) for name, a in frame.arrays.items()
    }


@given(frames, st.data())
def test_anything_but_a_whole_frame_is_refused(frame: Frame, data: st.DataObject) -> None:
    whole = encode(frame)
    with pytest.raises(ValueError, match=r"."):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ValueError, match="buffers end"):
        decode(whole + b"x")


def test_p6_a_nan_never_reaches_the_pipe() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(Frame("reply", 1, {"score": float("nan")}))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(shape=st.lists(st.integers(0, 4), max_size=4), seed=st.integers(0, 99))
def test_m8_a_tensor_of_any_type_survives_the_pipe(dtype: torch.dtype, shape: list[int], seed: int) -> None:
    raw = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 50
    value = raw.abs().to(dtype) if dtype is torch.uint8 else raw.to(dtype)
    frame = decode(encode(Frame("sample", 1, {}, {"input.0": to_array(value)})))
    back = to_tensor(frame.arrays["input.0"])
    assert back.dtype is dtype
    assert torch.equal(back, value)


def test_a_tensor_that_is_a_view_is_sent_as_it_reads() -> None:
    value = torch.arange(12).reshape(3, 4).t()[1:]
    assert torch.equal(to_tensor(to_array(value)), value)


def test_a_received_tensor_owns_its_memory() -> None:
    data = bytearray(torch.ones(3).numpy().tobytes())
    tensor = to_tensor(Array("float32", (3,), memoryview(data)))
    tensor += 1
    assert data == torch.ones(3).numpy().tobytes()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (Array("float31", (1,), b"0000"), "No type 'float31'"),
        (Array("float32", (2,), b"0000"), "has 8 bytes, not 4"),
        (Array("Tensor", (1,), b"0000"), "No type 'Tensor'"),
    ],
)
def test_a_bad_array_is_refused(array: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_tensor(array)


def test_inputs_are_found_by_item_and_position() -> None:
    arrays = {f"{n}.input.{i}": to_array(torch.tensor([n, i])) for n in range(2) for i in range(2)}
    assert [[x.tolist() for x in item] for item in inputs_of(arrays, 2)] == [[[0, 0], [0, 1]], [[1, 0], [1, 1]]]
    with pytest.raises(ValueError, match="item 2"):
        inputs_of(arrays, 3)


def test_a_samples_hash_depends_on_type_shape_and_values() -> None:
    value = torch.zeros(2, 3)
    hashes = {
        sample_sha256([x])
        for x in (value, value.reshape(3, 2), value.to(torch.int32), torch.ones(2, 3), torch.zeros(6))
    }
    assert len(hashes) == 5
    assert sample_sha256([value]) == sample_sha256([value.clone()])
