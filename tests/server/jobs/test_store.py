import io

import numpy as np
import pytest

from attriscope.jobs.store import ResultStore, npy
from attriscope.workers.messages import ResultInfo
from attriscope.workers.protocol import Array


def info(key: str) -> ResultInfo:
    return ResultInfo(
        key=key,
        model="m",
        sample=0,
        method="saliency",
        arguments={},
        target=0,
        target_name="a",
        layer=None,
        baseline=None,
        smoothing=None,
        quantity="output",
        precision="exact",
        maps=[],
        output=1.0,
        output_baseline=None,
        delta=None,
        seconds=0.1,
        notices=[],
    )


def array(values: np.ndarray) -> Array:
    return Array(str(values.dtype), values.shape, values.tobytes())


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_npy_is_what_numpy_reads(dtype: str) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    read = np.load(io.BytesIO(npy(array(values))), allow_pickle=False)
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)


def test_the_least_recently_used_result_is_evicted_first() -> None:
    values = array(np.zeros((1, 16, 16), dtype=np.float32))
    store = ResultStore(max_bytes=2 * len(npy(values)))
    for key in ("a", "b"):
        store.put(info(key), {"image": values})
    assert store.get("a") is not None
    store.put(info("c"), {"image": values})
    assert [key in store for key in "abc"] == [True, False, True]


def test_putting_a_key_again_counts_its_bytes_once() -> None:
    values = array(np.zeros((1, 16, 16), dtype=np.float32))
    store = ResultStore(max_bytes=2 * len(npy(values)))
    store.put(info("a"), {"image": values})
    for _ in range(5):
        store.put(info("b"), {"image": values})
    assert "a" in store
    assert len(store) == 2


def test_a_result_larger_than_the_bound_is_still_delivered() -> None:
    store = ResultStore(max_bytes=1)
    store.put(info("a"), {"image": array(np.zeros((1, 16, 16), dtype=np.float32))})
    result = store.get("a")
    assert result is not None
    assert result.info.key == "a"
