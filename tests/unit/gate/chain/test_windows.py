"""Which blocks are sampled."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.policy.groundtruth import Windows
from gate.probes.truth.windows import Window, beside, draw
from tests.unit.gate.core.builders import ground_truth

TRUTH = ground_truth(windows=Windows(count=4, blocks=100))


def meet(one: Window, other: Window) -> bool:
    """Whether both have a block in common."""
    return one.first <= other.last and other.first <= one.last


def test_the_same_seed() -> None:
    """What is printed in the report can be drawn again."""
    assert draw(TRUTH, [500], start=0, height=9999, seed=1) == draw(
        TRUTH, [500], start=0, height=9999, seed=1
    )
    assert draw(TRUTH, [500], start=0, height=9999, seed=1) != draw(
        TRUTH, [500], start=0, height=9999, seed=2
    )


@pytest.mark.parametrize(("count", "around"), [(1, 0), (2, 1), (4, 1), (7, 1), (8, 2), (12, 3)])
def test_a_minority_around_known_events(count: int, around: int) -> None:
    """One of four windows may hold a block that the candidate has named; of one window none may."""
    truth = replace(TRUTH, windows=Windows(count=count, blocks=100))
    known = [5, 5000, 9000, 9999]
    windows = draw(truth, known, start=0, height=9999, seed=1)
    chosen = [window for window in windows if window.around]
    assert len(windows) == count
    assert bool(around) <= len(chosen) <= around
    assert all(any(window.first <= block <= window.last for block in known) for window in chosen)


def test_no_known_event() -> None:
    assert not any(window.around for window in draw(TRUTH, [], start=0, height=9999, seed=1))


def test_windows_lie_anywhere() -> None:
    """Every block may be drawn, wherever the candidate has rows."""
    drawn = {
        block
        for seed in range(400)
        for window in draw(TRUTH, [500], start=0, height=999, seed=seed)
        for block in range(window.first, window.last + 1)
    }
    assert drawn == set(range(1000))


def test_a_chain_shorter_than_a_window() -> None:
    """It is looked at as a whole."""
    assert draw(TRUTH, [], start=10, height=50, seed=1) == (Window(first=10, last=50, around=False),)


@given(
    st.integers(0, 5000),
    st.integers(0, 5000),
    st.lists(st.integers(0, 12_000), max_size=4),
    st.integers(1, 6),
    st.integers(1, 300),
    st.integers(),
)
def test_any_chain(start: int, more: int, known: list[int], count: int, blocks: int, seed: int) -> None:
    """Windows lie within the blocks that may be asked for, none meets another, and each has its blocks.

    A range that is not much longer than they are is one window.
    """
    truth = replace(TRUTH, windows=Windows(count=count, blocks=blocks))
    height = start + more
    windows = draw(truth, known, start=start, height=height, seed=seed)
    if more + 1 < 2 * count * blocks:
        assert windows == (Window(first=start, last=height, around=False),)
        return
    assert len(windows) == count
    assert all(start <= window.first <= window.last <= height for window in windows)
    assert sum(window.last - window.first + 1 for window in windows) <= count * blocks
    assert all(window.last - window.first + 1 == blocks for window in windows if not window.around)
    assert not any(meet(one, other) for one, other in pairwise(windows))
    assert windows == draw(truth, known, start=start, height=height, seed=seed)


@given(st.integers(0, 3000), st.integers(1000, 3000), st.integers(0, 6000), st.integers())
def test_a_window_that_the_chain_names(start: int, more: int, block: int, seed: int) -> None:
    """It holds the block and no block of another window."""
    truth = replace(TRUTH, windows=Windows(count=3, blocks=50))
    height = start + more
    block = start + block % (more + 1)
    drawn = draw(truth, [], start=start, height=height, seed=seed)
    found = beside(truth, drawn, block, start=start, height=height, seed=seed)
    if any(window.first <= block <= window.last for window in drawn):
        assert found is None
        return
    assert found is not None
    assert start <= found.first <= block <= found.last <= height
    assert not any(meet(found, window) for window in drawn)
