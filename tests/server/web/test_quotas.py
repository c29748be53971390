from __future__ import annotations

import json

from attriscope.settings import Settings
from attriscope.web.quotas import Quotas
from tests.server.web.conftest import BareServer, serving
from tests.server.web.test_tokens import Clock

JSON = {"Content-Type": "application/json"}
JOB = ("POST", "/api/jobs")


def test_without_a_bound_nothing_waits() -> None:
    quotas = Quotas(None)
    assert all(quotas.wait(*JOB, "a", "x") == 0 for _ in range(1000))


def test_a_session_gets_its_jobs_back_evenly_over_the_minute() -> None:
    clock = Clock()
    quotas = Quotas(6, clock)
    assert [quotas.wait(*JOB, "a", "x") for _ in range(6)] == [0.0] * 6
    assert quotas.wait(*JOB, "a", "x") == 10.0
    assert quotas.wait("GET", "/api/explorers", "a", "x") == 0
    assert quotas.wait(*JOB, "b", "x") == 0
    clock.now += 9.5
    assert quotas.wait(*JOB, "a", "x") > 0
    clock.now += 0.6
    assert quotas.wait(*JOB, "a", "x") == 0
    clock.now += 3600
    assert [quotas.wait(*JOB, "a", "x") > 0 for _ in range(7)] == [False] * 6 + [True]


def test_uploads_count_as_jobs_and_checks_as_ten_requests() -> None:
    quotas = Quotas(2, Clock())
    assert quotas.wait(*JOB, "a", "x") == 0
    assert quotas.wait("POST", "/api/explorers/e/samples", "a", "x") == 0
    assert quotas.wait(*JOB, "a", "x") > 0
    checks = sum(quotas.wait("POST", "/api/jobs/check", "b", "x") == 0 for _ in range(100))
    assert checks == 20


def test_new_sessions_of_one_client_share_its_bound() -> None:
    quotas = Quotas(2, Clock())
    served = sum(quotas.wait(*JOB, f"session {number}", "x") == 0 for number in range(100))
    assert served == 20
    assert quotas.wait(*JOB, "another", "y") == 0


def test_who_has_been_away_is_forgotten() -> None:
    clock = Clock()
    quotas = Quotas(1, clock)
    for number in range(25_000):
        clock.now += 0.01
        quotas.wait(*JOB, f"session {number}", f"client {number}")
    assert len(quotas._jobs[0]._buckets) <= 10_001


def ask_job(server: BareServer, headers: dict[str, str]) -> tuple[int, str | None, str]:
    """Status, Retry-After and code of a job for an explorer that is not there: refused only after the quota."""
    body = json.dumps({"explorer": "e", "model": "m", "samples": [0], "method": "saliency"}).encode()
    answer = server.ask("/api/jobs", "POST", {**JSON, **headers}, body, known=False)
    return answer.status, answer.headers["Retry-After"], json.loads(answer.body)["code"]


def test_a8_quotas_exceeded_are_429_with_retry_after_and_others_are_unaffected() -> None:
    with serving(Settings(mode="demo", max_jobs_per_minute=3), tokens="operators-token", open=True) as server:
        first, second = (server.cookie(server.ask("/", known=False)) for _ in range(2))
        assert [ask_job(server, first)[0] for _ in range(3)] == [404] * 3
        status, retry_after, code = ask_job(server, first)
        assert (status, code) == (429, "quota")
        assert retry_after is not None
        assert 1 <= int(retry_after) <= 20
        assert ask_job(server, second)[0] == 404
        assert server.ask("/api/explorers", headers=first, known=False).status == 200
        forwarded = {"X-Forwarded-For": "203.0.113.7"}
        statuses = [
            ask_job(server, {**forwarded, **server.cookie(server.ask("/", known=False, headers=forwarded))})[0]
            for _ in range(31)
        ]
        # Ten sessions' worth of jobs for one address, whatever it does with its cookies.
        assert statuses == [404] * 30 + [429]
        assert ask_job(server, {**second, "X-Forwarded-For": "198.51.100.9, 203.0.113.7"})[0] == 429
        assert ask_job(server, second)[0] == 404
