"""What GraphQL shows between two looks at the database, while heights grow or are taken back."""

import pytest

from gate.claims import Access
from gate.observations.dial import Between
from gate.observations.doors import DoorsSeen
from gate.observations.progress import ChainProgress, Progress


def at(*heights: int) -> Progress:
    """Chains 1, 2 and so on at these heights."""
    chains = (ChainProgress(chain=n, start_block=0, height=one) for n, one in enumerate(heights, 1))
    return Progress(door=Access.DATABASE, chains=tuple(chains))


@pytest.mark.parametrize(
    ("before", "shown", "after", "beyond"),
    [
        ((10, 20), (11, 20), (12, 21), {}),
        ((10, 20), (13, 20), (12, 21), {1: 1}),
        ((10, 20), (10, 17), (12, 21), {2: 3}),
        ((10, 20), (10, 20), (7, 12), {}),
        ((10, 20), (7, 12), (7, 12), {}),
        ((10, 20), (6, 20), (7, 12), {1: 1}),
    ],
    ids=["between", "above", "below", "not yet taken back", "taken back", "further back"],
)
def test_heights(
    before: tuple[int, int], shown: tuple[int, int], after: tuple[int, int], beyond: dict[int, int]
) -> None:
    """A reorganisation of one chain takes others back with it: either height was held meanwhile."""
    between = Between(before=at(*before), after=at(*after))
    assert DoorsSeen(shown=at(*shown), rows=between).beyond == beyond
    assert between.holds(at(*shown)) is not bool(beyond)
