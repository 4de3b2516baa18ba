"""Each cell of entity, chain and column once, and what is known of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.checks.content import judge
from gate.checks.covered import COVERAGE
from gate.coverage.cells import ALL_CHAINS, Cells, Covered
from gate.coverage.table import table
from gate.finding import Finding, Point
from gate.observations import Holdings, Observations, Unobserved
from gate.observations.history import ChainHistory, ChainUnproved, EntityHistory, History, OpenRange
from gate.observations.holdings import EntityHolding
from gate.observations.rows import (
    Basis,
    EntityRows,
    EntityUnread,
    Group,
    Kind,
    RowDifference,
    Rows,
    Totals,
    Value,
)
from gate.observations.state import EntityHeld, GroupHeld, Held
from gate.outcome import Outcome
from gate.policy import Policy
from gate.policy.across import AcrossChains
from gate.policy.entities import EntityPolicy, MayDiffer
from gate.policy.model import Mode
from gate.policy.proof import Extent
from gate.policy.unproved import Unproved
from gate.policy.waivers import DataWaiver, Waivers
from gate.verdict import accepting
from tests.unit.gate.core import builders
from tests.unit.gate.core.builders import LATER, YESTERDAY, compared_at, ground_truth, unobserved

COMPARED, PROVED, UNLIKE, NEITHER = Covered
COLUMNS = ("id", "value", "memo")


def holding(entity: str = "Transfer", *, chained: bool = True, columns: tuple[str, ...] = COLUMNS) -> Any:
    return EntityHolding(entity=entity, columns=columns, key=("id",), chained=chained)


def holdings(*entities: EntityHolding, chains: tuple[int, ...] = (1, 10)) -> Holdings:
    return Holdings(chains=chains, entities=entities or (holding(),))


def rows(*groups: tuple[str | None, int, int], **changes: Any) -> EntityRows:
    """One entity, with the rows of both belts on every chain."""
    standard = EntityRows(
        entity="Transfer",
        basis=Basis.AT_BLOCK,
        reason="it has a block",
        groups=tuple(Group(chain=chain, serving=one, candidate=other) for chain, one, other in groups),
        totals=Totals(),
        columns=COLUMNS,
        chained=True,
    )
    return replace(standard, **changes)


def content(*entities: Any, chains: tuple[int, ...] = (1, 10), young: tuple[str, ...] = ()) -> Rows:
    heights = tuple(compared_at(chain=chain) for chain in chains)
    return Rows(heights=heights, entities=entities, young=young)


def history(*entities: EntityHistory, chain: int = 1, **changes: Any) -> ChainHistory:
    standard = ChainHistory(
        chain=chain, first=0, height=90, wanted=90, reached=90, known=90, logs=7, ranges=1, entities=entities
    )
    return replace(standard, **changes)


def logs(columns: tuple[str, ...] = ("id", "value"), **changes: Any) -> EntityHistory:
    standard = EntityHistory(
        entity="Transfer", events=("Transfer of 0xab",), columns=columns, logs=7, rows=7, held=7
    )
    return replace(standard, **changes)


def seen(**changes: Any) -> Observations:
    """One entity with its rows on both chains, equal on both belts; of which no chain says anything."""
    standard = {
        "holdings": holdings(),
        "content": content(rows(("1", 6, 6), ("10", 4, 4))),
        "candidate_schema": unobserved(),
        "history": History(chains=()),
    }
    return builders.seen(**(standard | changes))


def policy(**changes: Any) -> Policy:
    standard = {"unproved": (), "proof": Extent.WHOLE, "ground_truth": (ground_truth(1), ground_truth(10))}
    return builders.policy(**(standard | changes))


def kinds(looks: Observations, says: Policy | None = None, held: Any = None) -> dict[str, str]:
    """Each cell as `chain column`, and what is known of it."""
    cells = table(looks, says or policy(), held).cells
    return {
        f"{chain} {column}": one.covered.value
        for one in cells
        for chain in one.chains
        for column in one.columns
    }


def of(looks: Observations, says: Policy | None = None) -> list[Point]:
    """What the claim says of its coverage, after all acceptances."""
    says = says or policy()
    return [point for point in finding(looks, says).points if point.part is COVERAGE]


def finding(looks: Observations, says: Policy) -> Finding:
    return accepting(judge(looks, says), says)


def every(kind: Covered, *chains: str, columns: tuple[str, ...] = COLUMNS) -> dict[str, str]:
    return {f"{chain} {column}": kind.value for chain in chains for column in columns}


def test_rows_that_were_compared() -> None:
    """Each column of them is covered, on each chain."""
    assert kinds(seen()) == every(COMPARED, "1", "10")
    [point] = of(seen())
    assert point.outcome is Outcome.PASSED
    assert "6 compared" in point.observed


def test_a_chain_without_rows() -> None:
    """Where both tables hold none, that was compared; where one has some, and none was, it was not."""
    none = rows(("1", 6, 6), uncut=(Group(chain="10", serving=0, candidate=0),))
    assert kinds(seen(content=content(none))) == every(COMPARED, "1", "10")
    left_out = rows(("1", 6, 6), uncut=(Group(chain="10", serving=4, candidate=4),))
    assert kinds(seen(content=content(left_out))) == every(COMPARED, "1") | every(NEITHER, "10")
    [point] = of(seen(content=content(left_out)))
    assert point.outcome is Outcome.COULD_NOT_TELL
    assert "compared at block (it has a block), 0 of 4 rows on chain 10" in point.observed
    assert "compare: byState" in point.advice
    assert point.paste == {"unproved": [{"entity": "Transfer", "chains": [10], "reason": None}]}


def test_nobody_counted_the_table() -> None:
    """A chain of which no row was compared, and nobody knows whether there are any, was not compared."""
    assert kinds(seen(content=content(rows(("1", 6, 6))))) == every(COMPARED, "1") | every(NEITHER, "10")


def test_rows_of_new_contracts() -> None:
    """What the serving belt does not have beside its own rows, it does not vouch for."""
    grown = rows(("1", 6, 9), ("10", 4, 4), totals=Totals(traced=3))
    assert kinds(seen(content=content(grown))) == every(NEITHER, "1") | every(COMPARED, "10")
    whole = History(chains=(history(logs()),))
    assert kinds(seen(content=content(grown), history=whole)) == (
        every(PROVED, "1", columns=("id", "value"))
        | every(NEITHER, "1", columns=("memo",))
        | every(COMPARED, "10")
    )


def test_a_new_chain() -> None:
    """The serving belt says nothing of it; what the chain itself says is proved, the rest is neither."""
    looks = seen(content=content(rows(("1", 6, 6)), chains=(1,)))
    assert kinds(looks) == every(COMPARED, "1") | every(NEITHER, "10")
    proved = replace(looks, history=History(chains=(history(logs(), chain=10),)))
    assert kinds(proved) == (
        every(COMPARED, "1")
        | every(PROVED, "10", columns=("id", "value"))
        | every(NEITHER, "10", columns=("memo",))
    )
    [point] = [point for point in of(proved) if point.outcome is not Outcome.PASSED]
    assert "(memo) on chain 10: the serving belt has not this chain, and no entry" in point.observed
    assert point.paste == {
        "unproved": [{"entity": "Transfer", "chains": [10], "columns": ["memo"], "reason": None}]
    }


@pytest.mark.parametrize(
    "proof",
    [
        History(chains=()),
        unobserved(),
        History(chains=(ChainUnproved(chain=10, why=unobserved()),)),
        History(chains=(history(logs(), chain=1),)),
        History(chains=(history(chain=10),)),
        History(chains=(history(logs(), chain=10, height=89),)),
        History(chains=(history(logs(), chain=10, open=(OpenRange(first=1, last=2, reason="gone"),)),)),
        History(chains=(history(logs(), chain=10, disputes=("two providers differ",)),)),
        History(chains=(history(logs(unread=unobserved()), chain=10),)),
        History(chains=(history(logs(logs=0, rows=0), chain=10),)),
        History(chains=(history(replace(logs(), entity="Account"), chain=10),)),
    ],
)
def test_a_proof_that_is_not_done(proof: Any) -> None:
    """Nothing of it counts, and the ground truth says why: here it is said once, with nothing to paste."""
    looks = seen(content=content(rows(("1", 6, 6)), chains=(1,)), history=proof)
    assert kinds(looks) == every(COMPARED, "1") | every(NEITHER, "10")
    [point] = [point for point in of(looks) if point.outcome is not Outcome.PASSED]
    assert "3 cells wait for it: Transfer on chain 10" in point.observed
    assert point.paste is None


def test_no_entry_names_it() -> None:
    """An entity of which no entry speaks is none whose proof is to be waited for."""
    looks = seen(content=content(rows(("1", 6, 6)), chains=(1,)))
    points = of(looks, policy(ground_truth=(ground_truth(1),)))
    [point] = [point for point in points if point.outcome is not Outcome.PASSED]
    assert "no entry under `groundTruth` names it" in point.observed


MINT, BURN = (("kind", "MINT"),), (("kind", "BURN"),)


@pytest.mark.parametrize(
    ("views", "whole"),
    [
        ((logs(where=MINT, held=5, others=2),), False),
        ((logs(where=MINT, held=7, others=0),), True),
        ((logs(where=MINT, held=5, others=2), logs(where=BURN, held=2, others=5)), True),
        ((logs(where=MINT, held=5, others=3), logs(where=BURN, held=2, others=6)), False),
        ((logs(where=MINT, held=5, others=2), logs(where=(("memo", "x"),), held=2, others=5)), False),
        ((logs(where=MINT, held=5, others=2), logs(columns=("id",))), False),
        ((logs(where=MINT, held=5, others=2), logs()), True),
    ],
)
def test_events_of_some_rows(views: tuple[EntityHistory, ...], whole: bool) -> None:
    """A column is proved where the events that say it write all rows of the entity, and none twice."""
    looks = seen(
        content=content(rows(("1", 6, 6)), chains=(1,)), history=History(chains=(history(*views, chain=10),))
    )
    assert kinds(looks)["10 value"] == (PROVED if whole else NEITHER)


@pytest.mark.parametrize("wrong", [{"ranges": 1}, {"strange": ("a row of nobody",)}])
def test_what_the_chain_refutes(wrong: dict[str, Any]) -> None:
    """What the ground truth found to be wrong is not proved, and not complained of twice."""
    looks = seen(
        content=content(rows(("1", 6, 6)), chains=(1,)),
        history=History(chains=(history(logs(**wrong), chain=10),)),
    )
    assert kinds(looks)["10 value"] == UNLIKE
    assert kinds(looks)["10 memo"] == NEITHER


def test_what_differs() -> None:
    """A column that differs is neither compared well nor complained of twice; the other columns are."""
    row = RowDifference(
        kind=Kind.DIFFERENT, key="1", chain="1", values=(Value(column="value", serving="1", candidate="2"),)
    )
    spoiled = rows(("1", 6, 6), ("10", 4, 4), totals=Totals(different=1), differences=(row,))
    found = kinds(seen(content=content(spoiled)))
    assert [cell for cell, kind in found.items() if kind == UNLIKE] == ["1 value"]
    gone = replace(spoiled, differences=(replace(row, kind=Kind.MISSING, values=()),))
    assert {cell[0:2] for cell, kind in kinds(seen(content=content(gone))).items() if kind == UNLIKE} == {
        "1 "
    }
    assert not [point for point in of(seen(content=content(gone))) if point.outcome is not Outcome.PASSED]
    assert finding(seen(content=content(gone)), policy()).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("says", "cells"),
    [
        (
            {
                "waivers": Waivers(
                    data=(
                        DataWaiver(
                            entity="Transfer", columns=("value",), chain=1, reason="rounding", expires=LATER
                        ),
                    )
                )
            },
            ["1 value"],
        ),
        (
            {
                "waivers": Waivers(
                    data=(
                        DataWaiver(
                            entity="Transfer", columns=("value",), reason="rounding", expires=YESTERDAY
                        ),
                    )
                )
            },
            [],
        ),
        (
            {
                "mode": Mode.EXPANSION,
                "entities": (
                    EntityPolicy(
                        name="Transfer",
                        may_differ=(MayDiffer(columns=("memo",), chains=(10,), reason="badges"),),
                    ),
                ),
            },
            ["10 memo"],
        ),
        (
            {
                "entities": (
                    EntityPolicy(
                        name="Transfer", across=AcrossChains(order=("memo",), reason="whoever is last")
                    ),
                )
            },
            ["1 memo", "10 memo"],
        ),
    ],
)
def test_what_may_differ(says: dict[str, Any], cells: list[str]) -> None:
    """Columns that the policy lets differ are compared by nobody, which it accepts by its own words."""
    found = kinds(seen(), policy(**says))
    assert [cell for cell, kind in found.items() if kind == NEITHER] == cells
    assert not [point for point in of(seen(), policy(**says)) if point.weight is not Outcome.PASSED]


def test_a_column_of_the_candidate_alone() -> None:
    """Nobody compares it."""
    more = holdings(holding(columns=(*COLUMNS, "fee")))
    assert kinds(seen(holdings=more)) == every(COMPARED, "1", "10") | every(
        NEITHER, "1", "10", columns=("fee",)
    )


def test_an_entity_of_the_candidate_alone() -> None:
    """Each of its columns on each chain, and an entity without chains as one."""
    more = holdings(holding(), holding("Badge"), holding("Totals", chained=False, columns=("id", "sum")))
    points = [point for point in of(seen(holdings=more)) if point.outcome is not Outcome.PASSED]
    assert [point.observed.split(":")[0] for point in points] == [
        "Badge (id, value, memo) on chain 1, 10",
        "Totals (id, sum) on all chains",
    ]
    assert points[1].paste == {"unproved": [{"entity": "Totals", "reason": None}]}


def test_rows_without_a_chain() -> None:
    """They are one cell a column, which is proved only where it is on every chain."""
    alone = holdings(holding(chained=False))
    unread = content(EntityUnread(entity="Transfer", why=unobserved("its history is gone")))
    one, both = history(logs()), history(logs(), chain=10)
    looks = seen(holdings=alone, content=unread, history=History(chains=(one,)))
    assert kinds(looks) == every(NEITHER, ALL_CHAINS)
    looks = replace(looks, history=History(chains=(one, both)))
    assert kinds(looks) == every(PROVED, ALL_CHAINS, columns=("id", "value")) | every(
        NEITHER, ALL_CHAINS, columns=("memo",)
    )


def test_an_unread_entity() -> None:
    """Nothing of it was compared, and accepting the part does not make it so."""
    unread = content(EntityUnread(entity="Transfer", why=unobserved("its history is gone")))
    says = policy(ground_truth=(), unproved=())
    assert kinds(seen(content=unread), says) == every(NEITHER, "1", "10")
    assert finding(seen(content=unread), says).weight is Outcome.COULD_NOT_TELL


def test_a_young_chain() -> None:
    """What cannot be compared yet is not compared."""
    looks = seen(
        content=content(rows(("1", 6, 6)), chains=(1,), young=("chain 10: it lies below its start",))
    )
    [point] = [p for p in of(looks, policy(ground_truth=())) if p.outcome is not Outcome.PASSED]
    assert "the chain is too young to be compared" in point.observed


def test_without_the_database() -> None:
    """All that GraphQL offers is neither, whatever else was seen: each entity has to be accepted."""
    looks = seen(holdings=unobserved("none was given"), candidate_schema=builders.schema())
    assert set(kinds(looks).values()) == {NEITHER}
    assert {one.entity for one in table(looks, policy()).cells} == {"Account", "Transfer"}
    names = tuple(Unproved(entity=name, reason="a hosted belt") for name in ("Account", "Transfer"))
    points = of(looks, policy(unproved=names))
    assert {point.accepted for point in points} == {"a hosted belt"}
    assert all(point.outcome is Outcome.COULD_NOT_TELL for point in points)


def test_nothing_to_look_at() -> None:
    """A candidate that shows not one entity is not covered."""
    looks = seen(holdings=replace(holdings(), entities=()), content=content())
    assert of(looks)[0].outcome is Outcome.COULD_NOT_TELL


def test_windows() -> None:
    """With samples, a column is proved where a window had logs, and that is said."""
    says = policy(proof=Extent.SAMPLING)
    looks = seen(content=content(rows(("1", 6, 6)), chains=(1,)))
    assert kinds(looks, says) == every(COMPARED, "1") | every(PROVED, "10", columns=("id", "value")) | every(
        NEITHER, "10", columns=("memo",)
    )
    [told] = {one.told for one in table(looks, says).cells if one.covered is PROVED}
    assert told == ("sampled: 3 logs in 1 window on chain 10",)


@pytest.mark.parametrize(
    ("window", "kind"),
    [
        ({"logs": 0}, NEITHER),
        ({"logs": unobserved()}, NEITHER),
        ({"proof": unobserved()}, NEITHER),
        ({"missing": unobserved()}, NEITHER),
        ({"missing": ("10_7_0",)}, UNLIKE),
        ({"unknown": ("log 1 of block 7",)}, UNLIKE),
        ({"wrong": ("value is 7",)}, UNLIKE),
        ({"dispute": "two providers differ"}, UNLIKE),
    ],
)
def test_a_window_that_proves_nothing(window: dict[str, Any], kind: Covered) -> None:
    """Without a log, or where something could not be looked at, nothing is proved."""
    contract = builders.contract_seen(windows=(builders.window_seen(**window),))
    truth = builders.truth(builders.chain_seen(1), builders.chain_seen(10, contracts=(contract,)))
    looks = seen(content=content(rows(("1", 6, 6)), chains=(1,)), truth=truth)
    assert kinds(looks, policy(proof=Extent.SAMPLING))["10 value"] == kind


REMEMBERED = EntityHeld(
    entity="Transfer",
    basis=Basis.AT_BLOCK,
    groups=(GroupHeld(chain="1", then=6, now=6, alike=True),),
    columns=("id", "value"),
    chains=(1, 10),
    chained=True,
)


@pytest.mark.parametrize(
    ("held", "cells"),
    [
        (REMEMBERED, every(COMPARED, "1", "10", columns=("id", "value"))),
        (replace(REMEMBERED, chains=(1,)), every(COMPARED, "1", columns=("id", "value"))),
        (replace(REMEMBERED, groups=(GroupHeld(chain="1", then=6, now=7, alike=False),), chains=()), {}),
        (replace(REMEMBERED, groups=(GroupHeld(chain="1", then=6, now=6, alike=None),), chains=()), {}),
    ],
)
def test_what_is_remembered(held: EntityHeld, cells: Mapping[str, str]) -> None:
    """In a recovery, what is alike by the last certificate is compared, and nothing else is."""
    found = kinds(seen(content=unobserved()), policy(), Held(entities=(held,)))
    assert {cell: kind for cell, kind in found.items() if kind != NEITHER} == cells


def test_nothing_is_remembered() -> None:
    """Then nothing is compared."""
    found = kinds(seen(content=unobserved()), policy(), unobserved("no certificate"))
    assert set(found.values()) == {NEITHER}


@pytest.mark.parametrize(
    ("entry", "accepted"),
    [
        (Unproved(entity="Transfer", reason="r"), True),
        (Unproved(entity="Transfer", chains=(10,), reason="r"), True),
        (Unproved(entity="Transfer", chains=(1,), reason="r"), False),
        (Unproved(entity="Transfer", columns=COLUMNS, reason="r"), True),
        (Unproved(entity="Transfer", columns=("id",), reason="r"), False),
        (Unproved(entity="Account", reason="r"), False),
        (Unproved(contract="Transfer", reason="r"), False),
    ],
)
def test_what_is_accepted_by_name(entry: Unproved, accepted: bool) -> None:
    """Only the named cells are, and what is left over is still open."""
    looks = seen(content=content(rows(("1", 6, 6)), chains=(1,)))
    says = policy(unproved=(entry,), ground_truth=())
    open_ = [point for point in of(looks, says) if point.weight is not Outcome.PASSED]
    assert bool(open_) is not accepted
    assert (finding(looks, says).weight is Outcome.PASSED) is accepted


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Unproved(entity="Transfer", reason="r"), "names Transfer, of which nothing is unproved any more"),
        (Unproved(entity="Transfr", reason="r"), "which the candidate has not: `Transfer`, perhaps"),
        (
            Unproved(entity="Transfer", columns=("vlaue",), reason="r"),
            "Transfer has no column vlaue: `value`, perhaps",
        ),
    ],
)
def test_an_entry_that_covers_nothing(entry: Unproved, said: str) -> None:
    """It is a note, with what it may have meant."""
    [note] = judge(seen(), policy(unproved=(entry,))).notes
    assert said in note


def test_a_mistyped_entry_beside_what_is_open() -> None:
    """The advice says what it may have meant."""
    looks = seen(content=content(rows(("1", 6, 6)), chains=(1,)))
    says = policy(unproved=(Unproved(entity="Transfers", reason="r"),), ground_truth=())
    [point] = [point for point in of(looks, says) if point.outcome is not Outcome.PASSED]
    assert "names Transfers, which the candidate has not: `Transfer`, perhaps" in point.advice


names = st.sampled_from(("Transfer", "Account", "Badge"))
chains = st.sets(st.sampled_from((1, 10, 42)), min_size=1)
columns = st.sets(st.sampled_from(("id", "value", "memo", "fee")), min_size=1)
numbers = st.integers(min_value=0, max_value=3)


@st.composite
def looks(draw: st.DrawFn) -> Observations:
    """Whatever belts and chains may show."""
    held = [
        holding(name, chained=draw(st.booleans()), columns=tuple(sorted(draw(columns))))
        for name in sorted(draw(st.sets(names)))
    ]
    found = [
        rows(
            *[(draw(st.sampled_from(("1", "10", "99", None))), draw(numbers), draw(numbers))],
            entity=name,
            columns=tuple(sorted(draw(columns))),
            chained=draw(st.booleans()),
            totals=Totals(different=draw(numbers), traced=draw(numbers)),
            uncut=tuple(
                Group(chain=str(chain), serving=draw(numbers), candidate=draw(numbers))
                for chain in sorted(draw(chains))
            ),
        )
        if draw(st.booleans())
        else EntityUnread(entity=name, why=unobserved())
        for name in sorted(draw(st.sets(names)))
    ]
    histories = [
        history(
            *[
                logs(tuple(sorted(draw(columns))), entity=name, logs=draw(numbers), rows=draw(numbers))
                for name in sorted(draw(st.sets(names)))
            ],
            chain=chain,
            height=draw(st.sampled_from((90, 89))),
        )
        for chain in sorted(draw(chains))
    ]
    seen_rows: Any = content(*found, chains=tuple(draw(chains))) if draw(st.booleans()) else unobserved()
    return seen(
        holdings=Holdings(chains=tuple(sorted(draw(chains))), entities=tuple(held)),
        content=seen_rows,
        history=History(chains=tuple(histories)) if draw(st.booleans()) else unobserved(),
        candidate_schema=builders.schema() if draw(st.booleans()) else unobserved(),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    entries = tuple(
        Unproved(
            entity=draw(names),
            columns=tuple(sorted(draw(st.sets(st.sampled_from(("id", "value")))))),
            chains=tuple(sorted(draw(st.sets(st.sampled_from((1, 10)))))),
            reason="nobody can",
        )
        for _ in range(draw(numbers))
    )
    promised = tuple(
        ground_truth(chain, entity=name) for name in sorted(draw(st.sets(names))) for chain in (1, 10, 42)
    )
    return policy(unproved=entries, ground_truth=promised)


@given(looks(), policies())
def test_every_cell_once(given_: Observations, says: Policy) -> None:
    """Each column of each entity on each chain is in exactly one group, whatever was seen."""
    assert isinstance(given_.holdings, Holdings)
    made = table(given_, says)
    cells = [
        (one.entity, chain, column) for one in made.cells for chain in one.chains for column in one.columns
    ]
    assert len(cells) == len(set(cells))
    by_entity: dict[str, set[str]] = {}
    for entity, chain, _ in cells:
        by_entity.setdefault(entity, set()).add(chain)
    for one in given_.holdings.entities:
        own = by_entity[one.entity]
        assert own == {ALL_CHAINS} or own >= set(made.chains)
        assert {cell[1:] for cell in cells if cell[0] == one.entity} == {
            (chain, column) for chain in own for column in one.columns
        }


@given(looks(), policies())
def test_no_open_cell_passes(given_: Observations, says: Policy) -> None:
    """Where one cell is neither and nobody accepts it, the claim does not pass."""
    cells: tuple[Cells, ...] = table(given_, says).cells
    judged = finding(given_, says)
    if any(one.open for one in cells) or not cells:
        assert judged.weight is not Outcome.PASSED
    for one in cells:
        if one.covered is NEITHER and one.accepted:
            assert any(point.accepted == one.accepted for point in judged.points)
        if one.covered is UNLIKE:
            assert judged.outcome is Outcome.FAILED


def test_unobserved_is_never_a_type_of_row() -> None:
    """A whole comparison that could not be made leaves each cell open, with its reason."""
    blind: Unobserved = unobserved("the database refused")
    [point] = of(seen(content=blind), policy(ground_truth=()))
    assert "no rows could be compared: the database refused" in point.observed


def test_rows_that_are_kept_where_nobody_can_look() -> None:
    """They are one group of cells, with the reason; the policy accepts them by the name they have there."""
    elsewhere = EntityHolding(
        entity="Swap in ClickHouse", columns=("id",), key=(), chained=False, unseen="nobody can look there"
    )
    looks = seen(holdings=holdings(holding(), elsewhere))
    [cell] = [one for one in table(looks, policy()).cells if one.entity == elsewhere.entity]
    assert (cell.covered, cell.why, cell.open) == (NEITHER, "nobody can look there", True)
    entry = Unproved(entity=elsewhere.entity, reason="no consumer reads it")
    [cell] = [one for one in table(looks, policy(unproved=(entry,))).cells if one.entity == elsewhere.entity]
    assert not cell.open
