"""A belt that was seen to be far: it may take its time to be there again, and has to come back."""

from datetime import timedelta

import pytest

from gate.alias import sight
from gate.alias.sight import RefutedError, Sight, as_seen, caught_up
from tests.identities import identity

BLUE = identity("blue")
LONG, NONE = timedelta(seconds=60), timedelta(0)


class Looks:
    """What each look shows of the chains 1 and 10; the last one is repeated."""

    def __init__(self, *heights: tuple[int, int]) -> None:
        self.heights = list(heights)

    async def __call__(self) -> Sight:
        one, other = self.heights.pop(0) if len(self.heights) > 1 else self.heights[0]
        return Sight(seed=BLUE.seed, heights={1: one, 10: other})


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "PAUSE", 0)


async def test_a_chain_that_a_reorganisation_of_another_took_back() -> None:
    """It is waited for, and what is seen last counts."""
    seen = await as_seen("blue", Looks((100, 180), (100, 195), (101, 201)), {1: 100, 10: 200}, within=LONG)
    assert seen.heights == {1: 101, 10: 201}


async def test_one_that_stays_behind() -> None:
    """It is not the belt it was."""
    with pytest.raises(RefutedError, match="chain 10 at 180, was 200"):
        await as_seen("blue", Looks((100, 180)), {1: 100, 10: 200}, within=NONE)


async def test_a_candidate_that_went_back_after_its_certificate() -> None:
    """It has to be where the serving belt is, and where it was itself, at one moment."""
    looks = Looks((100, 180), (90, 200), (100, 200))
    seen = await caught_up("blue", looks, {1: 100}, recorded={10: 200}, within=LONG)
    assert seen.heights == {1: 100, 10: 200}
    with pytest.raises(RefutedError, match="behind where it was already seen"):
        await caught_up("blue", Looks((100, 180)), {1: 100}, recorded={10: 200}, within=NONE)
