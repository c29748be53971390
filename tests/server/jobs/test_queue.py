from __future__ import annotations

import itertools

from attriscope.jobs.queue import FairQueue
from attriscope.jobs.spec import Item, Job, Priority, Work
from attriscope.workers.messages import AttributionRequest, CheckedItem, Cost


def job(session: str, count: int, *, explorer: str = "e", priority: Priority = "interactive") -> Job:
    request = AttributionRequest(
        explorer=explorer, model="m", samples=list(range(count)), method="saliency", priority=priority
    )
    return Job(session, request, [Item(index, 0) for index in range(count)])


def fill(queue: FairQueue, owner: Job) -> list[Work]:
    works = [
        Work(
            CheckedItem(sample=item.sample, target=0, target_name=None, key=f"{owner.id}-{item.sample}"),
            owner.request,
            Cost(forward=1, backward=0),
            owner,
            {owner},
            "fingerprint",
        )
        for item in owner.items
    ]
    for work in works:
        queue.add(work)
    return works


def test_the_first_sample_is_alone_and_batches_grow() -> None:
    queue = FairQueue(max_batch=16)
    works = fill(queue, job("one", 40))
    batches = [queue.next() for _ in range(5)]
    assert [len(batch) for batch in batches] == [1, 3, 12, 16, 8]
    assert list(itertools.chain(*batches)) == works
    assert queue.next() == []


def test_works_that_are_done_at_once_go_together() -> None:
    queue = FairQueue(max_batch=16, at_once=lambda work: 5)
    fill(queue, job("one", 40))
    assert [len(queue.next()) for _ in range(4)] == [5, 15, 16, 4]


def test_a_turn_of_slow_works_is_short_however_many_wait() -> None:
    queue = FairQueue(max_batch=16, at_once=lambda work: 1, in_turn=lambda work: 2)
    owner = job("one", 7)
    owner.dispatched = 40
    fill(queue, owner)
    assert [len(queue.next()) for _ in range(4)] == [2, 2, 2, 1]


def test_free_workers_share_what_is_done_at_once() -> None:
    queue = FairQueue(max_batch=16, at_once=lambda work: 5)
    fill(queue, job("one", 4))
    assert [len(queue.next(workers=free)) for free in (2, 1)] == [2, 2]
    fill(queue, job("two", 1))
    assert [len(queue.next(workers=free)) for free in (2, 1)] == [1, 0]


def test_sessions_take_turns() -> None:
    queue = FairQueue(max_batch=2)
    jobs = [job("one", 6), job("two", 2), job("three", 1)]
    for owner in jobs:
        fill(queue, owner)
    turns = [batch[0].owner.session for batch in iter(queue.next, [])]
    assert turns == ["one", "two", "three", "one", "two", "one", "one"]


def test_a_batch_never_mixes_jobs() -> None:
    queue = FairQueue(max_batch=16)
    first, second = job("one", 2), job("one", 3)
    first.dispatched = second.dispatched = 8
    fill(queue, first)
    fill(queue, second)
    assert [{work.owner for work in batch} for batch in iter(queue.next, [])] == [{first}, {second}]


def test_work_that_lost_a_worker_comes_first_and_alone() -> None:
    queue = FairQueue(max_batch=16)
    owner = job("one", 4)
    owner.dispatched = 8
    works = fill(queue, owner)
    lost = queue.next()
    assert lost == works
    for work in reversed(lost):
        work.losses = 1
        queue.add_first(work)
    assert [queue.next() for _ in works] == [[work] for work in works]


def test_counting_removing_and_draining() -> None:
    queue = FairQueue(max_batch=1)
    one, two = fill(queue, job("one", 2)), fill(queue, job("two", 1))
    assert (queue.count(), queue.count("one"), queue.count("nobody")) == (3, 2, 0)
    queue.remove(two[0])
    assert queue.count("two") == 0
    elsewhere = fill(queue, job("one", 1, explorer="other"))
    assert queue.waits_for("e")
    assert queue.drain("e") == one
    assert (queue.count(), queue.waits_for("e"), queue.waits_for("other")) == (1, False, True)
    assert queue.drain("other") == elsewhere
    assert queue.count() == queue.count("one") == 0


def test_bulk_work_waits_until_nothing_interactive_can_run() -> None:
    queue = FairQueue(max_batch=2)
    bulk = fill(queue, job("one", 2, priority="bulk"))
    fill(queue, job("two", 3))
    assert (queue.count(priority="bulk"), queue.count(priority="interactive")) == (2, 3)
    assert [batch[0].owner.session for batch in iter(queue.next, [])] == ["two", "two", "one", "one"]
    assert not bulk[0].losses


def _is_ready(job: Job) -> bool:
    return job.request.explorer == "ready"


def test_work_whose_explorer_has_no_free_worker_lets_others_pass() -> None:
    queue = FairQueue(max_batch=1)
    fill(queue, job("one", 1, explorer="loading"))
    (behind,) = fill(queue, job("one", 1, explorer="ready"))
    fill(queue, job("two", 1, priority="bulk", explorer="ready"))
    assert queue.next(_is_ready) == [behind]
    # Nothing interactive can run now, so bulk may.
    assert queue.next(_is_ready)[0].owner.session == "two"
    assert queue.next(_is_ready) == []
    assert queue.next()[0].request.explorer == "loading"


def test_a_session_that_was_served_goes_to_the_end_even_where_another_was_passed_over() -> None:
    queue = FairQueue(max_batch=1)
    fill(queue, job("waiting", 1, explorer="loading"))
    for name in ("one", "two"):
        owner = job(name, 2, explorer="ready")
        fill(queue, owner)
    turns = [queue.next(_is_ready)[0].owner.session for _ in range(4)]
    assert turns == ["one", "two", "one", "two"]
    assert queue.next()[0].owner.session == "waiting"
