"""The same number of rows, or more where that is meant."""

from dataclasses import replace
from typing import Any

import pytest

from gate.checks.counts import judge
from gate.claims import Access
from gate.observations.counts import Counts, EntityCounts
from gate.observations.rows import EntityAbsent, EntityUnread, Group
from gate.outcome import Outcome
from gate.policy.entities import EntityPolicy
from gate.policy.model import Mode
from gate.policy.waivers import EntityWaiver, Waivers
from tests.unit.gate.core.builders import (
    LATER,
    YESTERDAY,
    compared_at,
    first_alias,
    policy,
    seen,
    unobserved,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


def counted(serving: int = 10, candidate: int = 10, *more: Any, young: tuple[str, ...] = ()) -> Counts:
    groups = (Group(chain="1", serving=serving, candidate=candidate),)
    entity = EntityCounts(entity="Transfer", basis="at block", reason="it has a block", groups=groups)
    return Counts(door=Access.DATABASE, entities=(entity, *more), heights=(compared_at(),), young=young)


def expansion(floor: int = 0) -> Any:
    return policy(mode=Mode.EXPANSION, entities=(EntityPolicy(name="Transfer", floor=floor),))


@pytest.mark.parametrize(
    ("counts", "says", "outcome"),
    [
        (counted(10, 10), policy(), PASSED),
        (counted(10, 9), policy(), FAILED),
        (counted(10, 11), policy(), FAILED),
        (counted(10, 11), expansion(), PASSED),
        (counted(10, 9), expansion(), FAILED),
        (counted(10, 9), expansion(floor=1), PASSED),
        (counted(10, 8), expansion(floor=1), FAILED),
        (counted(10, 9), policy(entities=(EntityPolicy(name="Transfer", floor=1),)), FAILED),
        (counted(0, 0), policy(), UNTOLD),
        (Counts(door=Access.DATABASE, entities=()), policy(), UNTOLD),
        (counted(10, 10, EntityUnread(entity="Account", why=unobserved())), policy(), UNTOLD),
        (counted(10, 10, EntityAbsent(entity="Account")), policy(), FAILED),
        (counted(10, 10, young=("chain 8453: its height lies below its start",)), policy(), UNTOLD),
        (unobserved(), policy(), UNTOLD),
    ],
)
def test_a_case(counts: Any, says: Any, outcome: Outcome) -> None:
    """Parity wants equal numbers; an expansion wants no fewer, less the floor; nothing counted is no pass."""
    assert judge(seen(counts=counts), says).outcome is outcome


def left_out(serving: int, candidate: int, *groups: Group) -> Counts:
    """Rows of chain 1 that were counted, and rows of chain 10 none of which was."""
    [entity] = counted().entities
    assert isinstance(entity, EntityCounts)
    uncut = (Group(chain="10", serving=serving, candidate=candidate),)
    return replace(counted(), entities=(replace(entity, groups=(*entity.groups, *groups), uncut=uncut),))


@pytest.mark.parametrize(
    ("counts", "says", "outcome"),
    [
        (left_out(7, 7), policy(), UNTOLD),
        (left_out(7, 7), expansion(), UNTOLD),
        (left_out(0, 7), policy(), UNTOLD),
        (left_out(7, 0), policy(), UNTOLD),
        (left_out(0, 0), policy(), PASSED),
        (left_out(0, 7), expansion(), PASSED),
        (left_out(0, 7, Group(chain="10", serving=0, candidate=7)), expansion(), PASSED),
    ],
)
def test_a_chain_of_which_nothing_was_counted(counts: Counts, says: Any, outcome: Outcome) -> None:
    """Rows that are there and were not counted prove nothing, however many other chains have."""
    finding = judge(seen(counts=counts), says)
    assert finding.outcome is outcome
    if outcome is UNTOLD:
        assert "Transfer: not one row was counted on chain 10, where the serving belt holds" in words(finding)


def test_each_chain_for_itself() -> None:
    """What one chain has too many does not make up for what another lacks."""
    groups = (Group(chain="1", serving=10, candidate=9), Group(chain="10", serving=10, candidate=11))
    counts = counted()
    [entity] = counts.entities
    assert isinstance(entity, EntityCounts)
    finding = judge(seen(counts=replace(counts, entities=(replace(entity, groups=groups),))), expansion())
    assert "10 rows on the serving belt, 9 on the candidate on chain 1" in words(finding)


@pytest.mark.parametrize(("expires", "outcome"), [(LATER, PASSED), (YESTERDAY, FAILED)])
def test_an_entity_that_is_given_up(expires: Any, outcome: Outcome) -> None:
    """A waiver that holds names the entity; one that has ended does not."""
    waiver = EntityWaiver(entity="Account", reason="nobody reads it", expires=expires)
    says = policy(waivers=Waivers(entities=(waiver,)))
    counts = counted(10, 10, EntityAbsent(entity="Account"))
    assert judge(seen(counts=counts), says).outcome is outcome


def test_the_first_alias() -> None:
    """Where nothing serves there is nothing to count."""
    assert judge(first_alias(), policy()).outcome is PASSED
