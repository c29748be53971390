import pytest

from attriscope.jobs.speed import Speed, units
from attriscope.workers.messages import Cost


def test_nothing_is_known_before_anything_has_run() -> None:
    assert Speed().seconds("m", "saliency", 1) is None


def test_a_method_that_has_not_run_is_estimated_by_the_models_speed() -> None:
    speed = Speed()
    speed.learn("m", "", work=10, seconds=1)
    assert speed.seconds("m", "saliency", 50) == pytest.approx(5)
    assert speed.seconds("other", "saliency", 50) is None


def test_a_methods_own_speed_counts_once_known_and_follows_changes() -> None:
    speed = Speed()
    speed.learn("m", "", work=10, seconds=1)
    speed.learn("m", "occlusion", work=10, seconds=4)
    assert speed.seconds("m", "occlusion", 10) == pytest.approx(4)
    for _ in range(20):
        speed.learn("m", "occlusion", work=10, seconds=8)
    assert speed.seconds("m", "occlusion", 10) == pytest.approx(8, rel=1e-3)


def test_one_run_during_which_the_machine_stood_still_does_not_decide() -> None:
    speed = Speed()
    speed.learn("m", "saliency", work=10, seconds=1)
    speed.learn("m", "saliency", work=10, seconds=400)
    assert speed.seconds("m", "saliency", 10) == pytest.approx(2)


def test_a_backward_pass_is_more_work_than_a_forward_pass() -> None:
    assert units(Cost(forward=3, backward=3)) > units(Cost(forward=5, backward=0))
