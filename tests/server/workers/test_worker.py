"""What a worker process sets for itself before it loads anything."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

BATCH = """
import resource
{settled}
faults = []
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    tensors = [b"x" * (2**23 + n) for n in range(8)]
    del tensors
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(faults[-1])
"""
SETTLED = "from attriscope.workers import worker; worker._settle(1)"


def faults(settled: str) -> int:
    """Pages that had to be fetched for the third of three equal batches of 64 MiB."""
    script = BATCH.format(settled=settled)
    return int(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="glibc alone has these settings"
)
def test_what_a_batch_frees_is_kept_for_the_next() -> None:
    assert faults("") > 10_000
    assert faults(SETTLED) < 1_000
