"""Which pages of a table are likely to hold the rows of a segment."""

import pytest

from gate.probes.database.pages import DRAWN, Span, Spot, likely

PAGES = DRAWN * 100
TAIL = Span(PAGES - 101, PAGES)
DRAWN_SPOTS = [Spot(10, 100, 101), Spot(20, 200, 202), Spot(30, 300, 300)]


@pytest.mark.parametrize(
    ("segments", "spans"),
    [
        ([15], [Span(100, 203), TAIL]),
        ([20], [Span(100, 301), TAIL]),
        ([5], [Span(0, 102), TAIL]),
        ([35], [Span(300, PAGES)]),
        ([11, 25], [Span(100, 301), TAIL]),
        ([12, 13], [Span(100, 203), TAIL]),
        ([], [TAIL]),
    ],
)
def test_between_the_drawn_neighbours(segments: list[int], spans: list[Span]) -> None:
    """From the drawn segment below to the one above, and the last pages; none is read twice."""
    assert likely(DRAWN_SPOTS, segments, PAGES) == spans


def test_nothing_was_drawn() -> None:
    """Then the rows may be anywhere."""
    assert likely([], [5], PAGES) == [Span(0, PAGES)]


def test_a_table_in_reverse() -> None:
    """The order of the pages does not have to be that of the segments."""
    assert likely([Spot(10, 300, 300), Spot(20, 100, 100)], [15], PAGES) == [Span(100, 301), TAIL]
