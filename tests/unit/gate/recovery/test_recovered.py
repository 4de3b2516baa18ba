"""Each claim that needs the serving belt, decided by what its last certificate remembers."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from belts.spec.identity import Identity
from gate.checks import CHECKS, recovered
from gate.checks.recovered import Dead
from gate.claims import Claim
from gate.finding import Finding
from gate.observations import Answers, Cause, Observations, Unobserved
from gate.observations.rows import Basis, EntityAbsent, EntityUnread
from gate.observations.state import EntityHeld, GroupHeld, Held
from gate.outcome import Outcome
from gate.policy import Mode, Policy
from gate.policy.entities import EntityPolicy, MayDiffer
from gate.policy.waivers import Acceptance, DataWaiver, Recovery, Waivers
from gate.verdict import accepting
from tests.identities import identity
from tests.unit.gate.core import builders

PASSED, OPEN, FAILED = Outcome.PASSED, Outcome.COULD_NOT_TELL, Outcome.FAILED
RECOVERY = Recovery(belt="blue", reason="its disk is gone", expires=date(2099, 1, 1))
HERE, THERE = identity("1"), identity("2")
UNREACHED = Unobserved(reason="nobody answers", cause=Cause.UNREACHABLE)
UNREAD = Unobserved(reason="it cannot be read", cause=Cause.TIMEOUT)


def group(then: int = 10, now: int = 10, *, chain: str = "1", alike: bool | None = True) -> GroupHeld:
    return GroupHeld(chain=chain, then=then, now=now, alike=alike)


def entity(*groups: GroupHeld, **changes: Any) -> EntityHeld:
    return replace(
        EntityHeld(
            entity="Transfer",
            basis=Basis.AT_BLOCK,
            groups=groups or (group(),),
            columns=("id", "value", "memo", "kind"),
            chains=(1, 10),
            chained=True,
        ),
        **changes,
    )


def dead(*entities: Any, held: Held | Unobserved | None = None, **changes: Any) -> Dead:
    held = Held(entities=entities or (entity(),)) if held is None else held
    return replace(Dead(recovery=RECOVERY, serving=HERE, candidate=THERE, held=held), **changes)


def found(claim: Claim, of: Dead, seen: Observations | None = None, policy: Policy | None = None) -> Finding:
    [check] = [check for check in recovered.checks(of) if check.claim is claim]
    finding = check.judge(seen or builders.seen(), policy or builders.policy())
    return finding.complete_with(check.parts)


@pytest.mark.parametrize(
    ("held", "mode", "outcome"),
    [
        (entity(), Mode.PARITY, PASSED),
        (entity(group(10, 9)), Mode.PARITY, FAILED),
        (entity(group(10, 11)), Mode.PARITY, FAILED),
        (entity(group(10, 11)), Mode.EXPANSION, PASSED),
        (entity(group(10, 9)), Mode.EXPANSION, FAILED),
        (entity(group(), group(5, 4, chain="10")), Mode.PARITY, FAILED),
        (entity(group(10, 11), later="pruned"), Mode.PARITY, PASSED),
        (entity(group(10, 9), later="pruned"), Mode.PARITY, FAILED),
        (EntityAbsent(entity="Transfer"), Mode.PARITY, FAILED),
        (EntityUnread(entity="Transfer", why=UNREAD), Mode.PARITY, OPEN),
        (entity(group(0, 0)), Mode.PARITY, OPEN),
    ],
)
def test_rows(held: Any, mode: Mode, outcome: Outcome) -> None:
    """As many as were remembered, on each chain; at least as many where they can only be counted now."""
    assert found(Claim.COUNTS, dead(held), policy=replace(builders.policy(), mode=mode)).outcome is outcome


@pytest.mark.parametrize(
    ("held", "mode", "outcome"),
    [
        (entity(), Mode.PARITY, PASSED),
        (entity(group(alike=False)), Mode.PARITY, FAILED),
        (entity(group(), group(chain="10", alike=False)), Mode.PARITY, FAILED),
        (entity(group(alike=None)), Mode.PARITY, OPEN),
        (entity(group(alike=False), doubt="row 7 was rewritten since"), Mode.PARITY, OPEN),
        (entity(group(10, 11, alike=False)), Mode.EXPANSION, OPEN),
        (entity(group(10, 10, alike=False)), Mode.EXPANSION, FAILED),
        (entity(group(10, 11, alike=False)), Mode.PARITY, FAILED),
        (entity(absent_columns=("amount",)), Mode.PARITY, FAILED),
        (EntityAbsent(entity="Transfer"), Mode.PARITY, FAILED),
        (EntityUnread(entity="Transfer", why=UNREAD), Mode.PARITY, OPEN),
    ],
)
def test_what_rows_hold(held: Any, mode: Mode, outcome: Outcome) -> None:
    """Another sum is another row somewhere; a sum that nothing settles says nothing."""
    assert found(Claim.CONTENT, dead(held), policy=replace(builders.policy(), mode=mode)).outcome is outcome


def test_a_waiver_of_data_leaves_it_untold() -> None:
    """What is waived cannot be left out of a sum: nobody sees whether more differs, which may be accepted."""
    waiver = DataWaiver(entity="Transfer", columns=("a",), reason="r", expires=date(2099, 1, 1))
    policy = replace(builders.policy(), waivers=Waivers(data=(waiver,)))
    unequal = dead(entity(group(alike=False)))

    left = found(Claim.CONTENT, unequal, policy=policy)
    assert left.outcome is OPEN
    accepted = replace(policy, accepts=(Acceptance(part="content.rows", reason="we looked"),))
    assert accepting(left, accepted).weight is PASSED
    ended = replace(policy, waivers=Waivers(data=(replace(waiver, expires=date(2001, 1, 1)),)))
    assert found(Claim.CONTENT, unequal, policy=ended).outcome is FAILED


@pytest.mark.parametrize(("chain", "outcome"), [("1", OPEN), ("10", FAILED)])
def test_an_excuse_is_for_the_chains_that_it_names(chain: str, outcome: Outcome) -> None:
    """Rows of another chain that differ are wrong, whatever may differ on the first."""
    unequal = dead(entity(group(chain="1"), group(chain="10"), group(chain=chain, alike=False)))
    allowed = MayDiffer(columns=("a",), chains=(1,), reason="r")
    says = replace(builders.policy(), entities=(EntityPolicy(name="Transfer", may_differ=(allowed,)),))
    assert found(Claim.CONTENT, unequal, policy=says).outcome is outcome
    waiver = DataWaiver(entity="Transfer", columns=("a",), chain=1, reason="r", expires=date(2099, 1, 1))
    waived = replace(builders.policy(), waivers=Waivers(data=(waiver,)))
    assert found(Claim.CONTENT, unequal, policy=waived).outcome is outcome


@pytest.mark.parametrize("claim", [Claim.COUNTS, Claim.CONTENT])
@pytest.mark.parametrize("held", [UNREAD, Held(entities=())])
def test_nothing_remembered(claim: Claim, held: Held | Unobserved) -> None:
    """Without a certificate, or with an empty one, nobody can tell."""
    assert found(claim, dead(held=held)).outcome is OPEN


@pytest.mark.parametrize(
    ("serving", "candidate", "outcome"),
    [(HERE, THERE, PASSED), (HERE, HERE, FAILED), (HERE, replace(HERE, chain_table_oid=2), FAILED)],
)
def test_two_databases(serving: Identity, candidate: Identity, outcome: Outcome) -> None:
    """The dead belt under another name is no candidate."""
    finding = found(Claim.DISTINCT, dead(serving=serving, candidate=candidate))
    [point] = [point for point in finding.points if point.part.name == "database"]
    assert point.outcome is outcome


def test_the_dead_belt_is_waived_by_name() -> None:
    """What nobody proves is listed, with the reason and the day on which it ends."""
    for claim in (Claim.DISTINCT, Claim.REACHABLE):
        waived = [line for point in found(claim, dead()).points for line in point.waived]
        assert waived
        assert set(waived) == {"recovery of blue until 2099-01-01: its disk is gone"}


def test_a_candidate_that_does_not_answer() -> None:
    """That the serving belt is dead excuses nothing in the candidate."""
    finding = found(Claim.REACHABLE, dead(), builders.seen(candidate_answers=Answers(public=UNREACHED)))
    assert finding.outcome is FAILED


def test_every_part_is_still_asked_for() -> None:
    """A check that stands in for another has its parts, and speaks of every one."""
    for check in recovered.checks(dead()):
        [usual] = [one for one in CHECKS if one.claim is check.claim]
        assert check.parts == usual.parts
        assert {point.part for point in check.judge(builders.seen(), builders.policy()).points} == set(
            usual.parts
        )
