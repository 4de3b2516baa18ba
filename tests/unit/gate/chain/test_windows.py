"""Which blocks are sampled."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gate.policy.groundtruth import Windows
from gate.probes.truth.windows import Window, draw
from tests.unit.gate.core.builders import ground_truth

TRUTH = ground_truth(windows=Windows(count=4, blocks=100))


def test_the_same_seed() -> None:
    """What is printed in the report can be drawn again."""
    assert draw(TRUTH, [500], start=0, height=9999, seed=1) == draw(
        TRUTH, [500], start=0, height=9999, seed=1
    )
    assert draw(TRUTH, [500], start=0, height=9999, seed=1) != draw(
        TRUTH, [500], start=0, height=9999, seed=2
    )


def test_half_of_them_around_known_events() -> None:
    """Two of four windows hold a block in which an event is known to lie."""
    windows = draw(TRUTH, [500, 7000], start=0, height=9999, seed=1)
    assert [window.around for window in windows] == [True, False, True, False]
    assert all(
        any(window.first <= block <= window.last for block in (500, 7000))
        for window in windows
        if window.around
    )


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
    """Every window lies within the blocks that may be asked for, and has its full length."""
    truth = replace(TRUTH, windows=Windows(count=count, blocks=blocks))
    height = start + more
    for window in draw(truth, known, start=start, height=height, seed=seed):
        assert start <= window.first <= window.last <= height
        assert window.last - window.first + 1 == min(blocks, more + 1)
