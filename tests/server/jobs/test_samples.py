from __future__ import annotations

from collections.abc import Iterator

import pytest

from attriscope.jobs.errors import Refused
from attriscope.jobs.samples import UPLOADS, Making, Origin, Query, SampleRecord, SampleTable
from attriscope.workers.edits import Typed
from attriscope.workers.messages import ErrorBody
from attriscope.workers.protocol import Array
from attriscope.workers.sample_info import ImageSample, Label, Prediction, SampleInfo


@pytest.fixture
def table() -> Iterator[SampleTable]:
    made = SampleTable()
    yield made
    made.close()


def add(table: SampleTable, label: int | None = None, top: int | None = None, score: float = 0.5) -> None:
    index = len(table)
    feature = ImageSample(name="image", kind="image", width=2, height=2, evidence=False)
    known = None if label is None else Label(index=label, name=str(label))
    info = SampleInfo(index=index, sha256=str(index), label=known, features=[feature], shapes=[[1, 2, 2]])
    pixels = bytes([index] * 4)
    table.add(info, {"input.0": Array("uint8", (1, 2, 2), pixels), "display.image": Array("uint8", (3,), b"png")})
    if top is not None:
        found = Prediction(index=top, name=str(top), score=score, output=score)
        table[index].predictions["m"] = [found]


def say_none(table: SampleTable, index: int) -> None:
    """Labels the sample with none of the classes."""
    table[index].info = table[index].info.model_copy(update={"no_class": True})


def matches(table: SampleTable, **query: object) -> list[int]:
    return [record.info.index for record in table.matches(Query(model="m", **query))]  # type: ignore[arg-type]


def test_bytes_come_back_as_they_were(table: SampleTable) -> None:
    for _ in range(5):
        add(table)
    assert bytes(table.array(3, "input.0").data) == bytes([3] * 4)
    assert bytes(table.array(1, "display.image").data) == b"png"
    inputs = table.inputs(2, position=7)
    assert list(inputs) == ["7.input.0"]
    assert (inputs["7.input.0"].dtype, inputs["7.input.0"].shape) == ("uint8", (1, 2, 2))


@pytest.mark.parametrize("index", [-1, 1, 10**9])
def test_a_sample_that_was_not_read_is_not_found(table: SampleTable, index: int) -> None:
    add(table)
    with pytest.raises(Refused) as refused:
        table.array(index, "input.0")
    assert refused.value.status == 404


def test_matches_are_counted_only_among_predicted_samples(table: SampleTable) -> None:
    add(table, label=0, top=0)
    add(table, label=1, top=0)
    add(table, label=1)
    assert matches(table) == [0, 1, 2]
    assert matches(table, correct=True) == [0]
    assert matches(table, correct=False) == [1]
    assert matches(table, label=1) == [1]
    assert matches(table, predicted=0) == [0, 1]
    assert matches(table, predicted=1) == []
    assert table.judged(Query(model="m", predicted=0)) == 2
    assert table.judged(Query(model="m")) == 3


def test_orders(table: SampleTable) -> None:
    for label, top, score in ((0, 1, 0.6), (0, 0, 0.2), (1, 0, 0.9), (1, 1, 0.4)):
        add(table, label, top, score)
    assert matches(table, order="mistakes") == [2, 0]
    assert matches(table, order="uncertain") == [1, 3, 0, 2]


def test_a_sample_that_could_not_be_predicted_is_judged_and_matches_nothing(table: SampleTable) -> None:
    add(table, label=0)
    assert table.unpredicted("m", 5) == [0]
    table[0].fail("m", ErrorBody(code="model_error", message="no"))
    assert table.unpredicted("m", 5) == []
    assert table.judged(Query(model="m", correct=True)) == 1
    assert matches(table, correct=False) == []


def test_d7_questions_about_labels_are_refused_without_labels(table: SampleTable) -> None:
    assert matches(table, correct=True) == []
    add(table, top=0)
    for query in ({"correct": True}, {"order": "mistakes"}, {"label": 0}):
        with pytest.raises(Refused) as refused:
            matches(table, **query)
        assert refused.value.body.code == "no_labels"


def test_samples_found_judged_are_not_gone_through_again(table: SampleTable, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    judged = SampleRecord.judged

    def counted(record: SampleRecord, model: str) -> bool:
        nonlocal looked
        looked += 1
        return judged(record, model)

    for top in [0] * 50 + [None, 0, None]:
        add(table, top=top)
    table[3].predictions.clear()
    table[3].fail("m", ErrorBody(code="c", message="m"))
    assert table.unpredicted("m", 8) == [50, 52]
    monkeypatch.setattr(SampleRecord, "judged", counted)
    assert table.unpredicted("m", 1) == [50]
    assert looked < 5
    table.clear_errors()
    assert table.unpredicted("m", 8) == [3, 50, 52]
    assert table.unpredicted("another", 2) == [0, 1]
    table.clear()
    add(table)
    assert table.unpredicted("m", 8) == [0]


# --- uploads -----------------------------------------------------------------------------------------------------


def put(table: SampleTable, session: str, content: int, most: int = 3, size: int = 4) -> int:
    feature = ImageSample(name="image", kind="image", width=2, height=2, evidence=False)
    info = SampleInfo(index=-1, sha256=f"{content}", label=None, features=[feature], shapes=[[1, 2, size // 2]])
    arrays = {"input.0": Array("uint8", (1, 2, size // 2), bytes([content] * size))}
    return table.uploads.add(session, info, arrays, most).info.index


def test_uploads_stand_beside_the_dataset_and_belong_to_their_session(table: SampleTable) -> None:
    add(table, label=0, top=0)
    mine = put(table, "me", 7)
    assert mine >= UPLOADS
    assert bytes(table.array(mine, "input.0").data) == bytes([7] * 4)
    assert list(table.inputs(mine, 2)) == ["2.input.0"]
    assert table.of("me", mine) is table[mine]
    assert table.of("anyone", 0) is table[0]
    with pytest.raises(Refused) as refused:
        table.of("you", mine)
    assert refused.value.status == 404
    assert len(table) == 1
    assert matches(table) == [0]
    assert table.judged(Query()) == 1


def test_uploads_are_predicted_first(table: SampleTable) -> None:
    add(table)
    add(table)
    first, second = put(table, "me", 1), put(table, "you", 2)
    assert table.unpredicted("m", 3) == [first, second, 0]
    assert table.unpredicted("m", 1) == [first]
    table[first].predictions["m"] = []
    assert table.unpredicted("m", 3) == [second, 0, 1]


def test_a_sessions_oldest_upload_makes_room_and_its_number_is_never_given_again(table: SampleTable) -> None:
    others = put(table, "you", 9)
    indices = [put(table, "me", content) for content in range(5)]
    assert indices == sorted(set(indices))
    for index in indices[:2]:
        with pytest.raises(Refused):
            table.of("me", index)
    assert [bytes(table.array(index, "input.0").data)[0] for index in indices[2:]] == [2, 3, 4]
    assert table.of("you", others)
    assert put(table, "me", 4) == indices[-1]
    table.clear()
    assert len(table.uploads) == 0
    assert put(table, "me", 4) > indices[-1]


def test_the_place_of_what_went_is_written_again() -> None:
    table = SampleTable(max_bytes=4 * 64)
    for content in range(200):
        index = put(table, f"session {content}", content, size=4 + 4 * (content % 4))
        assert set(table.array(index, "input.0").data) == {content}
        for record in table.uploads:
            assert set(table.array(record.info.index, "input.0").data) == {int(record.info.sha256)}
    assert 2 <= len(table.uploads) <= 16
    with pytest.raises(Refused) as refused:
        put(table, "me", 1, size=100)
    assert refused.value.body.code == "storage_full"
    table.close()


def test_an_own_sample_remembers_where_it_comes_from(table: SampleTable) -> None:
    add(table)
    edit = Typed(kind="text", feature="text", text="good")
    info = SampleInfo(index=-1, sha256="edited", label=None, features=[], shapes=[])
    record = table.uploads.add("me", info, {}, 3, Making(origin=table[0].origin.then(edit)))
    assert table[0].origin == Origin(0)
    assert record.origin == Origin(0, (edit,))
    assert record.origin.then(edit).edits == (edit, edit)
    uploaded = put(table, "me", 5)
    assert table[uploaded].origin == Origin(None)


def test_where_classes_do_not_exclude_each_other_all_that_reach_the_threshold_count(table: SampleTable) -> None:
    add(table, label=3)
    table[0].info.more_labels.append(Label(index=30, name="30"))
    add(table, label=3)
    add(table)
    add(table)
    add(table)
    for index in (2, 3):
        say_none(table, index)
    shown = [Prediction(index=3, name="3", score=0.9, output=2.0)]
    for index, reaching in enumerate([(3, 30), (3, 30), (), (3,), (3,)]):
        # 30 reaches it, though it is not among the best that are kept.
        table[index].file("m", shown, reaching)
    assert matches(table, correct=True) == [0, 2]
    assert matches(table, correct=False) == [1, 3]
    assert matches(table, order="mistakes") == [1, 3]
    assert matches(table, predicted=30) == [0, 1]
    assert matches(table, predicted=3) == [0, 1, 3, 4]


def test_samples_of_no_class_are_labelled(table: SampleTable) -> None:
    add(table)
    say_none(table, 0)
    table[0].file("m", [Prediction(index=1, name="1", score=0.9, output=2.0)], (1,))
    assert matches(table, correct=False) == [0]
