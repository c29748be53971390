from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from attriscope.jobs.errors import Refused
from attriscope.jobs.spool import Spool
from attriscope.workers.protocol import Array


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=60))
def test_a_spool_with_holes_keeps_every_array(steps: list[tuple[bool, int]]) -> None:
    spool, kept = Spool(200), []
    for number, (write, size) in enumerate(steps):
        content = bytes([number]) * size
        if write or not kept:
            try:
                kept.append((spool.write(Array("uint8", (size,), content)), content))
            except Refused:
                assert sum(len(one) for _, one in kept) + size > 100
        else:
            place, _ = kept.pop(size % len(kept))
            spool.free(*place)
        for place, expected in kept:
            assert spool.read(*place) == expected
    spool.close()
