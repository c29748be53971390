"""Part D of the cases, through a running server."""

from __future__ import annotations

import time

from tests.explorers import faulty
from tests.live import LiveServer
from tests.server.conftest import Serve


def indices(page: dict) -> list[int]:
    return [sample["index"] for sample in page["items"]]


def is_correct(sample: dict, model: str = "tiny") -> bool:
    return bool(sample["predictions"][model][0]["index"] == sample["label"]["index"])


def canonical_job_runs(server: LiveServer) -> None:
    assert server.run(samples=[0])["state"] == "done"


def test_d1_what_came_before_an_error_is_kept_and_the_error_names_its_place(serve: Serve) -> None:
    server = serve("raising")
    page = server.samples(count=16)
    assert indices(page) == list(range(faulty.RAISES_AT))
    assert page["state"] == "failed"
    assert page["error"]["params"]["index"] == faulty.RAISES_AT
    assert str(faulty.RAISES_AT) in page["error"]["message"]
    assert "cannot be read" in page["error"]["message"]
    canonical_job_runs(server)
    server.client.post(f"/api/explorers/{server.explorer()['id']}/restart").raise_for_status()
    assert indices(server.samples(count=16)) == list(range(faulty.RAISES_AT))


def test_d2_an_infinite_dataset_is_read_no_further_than_asked(serve: Serve) -> None:
    server = serve("infinite", env={"ATTRISCOPE_SCAN_LIMIT": "90"})
    page = server.samples(count=8)
    assert indices(page) == list(range(8))
    assert page["scanned"] <= 40
    page = server.samples(order="uncertain", count=64, scan=1_000_000)
    assert page["scanned"] == 90
    assert page["state"] == "idle"
    canonical_job_runs(server)


def test_d3_a_slow_dataset_shows_what_has_arrived_and_the_page_stays_live(serve: Serve) -> None:
    server = serve("slow_dataset", env={"ATTRISCOPE_TEST_PAUSE": "0.7"})
    name = server.explorer()["id"]
    seen: list[int] = []
    slowest = 0.0
    while not seen or seen[-1] < 4:
        page = server.client.get(f"/api/explorers/{name}/samples", params={"count": 4}).json()
        seen.append(len(page["items"]))
        started = time.monotonic()
        assert server.client.get("/livez").status_code == 200
        slowest = max(slowest, time.monotonic() - started)
    assert seen == sorted(seen)
    assert len(set(seen)) > 1, "the samples came all at once"
    assert slowest < 5
    server.samples(count=4)
    # The dataset is still being read for this; a job does not wait for it.
    server.client.get(f"/api/explorers/{name}/samples", params={"count": 24})
    assert server.finish(server.submit(samples=[0, 1]).json())["state"] == "done"
    assert server.client.get(f"/api/explorers/{name}/samples", params={"count": 24}).json()["scanned"] < 24


def test_d4_an_empty_dataset_is_said_to_be_empty(serve: Serve) -> None:
    server = serve("empty")
    page = server.samples(count=8)
    assert (page["items"], page["scanned"], page["state"]) == ([], 0, "exhausted")
    assert "dataset_empty" in [notice["code"] for notice in server.explorer()["description"]["notices"]]
    answer = server.submit(samples=[0])
    assert answer.status_code == 422
    assert answer.json()["field"] == "samples.0"


def test_d5_the_length_a_dataset_claims_is_not_believed(serve: Serve) -> None:
    for factory, length in (("claims_more", faulty.TRUE_LENGTH), ("claims_less", faulty.LENGTH)):
        server = serve(factory)
        page = server.samples(count=64)
        assert indices(page) == list(range(length)), factory
        assert page["state"] == "exhausted"


def test_d6_a_generator_shows_the_same_samples_again(serve: Serve) -> None:
    server = serve("one_shot")
    first, again = server.samples(count=4), server.samples(count=4)
    assert first["items"] == again["items"]
    later = server.samples(start=4, count=4)
    assert indices(later) == [4, 5, 6, 7]
    before = server.run(samples=[0, 3])
    after = server.run(samples=[0, 3])
    assert [item["key"] for item in before["items"]] == [item["key"] for item in after["items"]]
    assert before["state"] == after["state"] == "done"


def test_d7_without_labels_only_what_needs_them_is_refused_and_says_why(serve: Serve) -> None:
    server = serve("unlabelled")
    page = server.samples(count=4)
    assert [sample["label"] for sample in page["items"]] == [None] * 4
    canonical_job_runs(server)
    for query in ({"correct": False}, {"order": "mistakes"}, {"label": 0}):
        refused = server.samples(**query)
        assert refused["code"] == "no_labels"
        assert "no labels" in refused["message"]
    assert server.submit(target="label").json()["code"] == "no_label"
    top = page["items"][0]["predictions"]["tiny"][0]["index"]
    assert 0 in indices(server.samples(predicted=top))


def test_d8_a_filter_that_matches_nothing_stops_and_counts(serve: Serve) -> None:
    server = serve("infinite")
    page = server.samples(predicted=3, label=0, correct=True, scan=70)
    assert (page["items"], page["matched"], page["scanned"], page["state"]) == ([], 0, 70, "idle")
    more = server.samples(predicted=3, label=0, correct=True, scan=140)
    assert (more["matched"], more["scanned"]) == (0, 140)
    canonical_job_runs(server)


def test_d9_models_that_disagree_are_explained_at_their_own_predictions(serve: Serve) -> None:
    server = serve("disagreeing")
    sample = server.samples(count=1)["items"][0]
    targets = {}
    for model in ("tiny", "reversed"):
        job = server.run(model=model, samples=[0])
        targets[model] = job["items"][0]["target"]
        assert targets[model] == sample["predictions"][model][0]["index"]
    assert targets["tiny"] != targets["reversed"]


def test_filters_and_orders_agree_with_the_predictions(tiny: LiveServer) -> None:
    every = tiny.samples(count=64)["items"]
    wrong = [sample for sample in every if not is_correct(sample)]
    right = [sample["index"] for sample in every if is_correct(sample)]
    assert wrong
    assert right
    assert indices(tiny.samples(correct=True, count=64)) == right
    assert indices(tiny.samples(correct=False, count=64)) == [sample["index"] for sample in wrong]

    def confidence(sample: dict) -> float:
        return float(sample["predictions"]["tiny"][0]["score"])

    by_confidence = sorted(wrong, key=confidence, reverse=True)
    assert indices(tiny.samples(order="mistakes", count=64)) == [sample["index"] for sample in by_confidence]
    least = sorted(every, key=confidence)
    assert indices(tiny.samples(order="uncertain", count=5)) == [sample["index"] for sample in least[:5]]
    assert indices(tiny.samples(order="uncertain", start=5, count=5)) == [sample["index"] for sample in least[5:10]]
    labelled = [sample["index"] for sample in every if sample["label"]["index"] == 2]
    assert indices(tiny.samples(label=2, count=64)) == labelled
