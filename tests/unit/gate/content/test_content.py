"""The same rows, or a difference that is meant and named."""

from dataclasses import replace
from typing import Any

import pytest

from gate.checks.content import ROWS, judge
from gate.finding import Finding, Point
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
from gate.policy.waivers import Acceptance, DataWaiver, Waivers
from gate.probes.database.exemptions import Tangled
from gate.verdict import accepting
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
DIFFERENCES = (
    RowDifference(kind=Kind.MISSING, key="1_7_0", chain="1", block=7),
    RowDifference(
        kind=Kind.DIFFERENT,
        key="1_9_0",
        chain="1",
        block=9,
        values=(Value(column="memo", serving=None, candidate="x" * 100),),
    ),
)


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
        (compared(totals=Totals(different=1), doubt="it depends on the order"), FAILED),
        (compared(totals=Totals(undecided=1), doubt="it depends on the order"), UNTOLD),
        (compared(totals=Totals(undecided=1, missing=1), doubt="it depends on the order"), FAILED),
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


def of_rows(finding: Finding) -> list[Point]:
    """What is said of the rows of both belts."""
    return [point for point in finding.points if point.part is ROWS]


def test_what_the_operator_reads() -> None:
    """How many rows of which kind, since which block, and every row with the values that differ."""
    rows = compared(
        totals=Totals(missing=1, different=1),
        differences=DIFFERENCES,
        first=(("1", 7),),
        testimony=("the candidate is wrong: it lacks log 0",),
    )
    [point] = of_rows(judge(seen(content=rows), policy()))
    assert (
        point.observed == "Transfer: 1,000 rows compared: 1 missing, 1 different, first at block 7 of chain 1"
    )
    assert point.evidence[1:] == ("Transfer: the candidate is wrong: it lacks log 0",)
    assert [row.difference for row in point.rows] == list(DIFFERENCES)
    assert {row.entity for row in point.rows} == {"Transfer"}


def test_more_than_anybody_reads() -> None:
    """Where the gate has stopped after enough rows, it says so."""
    rows = compared(totals=Totals(missing=1000, complete=False))
    assert "at least 1000 missing" in words(judge(seen(content=rows), policy()))


@pytest.mark.parametrize("expires", [LATER, YESTERDAY])
def test_a_waiver_that_has_ended(expires: Any) -> None:
    """The advice names a waiver that would have covered the rows."""
    waiver = DataWaiver(entity="Transfer", columns=("fee",), reason="rounding", expires=expires)
    rows = compared(totals=Totals(missing=1))
    [point] = of_rows(judge(seen(content=rows), policy(waivers=Waivers(data=(waiver,)))))
    assert ("ended on" in point.advice) is (expires == YESTERDAY)


def test_what_is_covered_is_named() -> None:
    """A pass with covered rows carries the waivers and expansions that cover them."""
    waiver = DataWaiver(entity="Transfer", columns=("fee",), reason="rounding", expires=LATER)
    grows = EntityPolicy(
        name="Transfer", may_differ=(MayDiffer(columns=("total",), chains=(1,), reason="the vault adds"),)
    )
    says = policy(mode=Mode.EXPANSION, waivers=Waivers(data=(waiver,)), entities=(grows,))
    [point] = of_rows(judge(seen(content=compared(totals=Totals(covered=2))), says))
    assert point.waived == (
        f"Transfer.fee until {LATER}: rounding",
        "Transfer.total on chain 1: the vault adds",
    )


def test_what_nobody_can_decide_is_never_accepted() -> None:
    """Rows that differ were found, so accepting the part does not reach them; the columns can be named."""
    open_row = RowDifference(
        kind=Kind.DIFFERENT, key="ann", values=(Value(column="last", serving="1", candidate="10"),)
    )
    rows = compared(totals=Totals(undecided=1), undecided=(open_row,), doubt="it depends on the order")
    says = policy(accepts=(Acceptance(part="content.rows", reason="it is fine"),))
    finding = accepting(judge(seen(content=rows), says), says)
    assert finding.weight is UNTOLD
    [point] = of_rows(finding)
    assert "acrossChains` whether last is a sum" in point.advice


def test_rows_that_were_seen_to_differ() -> None:
    """An entity that could not be compared to the end, and in which rows differ, is never accepted."""
    says = policy(accepts=(Acceptance(part="content.rows", reason="it is fine"),))
    unread = EntityUnread(entity="Account", why=unobserved())
    assert accepting(judge(seen(content=compared(unread)), says), says).weight is PASSED
    found = accepting(judge(seen(content=compared(replace(unread, found=True))), says), says)
    assert found.weight is UNTOLD
    assert any("are never accepted" in point.advice for point in found.points)


def test_the_first_alias() -> None:
    """Where nothing serves there is nothing to compare."""
    assert judge(first_alias(), policy()).outcome is PASSED


def test_history_that_is_gone() -> None:
    """Nothing is to be left to the order of chains there: that would excuse what nobody has seen."""
    row = RowDifference(
        kind=Kind.DIFFERENT, key="a", values=(Value(column="amount", serving="1", candidate="2"),)
    )
    totals = Totals(undecided=1)
    for torn in (True, False):
        rows = compared(totals=totals, undecided=(row,), doubt="nobody knows", torn=torn)
        [point] = [one for one in judge(seen(content=rows), policy()).points if one.part is ROWS]
        assert point.outcome is UNTOLD
        assert ("envio_checkpoints" in point.advice) is torn
        assert (point.paste is None) is torn


def test_what_is_the_matter_with_rows() -> None:
    """Rows of several chains and rows without a part of their history are told apart."""
    both = Tangled(several=frozenset({"a", "b"}), lost=frozenset({"c"}))
    assert both.words.startswith("2 rows, such as a, are written from several chains")
    assert "; of 1 row, such as c, a part of the history is gone" in both.words
    assert "several chains" not in Tangled(lost=frozenset({"c"})).words
    assert Tangled().words == ""
