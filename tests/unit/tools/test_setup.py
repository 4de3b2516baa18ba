"""What a set-up does over, and what it does not."""

import io
import threading
from pathlib import Path

import pytest

from tests.unit.tools.steps import FakeStep
from tools.checkout import Checkout
from tools.failure import SetupFailed
from tools.program import Running
from tools.progress import Board
from tools.setup import Plan, SetUp, Step


def _set_up(checkout: Checkout, *lanes: tuple[Step, ...], last: tuple[Step, ...] = ()) -> SetUp:
    return SetUp(checkout, Plan(lanes=lanes, last=last), Running(), Board(io.StringIO(), live=False))


def test_a_finished_step_is_not_done_again(checkout: Checkout, tmp_path: Path) -> None:
    step = FakeStep(result=tmp_path / "r")
    _set_up(checkout, (step,)).run()
    _set_up(checkout, (step,)).run()
    assert step.runs == ["step"]
    assert _set_up(checkout, (step,)).is_done()


def test_asking_whether_all_is_done_touches_nothing(checkout: Checkout, tmp_path: Path) -> None:
    assert not _set_up(checkout, (FakeStep(result=tmp_path / "r"),)).is_done()
    assert list(checkout.root.iterdir()) == []


def test_a_changed_input_is_done_over(checkout: Checkout, tmp_path: Path) -> None:
    first = FakeStep(result=tmp_path / "r")
    _set_up(checkout, (first,)).run()
    second = FakeStep(result=tmp_path / "r", given=("2",))
    assert not _set_up(checkout, (second,)).is_done()
    _set_up(checkout, (second,)).run()
    assert second.runs == ["step"]


def test_a_result_that_vanished_is_made_again(checkout: Checkout, tmp_path: Path) -> None:
    step = FakeStep(result=tmp_path / "r")
    _set_up(checkout, (step,)).run()
    step.result.unlink()
    _set_up(checkout, (step,)).run()
    assert step.runs == ["step", "step"]


def test_a_step_whose_input_is_not_there_yet_is_not_done(checkout: Checkout, tmp_path: Path) -> None:
    """The plugin's version is read from a package that another step installs."""
    step = FakeStep(result=tmp_path / "r", given=(tmp_path / "absent",))
    assert not _set_up(checkout, (step,)).is_done()


def test_what_ran_before_a_failure_is_kept(checkout: Checkout, tmp_path: Path) -> None:
    def fail() -> None:
        raise SetupFailed("no network", expected="one", seen="none")

    good = FakeStep(name="good", result=tmp_path / "g")
    bad = FakeStep(name="bad", result=tmp_path / "b", act=fail)
    with pytest.raises(SetupFailed, match="no network"):
        _set_up(checkout, (good, bad)).run()
    bad.act = lambda: None
    _set_up(checkout, (good, bad)).run()
    assert (good.runs, bad.runs) == (["good"], ["bad", "bad"])


def test_a_failure_while_doing_over_forgets_the_earlier_success(checkout: Checkout, tmp_path: Path) -> None:
    """Otherwise a half-replaced result would pass for the old one once the input is changed back."""

    def fail() -> None:
        raise SetupFailed("disk full", expected="room", seen="none")

    _set_up(checkout, (FakeStep(result=tmp_path / "r"),)).run()
    with pytest.raises(SetupFailed):
        _set_up(checkout, (FakeStep(result=tmp_path / "r", given=("2",), act=fail),)).run()
    assert not _set_up(checkout, (FakeStep(result=tmp_path / "r"),)).is_done()


def test_a_step_without_its_result_has_failed(checkout: Checkout, tmp_path: Path) -> None:
    step = FakeStep(result=tmp_path / "absent" / "r", act=lambda: None)
    step.run = lambda _lane: None  # type: ignore[method-assign]
    with pytest.raises(SetupFailed, match="these are not there"):
        _set_up(checkout, (step,)).run()
    assert not _set_up(checkout, (step,)).is_done()


def test_lanes_run_side_by_side_and_the_last_steps_after_them(checkout: Checkout, tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=10)
    order: list[str] = []

    def lane(name: str) -> FakeStep:
        def act() -> None:
            meeting.wait()
            order.append("lane")

        return FakeStep(name=name, result=tmp_path / name, act=act)

    last = FakeStep(name="last", result=tmp_path / "last", act=lambda: order.append("last"))
    _set_up(checkout, (lane("one"),), (lane("two"),), last=(last,)).run()
    assert order == ["lane", "lane", "last"]
