"""The same rows, or a difference that is meant and named."""

from dataclasses import replace
from typing import Any

import pytest

from gate.checks.content import judge
from gate.observations.rows import (
    EntityAbsent,
    EntityRows,
    EntityUnread,
    Kind,
    RowDifference,
    Rows,
    Totals,
    Value,
)
from gate.outcome import Outcome
from gate.policy.entities import EntityPolicy, MayDiffer
from gate.policy.model import Mode
from gate.policy.waivers import DataWaiver, Waivers
from tests.unit.gate.core.builders import (
    LATER,
    YESTERDAY,
    content,
    first_alias,
    policy,
    seen,
    unobserved,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
LONG, BLUE, GREEN = "x" * 60 + "…", "the serving belt", "the candidate"


def compared(*more: Any, **changes: Any) -> Rows:
    """Equal rows, but for what a case changes."""
    [entity] = content().entities
    assert isinstance(entity, EntityRows)
    young = changes.pop("young", ())
    return replace(content(), entities=(replace(entity, **changes), *more), young=young)


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        (compared(), PASSED),
        (compared(totals=Totals(missing=1)), FAILED),
        (compared(totals=Totals(extra=1)), FAILED),
        (compared(totals=Totals(different=1)), FAILED),
        (compared(totals=Totals(traced=5)), PASSED),
        (compared(totals=Totals(covered=5)), PASSED),
        (compared(totals=Totals(different=1), doubt="it depends on the order"), UNTOLD),
        (compared(doubt="it depends on the order"), PASSED),
        (compared(absent_columns=("memo",)), FAILED),
        (compared(groups=()), UNTOLD),
        (compared(young=("chain 1: its height lies below its start",)), UNTOLD),
        (compared(EntityUnread(entity="Account", why=unobserved())), UNTOLD),
        (compared(EntityAbsent(entity="Account")), FAILED),
        (replace(content(), entities=()), UNTOLD),
        (unobserved(), UNTOLD),
    ],
)
def test_a_case(rows: Any, outcome: Outcome) -> None:
    """Every unaccounted row refuses; zero rows, or rows that nobody could read, are not told."""
    assert judge(seen(content=rows), policy()).outcome is outcome


def test_what_the_operator_reads() -> None:
    """How many rows of which kind, since which block, and every row with the values that differ."""
    rows = compared(
        totals=Totals(missing=1, different=1),
        differences=(
            RowDifference(kind=Kind.MISSING, key="1_7_0", chain="1", block=7),
            RowDifference(
                kind=Kind.DIFFERENT,
                key="1_9_0",
                chain="1",
                block=9,
                values=(Value(column="memo", serving=None, candidate="x" * 100),),
            ),
        ),
        first=(("1", 7),),
        testimony=("the candidate is wrong: it lacks log 0",),
    )
    [point] = judge(seen(content=rows), policy()).points
    assert (
        point.observed == "Transfer: 1000 rows compared: 1 missing, 1 different, first at block 7 of chain 1"
    )
    assert point.evidence[1:] == (
        "Transfer missing 1_7_0 (chain 1, block 7)",
        f"Transfer different 1_9_0 (chain 1, block 9): memo is NULL on {BLUE} and {LONG} on {GREEN}",
        "Transfer: the candidate is wrong: it lacks log 0",
    )


def test_more_than_anybody_reads() -> None:
    """Where the gate has stopped after enough rows, it says so."""
    rows = compared(totals=Totals(missing=1000, complete=False))
    assert "at least 1000 missing" in words(judge(seen(content=rows), policy()))


@pytest.mark.parametrize("expires", [LATER, YESTERDAY])
def test_a_waiver_that_has_ended(expires: Any) -> None:
    """The advice names a waiver that would have covered the rows."""
    waiver = DataWaiver(entity="Transfer", columns=("fee",), reason="rounding", expires=expires)
    rows = compared(totals=Totals(missing=1))
    [point] = judge(seen(content=rows), policy(waivers=Waivers(data=(waiver,)))).points
    assert ("ended on" in point.advice) is (expires == YESTERDAY)


def test_what_is_covered_is_named() -> None:
    """A pass with covered rows carries the waivers and expansions that cover them."""
    waiver = DataWaiver(entity="Transfer", columns=("fee",), reason="rounding", expires=LATER)
    grows = EntityPolicy(
        name="Transfer", may_differ=(MayDiffer(columns=("total",), reason="the vault adds"),)
    )
    says = policy(mode=Mode.EXPANSION, waivers=Waivers(data=(waiver,)), entities=(grows,))
    [point] = judge(seen(content=compared(totals=Totals(covered=2))), says).points
    assert point.waived == (f"Transfer.fee until {LATER}: rounding", "Transfer.total: the vault adds")


def test_the_first_alias() -> None:
    """Where nothing serves there is nothing to compare."""
    assert judge(first_alias(), policy()).outcome is PASSED
