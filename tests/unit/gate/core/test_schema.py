"""Every query and every list that consumers have today works on the candidate as it did."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gate.checks.schema import judge
from gate.claims import Access
from gate.observations import EnumsSeen
from gate.observations.counts import Counts, EntityCounts
from gate.observations.rows import Group
from gate.outcome import Outcome
from gate.policy.entities import EntityPolicy
from gate.policy.model import Mode
from gate.policy.waivers import ChainWaiver, DataWaiver, EntityWaiver, SchemaWaiver, Waivers
from tests.unit.gate.core.builders import (
    LATER,
    SDL,
    YESTERDAY,
    chain,
    enums,
    first_alias,
    limit,
    limits,
    outcomes,
    policy,
    schema,
    seen,
    unobserved,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
REST = {"forms": PASSED, "metadata": PASSED}
FIELD = "type Transfer { id: String! value: Int! memo: String kind: Kind! }"
ARGUMENTS = "Transfer(limit: Int, offset: Int, order_by: [order_by!]): [Transfer!]!"


def changed(old: str, new: str) -> str:
    assert old in SDL
    return SDL.replace(old, new)


BREAKS = [
    (changed("memo: String ", ""), "Field Transfer.memo was removed."),
    (changed("value: Int!", "value: String!"), "Field Transfer.value changed type from Int! to String!."),
    (changed("value: Int!", "value: Int"), "Field Transfer.value changed type from Int! to Int."),
    (changed("MINT BURN", "MINT"), "Enum value Kind.BURN was removed."),
    (
        changed("order_by: [order_by!]): [Transfer!]!", "order_by: order_by): [Transfer!]!"),
        "Argument query_root.Transfer(order_by:)",
    ),
    (changed("offset: Int, order_by", "order_by"), "Argument query_root.Transfer(offset:) was removed."),
    (
        changed("order_by: [order_by!])", "order_by: [order_by!], shard: Int!)"),
        "A required argument query_root.Transfer(shard:) was added.",
    ),
    (changed('= "wei"', '= "gwei"'), 'Account.balance(in:) has changed defaultValue from "wei" to "gwei".'),
    (changed(' = "wei"', ""), "Account.balance(in:) defaultValue was removed."),
    (
        changed("Transfer(limit: Int, offset: Int, order", "Transfer(limit: Int = 10, offset: Int, order"),
        "Transfer(limit:)",
    ),
    (changed(" subscription: subscription_root }", " }"), "Root type subscription was removed."),
    (changed("Transfer_by_pk(id: String!): Transfer", ""), "Field query_root.Transfer_by_pk was removed."),
    (
        changed("schema { query: query_root", "type Q { x: Int } schema { query: Q"),
        "Root type query changed from query_root to Q.",
    ),
]

ADDITIONS = [
    changed("kind: Kind! }", "kind: Kind! extra: Int }"),
    changed("MINT BURN", "MINT BURN SWAP"),
    changed("order_by: [order_by!])", "order_by: [order_by!], where: String)"),
    changed("memo: String ", "memo: String! "),
    SDL + "type Extra { id: ID! } directive @cached(ttl: Int! = 60, refresh: Boolean) on QUERY",
    SDL + "directive @strict(level: Int!) on FIELD",
    SDL + "extend schema { mutation: mutation_root } type mutation_root { ok: Boolean }",
]


def test_the_same_schema() -> None:
    """Equal schemas break nothing."""
    assert set(outcomes(judge(seen(), policy())).values()) == {PASSED}


@pytest.mark.parametrize(("sdl", "said"), BREAKS)
@pytest.mark.parametrize("role", ["public", "admin"])
def test_a_break(sdl: str, said: str, role: str) -> None:
    """Each break is refused by name, to whichever role it happens."""
    candidate = schema(sdl) if role == "public" else schema(admin=sdl)
    finding = judge(seen(candidate_schema=candidate), policy())
    assert outcomes(finding)[role] is FAILED
    assert said in words(finding)


@pytest.mark.parametrize("sdl", ADDITIONS)
def test_an_addition(sdl: str) -> None:
    """What is only added passes, and is shown."""
    finding = judge(seen(candidate_schema=schema(sdl, admin=sdl)), policy())
    assert finding.outcome is PASSED
    assert any(point.evidence for point in finding.points if point.part.name == "public")


@pytest.mark.parametrize(
    ("change", "expires", "outcome", "said"),
    [
        ("Field Transfer.memo was removed.", LATER, PASSED, ""),
        ("Field Transfer.memo was removed.", YESTERDAY, FAILED, "The waiver for it ended on 2030-01-01."),
        ("Field Transfer.note was removed.", LATER, FAILED, "Field Transfer.memo was removed."),
        ("Field Transfer.memo", LATER, FAILED, "Field Transfer.memo was removed."),
    ],
)
def test_a_planned_break(change: str, expires: date, outcome: Outcome, said: str) -> None:
    """A waiver covers the exact change, until its last day."""
    waivers = Waivers(schema=(SchemaWaiver(change=change, reason="nobody asks for it", expires=expires),))
    sdl = changed("memo: String ", "")
    finding = judge(seen(candidate_schema=schema(sdl, admin=sdl)), policy(waivers=waivers))
    assert finding.outcome is outcome
    assert said in words(finding)
    assert any(point.waived for point in finding.points) is (outcome is PASSED)


def test_an_entity_that_is_given_up() -> None:
    """Giving up an entity covers what goes with it, and nothing else."""
    waivers = Waivers(entities=(EntityWaiver(entity="Account", reason="unused", expires=LATER),))
    gone = changed("Account(limit: Int, offset: Int): [Account!]!", "").replace(
        'type Account { id: String! balance(in: String = "wei"): Int! }', ""
    )
    assert judge(seen(candidate_schema=schema(gone, admin=gone)), policy(waivers=waivers)).outcome is PASSED
    more = gone.replace("memo: String ", "")
    finding = judge(seen(candidate_schema=schema(more, admin=more)), policy(waivers=waivers))
    assert words(finding).count("was removed") == 2
    assert "Field Transfer.memo was removed." in words(finding)


@pytest.mark.parametrize(
    ("serving", "candidate", "outcome"),
    [
        (limit(given=1000, cut=True), limit(given=999, cut=True), FAILED),
        (limit(given=1000, cut=True), limit(given=1000, cut=True), PASSED),
        (limit(given=1000, cut=True), limit(given=10_001), PASSED),
        (limit(given=10_001), limit(given=5_000, cut=True), FAILED),
        (limit(given=10_001), limit(given=10_001), PASSED),
        (limit(given=900), limit(given=1000, cut=True), PASSED),
        (limit(given=900), limit(given=899), PASSED),
        (limit(given=900), replace(limit(given=899), short=True), FAILED),
        (unobserved(), limit(given=1000), UNTOLD),
        (limit(given=1000), unobserved(), UNTOLD),
    ],
)
def test_row_limits(serving: Any, candidate: Any, outcome: Outcome) -> None:
    """A list that is cut shorter than today is refused, and one that stays shorter without a cut."""
    changes = {"serving_limits": limits(Transfer=serving), "candidate_limits": limits(Transfer=candidate)}
    assert outcomes(judge(seen(**changes), policy()))["limits"] is outcome


def shorter(given: int) -> dict[str, Any]:
    """The candidate's list of transfers stays at so many rows, and the serving belt's has a hundred."""
    return {
        "serving_limits": limits(raw_events=limit(given=9), Transfer=limit(given=100)),
        "candidate_limits": limits(
            raw_events=replace(limit(given=8), short=True), Transfer=replace(limit(given=given), short=True)
        ),
    }


@pytest.mark.parametrize(
    ("given", "floor", "mode", "new", "outcome"),
    [
        (99, 1, Mode.PARITY, False, FAILED),
        (97, 3, Mode.EXPANSION, True, PASSED),
        (96, 3, Mode.EXPANSION, True, FAILED),
        (94, 3, Mode.EXPANSION, False, PASSED),
        (93, 3, Mode.EXPANSION, False, FAILED),
        (99, 0, Mode.EXPANSION, False, FAILED),
    ],
)
def test_a_list_that_may_be_shorter(given: int, floor: int, mode: Mode, new: bool, outcome: Outcome) -> None:
    """The floor is of shared chains, in an expansion; what Envio keeps for itself is compared elsewhere."""
    ruled = policy(
        mode=mode,
        chains=(chain(1), replace(chain(10), new=new)),
        entities=(EntityPolicy(name="Transfer", floor=floor),),
    )
    finding = judge(seen(**shorter(given)), ruled)
    assert outcomes(finding)["limits"] is outcome
    assert "raw_events" not in words(finding)
    if outcome is FAILED:
        assert f"it gives {given}, not by its limit" in words(finding)


@pytest.mark.parametrize(
    ("ends", "given", "outcome"), [(LATER, 70, PASSED), (LATER, 69, FAILED), (YESTERDAY, 99, FAILED)]
)
def test_a_list_while_a_chain_is_given_up(ends: date, given: int, outcome: Outcome) -> None:
    """It gives up the rows of that chain, and none of those that were counted of the others."""
    groups = tuple(Group(chain=name, serving=rows, candidate=rows) for name, rows in (("1", 50), ("10", 20)))
    counted = EntityCounts(entity="Transfer", basis="at block", reason="detected: block", groups=groups)
    counts = Counts(door=Access.GRAPHQL, entities=(counted,))
    waivers = Waivers(chains=(ChainWaiver(chain=137, reason="nobody reads it", expires=ends),))
    finding = judge(seen(counts=counts, **shorter(given)), policy(waivers=waivers))
    assert outcomes(finding)["limits"] is outcome


def test_a_list_while_values_are_corrected() -> None:
    """A waiver of data covers columns of rows, and no row that is gone."""
    waiver = DataWaiver(entity="Transfer", columns=("memo",), reason="a corrected handler", expires=LATER)
    finding = judge(seen(**shorter(99)), policy(waivers=Waivers(data=(waiver,))))
    assert outcomes(finding)["limits"] is FAILED


@pytest.mark.parametrize("side", ["serving", "candidate"])
def test_limits_not_seen(side: str) -> None:
    """Without having asked for long lists nothing is known of their limits."""
    assert outcomes(judge(seen(**{f"{side}_limits": unobserved()}), policy()))["limits"] is UNTOLD


@pytest.mark.parametrize("side", ["serving", "candidate"])
def test_schema_not_seen(side: str) -> None:
    """A schema that nobody saw may break anything."""
    finding = judge(seen(**{f"{side}_schema": unobserved()}), policy())
    assert outcomes(finding) == {"public": UNTOLD, "admin": UNTOLD, "enums": PASSED, "limits": PASSED, **REST}


def test_no_admin_secret() -> None:
    """What only administrators see can be accepted undecided; what the public sees cannot."""
    finding = judge(seen(serving_schema=schema(admin=None)), policy())
    assert outcomes(finding) == {"public": PASSED, "admin": UNTOLD, "enums": PASSED, "limits": PASSED, **REST}
    assert {point.part.name: point.part.acceptable for point in finding.points} == {
        "public": False,
        "admin": True,
        "enums": True,
        "limits": False,
        "forms": False,
        "metadata": True,
    }


@pytest.mark.parametrize(
    ("candidate", "outcome", "said"),
    [
        (enums("MINT"), FAILED, "Enum value kind.BURN was removed."),
        (EnumsSeen(types=()), FAILED, "Enum kind was removed."),
        (enums("MINT", "SWAP", "BURN"), PASSED, ""),
        (EnumsSeen(types=(*enums().types, ("other", ("A",)))), PASSED, ""),
        (unobserved(), UNTOLD, "nobody answered"),
    ],
)
def test_enums(candidate: Any, outcome: Outcome, said: str) -> None:
    """The database tells which values an enum has; one that is gone is a break, one more is not."""
    finding = judge(seen(candidate_enums=candidate), policy())
    assert outcomes(finding)["enums"] is outcome
    assert said in words(finding)


def test_a_planned_break_of_an_enum() -> None:
    """It is waived as any other, by its exact words."""
    change = SchemaWaiver(change="Enum value kind.BURN was removed.", reason="never used", expires=LATER)
    finding = judge(seen(candidate_enums=enums("MINT")), policy(waivers=Waivers(schema=(change,))))
    assert finding.outcome is PASSED


def test_the_first_alias() -> None:
    """Where nothing serves, nothing can break."""
    assert judge(first_alias(), policy()).outcome is PASSED
