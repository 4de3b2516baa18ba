"""What consumers get is judged by what was read on both sides, and by what nobody could read."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gate.checks.served import points
from gate.finding import Finding
from gate.observations import Observations
from gate.observations.constructs import ConstructsSeen
from gate.observations.metadata import Permission
from gate.observations.rows import Kind
from gate.observations.served import (
    ListAbsent,
    ListUnread,
    RowUnlike,
    Stranger,
    Unlike,
    ViewServed,
    ViewUnread,
    Wrong,
)
from gate.observations.unobserved import NOT_LOOKED
from gate.outcome import Outcome
from gate.policy.served import ServedPolicy
from gate.policy.waivers import EntityWaiver, SchemaWaiver, Waivers
from tests.unit.gate.core.builders import (
    LATER,
    YESTERDAY,
    constructs,
    first_alias,
    list_served,
    metadata,
    policy,
    seen,
    served,
    tracked,
    unobserved,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
FILTERED = Permission(columns=None, filter={"chainId": {"_eq": 1}})
DRAWN = {"held": 900_000, "read": 90_000, "whole": False}
AGAIN = {**DRAWN, "before": datetime(2026, 11, 30, 12, 34, 56, tzinfo=UTC), "since": 3}


def judge(world: Observations, says: Any = None) -> Finding:
    found = tuple(points(world, says or policy()))
    return Finding(claim=found[0].part.claim, points=found)


def row(kind: Kind = Kind.DIFFERENT, *values: Unlike) -> RowUnlike:
    return RowUnlike(kind=kind, key="1-7-0", values=values)


@pytest.mark.parametrize(
    ("lists", "outcome", "said"),
    [
        ([list_served()], PASSED, ""),
        ([list_served(held=0, read=0), list_served(entity="Account")], PASSED, ""),
        ([list_served(held=0, read=0)], UNTOLD, "not one row was compared"),
        ([list_served(unlike=1, rows=(row(Kind.MISSING),))], FAILED, "1 not given of 1,000 rows"),
        ([list_served(unlike=1, rows=(row(Kind.EXTRA),))], FAILED, "1 given and not held"),
        ([list_served(unlike=1, rows=(row(),))], FAILED, "1 given otherwise"),
        ([list_served(wrong=(Wrong(asked="x = 1", held="[]", given="[1]"),))], FAILED, "asked for x = 1"),
        ([list_served(uneven=("it has row security",))], FAILED, "it has row security"),
        ([list_served(restless=2)], UNTOLD, "2 rows changed in every look"),
        ([list_served(unsettled=("the newest rows",))], UNTOLD, "the newest rows: it changed in every look"),
        ([list_served(constructs=NOT_LOOKED)], UNTOLD, "questions about Transfer for public"),
        ([list_served(constructs=ConstructsSeen())], UNTOLD, "none was asked"),
        ([list_served(read=0), list_served(entity="Account")], UNTOLD, "none of 1,000 was compared"),
        ([list_served(unfollowed=("owner",))], UNTOLD, "where owner comes from cannot be told"),
        ([list_served(**DRAWN)], PASSED, ""),
        ([list_served(), ListUnread(entity="A", role="public", why=unobserved())], UNTOLD, "nobody answered"),
        ([list_served(), Stranger(entity="Ghost", role="public")], FAILED, "public gets Ghost"),
        ([list_served(), ListAbsent(entity="Account", role="public")], FAILED, "does not get it"),
        ([list_served(), ListAbsent(entity="Badge", role="public")], UNTOLD, "does not get it"),
        ([list_served(), ListAbsent(entity="Badge", role="public", internal=True)], PASSED, ""),
        (
            [list_served(), ListAbsent(entity="Account", role="public", internal=True)],
            FAILED,
            "does not get it",
        ),
        ([list_served(), ListAbsent(entity="Account", role="partner")], PASSED, ""),
        ([list_served(), ListAbsent(entity="Account", role="partner", today=False)], PASSED, ""),
        (
            [list_served(), ListAbsent(entity="Account", role="partner", today=True)],
            FAILED,
            "partner does not get it",
        ),
        (
            [list_served(), ListAbsent(entity="Account", role="partner", today=unobserved())],
            UNTOLD,
            "nobody answered",
        ),
    ],
)
def test_a_list(lists: list[Any], outcome: Outcome, said: str) -> None:
    """Whatever is not given as it is held refuses; what nobody read is not told."""
    finding = judge(seen(served=served(*lists)))
    assert finding.outcome is outcome
    assert said in words(finding)


@pytest.mark.parametrize(
    ("view", "outcome"),
    [
        (ViewServed(view="_meta", chains=2), PASSED),
        (ViewServed(view="_meta", chains=2, wrong=("chain 1: progressBlock is told as 9",)), FAILED),
        (ViewServed(view="_meta", chains=0), UNTOLD),
        (ViewUnread(view="_meta", why=unobserved()), UNTOLD),
    ],
)
def test_a_view(view: Any, outcome: Outcome) -> None:
    """Consumers wait by what they are told of heights."""
    assert judge(seen(served=served(views=(view,)))).outcome is outcome


def test_no_view() -> None:
    """A belt that tells nobody how far it is cannot be held against its database."""
    assert judge(seen(served=served(views=()))).outcome is UNTOLD


def test_a_role_that_gets_nothing() -> None:
    """A role that the policy names has to be seen to get rows."""
    says = policy(served=ServedPolicy(roles=("partner",)))
    assert "rows that" not in words(judge(seen(), policy()))
    assert judge(seen(), says).outcome is UNTOLD
    both = served(list_served(), list_served(role="partner"))
    assert judge(seen(served=both), says).outcome is PASSED


@pytest.mark.parametrize(
    ("found", "outcome", "said"),
    [
        (metadata(tracked()), PASSED, ""),
        (unobserved(), UNTOLD, "nobody answered"),
        (metadata(tracked("Account")), FAILED, "metadata does not track Transfer"),
        (metadata(tracked(table="Stale")), FAILED, "Transfer is the table Stale"),
        (metadata(tracked(source="other")), FAILED, "another source"),
        (metadata(tracked(schema="old")), FAILED, "comes from the schema old"),
        (metadata(tracked(), tracked()), FAILED, "tracked 2 times"),
        (metadata(tracked(permissions={})), FAILED, "gives public nothing"),
        (metadata(tracked(columns=(("from_id", "to_id"),))), FAILED, "is called to_id"),
        (metadata(tracked(columns=(("from_id", "fromId"),))), PASSED, ""),
        (metadata(tracked(roots=(("select", "Moves"),))), FAILED, "is called Moves"),
        (metadata(tracked(more=("computed_fields",))), FAILED, "has computed_fields"),
        (
            metadata(
                tracked(permissions={"public": Permission(columns=None, filter={"chainId": {"_eq": 1}})})
            ),
            FAILED,
            "a filter lets through",
        ),
        (metadata(tracked(permissions={"public": Permission(columns=("id",))})), FAILED, "1 named column"),
    ],
)
def test_more_rows_than_are_read(found: Any, outcome: Outcome, said: str) -> None:
    """Rows that nobody reads are served as they lie there, or nobody knows how."""
    finding = judge(seen(served=served(list_served(**DRAWN)), candidate_metadata=found))
    assert finding.outcome is outcome
    assert said in words(finding)


def test_a_list_that_was_just_read_whole() -> None:
    """What was read again is told apart from what was not; the door has to be plain, as for drawn rows."""
    again = served(list_served(**AGAIN))
    told = " ".join(point.observed for point in judge(seen(served=again)).points)
    assert "3 rows written since the look at 12:34:56, and drawn ones, as held (90,000)" in told
    assert "through the same door as at 12:34:56" in told
    filtered = metadata(tracked(permissions={"public": FILTERED}))
    assert judge(seen(served=again, candidate_metadata=filtered)).outcome is FAILED


@pytest.mark.parametrize(
    ("changes", "clean"),
    [
        ({}, True),
        ({"held": 0, "read": 0}, True),
        ({"read": 0}, False),
        ({"unlike": 1}, False),
        ({"wrong": (Wrong(asked="x", held="1", given="2"),)}, False),
        ({"uneven": ("it has a rule",)}, False),
        ({"unfollowed": ("owner",)}, False),
        ({"restless": 1}, False),
        ({"unsettled": ("the newest rows",)}, False),
        ({"constructs": NOT_LOOKED}, False),
        ({"constructs": constructs(restless=("offset",))}, False),
        ({"constructs": constructs(blunt=("offset",))}, True),
    ],
)
def test_what_serves_the_next_look(changes: Any, clean: bool) -> None:
    """Nothing of which anything was wrong, or left open."""
    assert list_served(**changes).clean is clean


def test_a_hidden_entity() -> None:
    """What nobody reads is named in the policy; what consumers read today is lost whatever it says."""
    hidden = seen(served=served(list_served(), ListAbsent(entity="Badge", role="public")))
    assert judge(hidden, policy(served=ServedPolicy(hidden=("Badge",)))).outcome is PASSED
    assert judge(replace(hidden, endpoints=first_alias().endpoints)).outcome is UNTOLD
    own = served(list_served(), ListAbsent(entity="Badge", role="public", internal=True))
    assert judge(replace(hidden, served=own, endpoints=first_alias().endpoints)).outcome is UNTOLD


@pytest.mark.parametrize(("expires", "outcome"), [(LATER, PASSED), (YESTERDAY, FAILED)])
def test_an_entity_that_is_given_up(expires: Any, outcome: Outcome) -> None:
    """The waiver of the entity covers that consumers lose it."""
    waiver = EntityWaiver(entity="Account", reason="nobody reads it", expires=expires)
    world = seen(served=served(list_served(), ListAbsent(entity="Account", role="public")))
    assert judge(world, policy(waivers=Waivers(entities=(waiver,)))).outcome is outcome


@pytest.mark.parametrize(("expires", "outcome"), [(LATER, PASSED), (YESTERDAY, FAILED)])
def test_an_entity_that_a_role_gives_up(expires: Any, outcome: Outcome) -> None:
    """It is waived in the words in which metadata loses it, until a day."""
    words = "Metadata of Account for partner: no permission any more."
    waiver = SchemaWaiver(change=words, reason="nobody reads it", expires=expires)
    looks = seen(served=served(list_served(), ListAbsent(entity="Account", role="partner", today=True)))
    assert judge(looks, policy(waivers=Waivers(schema=(waiver,)))).outcome is outcome


def test_what_the_operator_reads() -> None:
    """Each row with the fields that come otherwise."""
    values = (Unlike(field="from_id", held='"a"', given='"b"'),)
    finding = judge(seen(served=served(list_served(unlike=1, rows=(row(Kind.DIFFERENT, *values),)))))
    [point] = [point for point in finding.points if point.outcome is FAILED]
    assert point.evidence == ('Transfer 1-7-0: from_id is "a" and comes as "b"',)


def test_not_looked() -> None:
    """Without a database nobody knows, and that can be accepted by name."""
    finding = judge(seen(served=unobserved()))
    assert finding.outcome is UNTOLD
    assert finding.points[0].part.acceptable
