import pytest

from attriscope.jobs import table
from attriscope.jobs.spec import Item, Job
from attriscope.jobs.table import JobTable
from attriscope.workers.messages import AttributionRequest


def job(session: str) -> Job:
    request = AttributionRequest(explorer="e", model="m", samples=[0], method="saliency")
    return Job(session, request, [Item(0, 0)])


def ended(jobs: JobTable, session: str) -> Job:
    found = job(session)
    jobs.add(found)
    found.state = "done"
    jobs.end(found)
    return found


def test_a_job_is_found_by_its_own_session_alone_until_it_is_forgotten() -> None:
    jobs, mine = JobTable(), job("one")
    jobs.add(mine)
    jobs.add(mine)
    assert (jobs.get("one", mine.id), jobs.get("two", mine.id), jobs.of("one")) == (mine, None, [mine])
    assert list(jobs.active) == [mine.id]
    mine.state = "done"
    jobs.end(mine)
    assert (jobs.get("one", mine.id), jobs.active) == (mine, {})


def test_ended_jobs_are_bounded_for_a_session_and_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_MOST_ENDED", 3)
    monkeypatch.setattr(table, "_MOST_ENDED_OF_ALL", 5)
    jobs, active = JobTable(), job("one")
    jobs.add(active)
    mine = [ended(jobs, "one") for _ in range(4)]
    assert jobs.of("one") == [active, *mine[1:]]
    others = [ended(jobs, f"session {n}") for n in range(3)]
    assert jobs.of("one") == [active, *mine[2:]]
    assert [jobs.of(f"session {n}") for n in range(3)] == [[other] for other in others]
    for n in range(5):
        ended(jobs, f"later {n}")
    assert (jobs.of("one"), jobs.of("session 0")) == ([active], [])


def test_a_long_job_is_found_after_its_end_whatever_was_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_MOST_ENDED", 3)
    jobs, long = JobTable(), job("one")
    jobs.add(long)
    quick = [ended(jobs, "one") for _ in range(3)]
    long.state = "done"
    jobs.end(long)
    assert jobs.of("one") == [long, *quick[1:]]
