"""Rows that lie above the compared height are compared by nobody: how far it may lie below the belts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gate.checks.counts import judge
from gate.observations.counts import Counts, EntityCounts
from gate.observations.rows import Above, Cut, Height
from gate.outcome import Outcome
from gate.policy.loosened import loosened
from gate.policy.model import Policy
from tests.unit.gate.core.builders import (
    chain,
    compared_at,
    counts,
    first_alias,
    outcomes,
    policy,
    seen,
    words,
)

UNTOLD, PASSED = Outcome.COULD_NOT_TELL, Outcome.PASSED
HOUR, DAY = 3600, 86_400
FROZEN, LIVELY = "https://frozen.example", "https://lively.example"


def within(span: timedelta) -> Policy:
    return policy(chains=(chain(1, compare_within=span), chain(10, compare_within=span)))


def at(**changes: Any) -> Counts:
    return replace(counts(), heights=(compared_at(**changes),))


def cut(**changes: Any) -> Counts:
    [entity] = counts().entities
    assert isinstance(entity, EntityCounts)
    standard = Cut(chain=10, second=1_700_000_000, behind=9 * HOUR)
    return replace(counts(), entities=(replace(entity, cut=replace(standard, **changes)),))


@pytest.mark.parametrize(
    ("height", "outcome"),
    [
        ({"block": 36, "behind": 10 * DAY}, PASSED),  # 64 blocks, of a chain that makes few
        ({"block": 35, "behind": HOUR}, PASSED),
        ({"block": 35, "behind": HOUR + 1}, UNTOLD),
        ({"block": 35, "behind": None}, UNTOLD),
        ({"block": 100, "behind": 0}, PASSED),
    ],
)
def test_a_distance(height: dict[str, Any], outcome: Outcome) -> None:
    """An hour of the chain, or as many blocks as may be rewritten on any; what nobody measures is no pass."""
    assert outcomes(judge(seen(counts=at(**height)), policy()))["compared"] is outcome


@pytest.mark.parametrize(("span", "outcome"), [(timedelta(hours=9), PASSED), (timedelta(minutes=30), UNTOLD)])
def test_what_the_policy_allows(span: timedelta, outcome: Outcome) -> None:
    """It may ask for more, and for less."""
    far = at(block=1, behind=2 * HOUR)
    assert outcomes(judge(seen(counts=far), within(span)))["compared"] is outcome


def test_more_than_the_default_is_listed() -> None:
    """A policy that lets more go uncompared says so in every report."""
    assert "compareWithin 9h instead of 1h, on all 2 chains" in loosened(within(timedelta(hours=9))).loosened
    assert not [line for line in loosened(within(timedelta(minutes=9))).loosened if "compareWithin" in line]


def test_a_frozen_provider_is_named() -> None:
    """The report says by whose word the height is so low, and what another provider says."""
    height = {"block": 100, "serving": 9000, "candidate": 9000, "behind": DAY}
    found = judge(seen(counts=at(**height, final=((FROZEN, 100), (LIVELY, 8990)))), policy())
    assert outcomes(found)["compared"] is UNTOLD
    assert f"{FROZEN} calls 100 final, another 8990" in words(found)
    assert "8,900 blocks and 24 h below the lower progress 9000" in words(found)


def test_a_provider_behind_the_belts_is_named() -> None:
    """With one provider alone, the belts themselves show that it lags."""
    found = judge(seen(counts=at(block=100, serving=9000, candidate=9000, final=((FROZEN, 100),))), policy())
    assert f"{FROZEN} calls 100 final, and no provider more" in " ".join(
        line for point in found.points for line in point.evidence
    )


def test_a_chain_that_stands_still() -> None:
    """Rows that name no chain end with it: what it hides of the others is bounded too."""
    found = judge(seen(counts=cut()), policy())
    assert outcomes(found)["compared"] is UNTOLD
    assert "all end with chain 10, at second 1700000000: 9 h of the other chains" in words(found)
    assert outcomes(judge(seen(counts=cut(behind=HOUR)), policy()))["compared"] is PASSED


def test_no_height_at_all() -> None:
    """Where nothing was compared, no distance is a good one."""
    found = judge(seen(counts=replace(counts(), heights=())), policy())
    assert outcomes(found)["compared"] is UNTOLD


def test_one_chain_of_many() -> None:
    """The worst chain decides, and every chain is in the evidence."""
    heights: tuple[Height, ...] = (compared_at(), compared_at(chain=10, block=1, behind=2 * HOUR))
    found = judge(seen(counts=replace(counts(), heights=heights)), policy())
    [point] = [point for point in found.points if point.part.name == "compared"]
    assert (point.outcome, len(point.evidence)) == (UNTOLD, 2)
    assert point.observed.startswith("chain 10: ")


def test_what_lies_above() -> None:
    """It is counted, and blocks that are the same on both and hold other numbers of events are named."""
    above = Above(serving=7, candidate=6, blocks=3, unequal=(38,))
    [point] = [point for point in judge(seen(counts=at(above=above)), policy()).points if point.evidence][:1]
    assert (
        "above it 7 events on the serving belt and 6 on the candidate, 3 blocks the same" in point.evidence[0]
    )
    assert "not as many events in block 38" in point.evidence[0]


def test_the_first_alias() -> None:
    """Nothing is compared, and the report does not say that it was."""
    [point] = [point for point in judge(first_alias(), policy()).points if point.part.name == "compared"]
    assert (point.outcome, point.observed) == (PASSED, "not compared: no belt serves yet")
