"""Whether a candidate still holds what it was certified with."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.alias.confirm.contradictions import _since
from gate.alias.confirm.seen import Seen, failed, passed, untold, worst
from gate.alias.confirm.unchanged import Known, known, touched, unchanged
from gate.alias.move.writer import demand_unchanged
from gate.alias.unmoved import Unmoved
from gate.observations.rows import Basis, EntityAbsent, EntityUnread
from gate.observations.state import EntityHeld, EntityState, GroupHeld, Held, Place
from gate.observations.unobserved import Cause, Unobserved
from gate.outcome import Outcome
from gate.probes.database.marks import Mark
from gate.probes.database.sound.since import Since
from gate.probes.database.transactions import Older

NOT_SEEN = Unobserved(reason="the deadline", cause=Cause.DEADLINE)


def group(then: int = 10, now: int = 10, *, alike: bool | None = True, chain: str | None = "1") -> GroupHeld:
    return GroupHeld(chain=chain, then=then, now=now, alike=alike)


def entity(*groups: GroupHeld, **changes: Any) -> EntityHeld:
    fields = {"basis": Basis.AT_BLOCK} | changes
    return EntityHeld(entity="Transfer", groups=groups or (group(),), **fields)


@pytest.mark.parametrize(
    ("held", "outcome", "said"),
    [
        (entity(), Outcome.PASSED, "10 rows as certified"),
        (entity(group(10, 9, alike=False)), Outcome.FAILED, "10 rows on chain 1 were certified, 9 are there"),
        (entity(group(), group(2, 3, alike=False, chain="10")), Outcome.FAILED, "2 rows on chain 10"),
        (entity(group(alike=False)), Outcome.FAILED, "do not hold what was certified"),
        (entity(group(0, 3, alike=False)), Outcome.FAILED, "0 rows on chain 1 were certified, 3"),
        (entity(absent_columns=("value",)), Outcome.FAILED, "has lost value"),
        (EntityAbsent(entity="Transfer"), Outcome.FAILED, "Transfer is gone"),
        (EntityUnread(entity="Transfer", why=NOT_SEEN), Outcome.COULD_NOT_TELL, "the deadline"),
        (
            entity(group(alike=False), doubt="several chains"),
            Outcome.PASSED,
            "no row has gone (several chains)",
        ),
        (entity(group(10, 12, alike=None), later="no history"), Outcome.PASSED, "no row has gone"),
        (entity(group(10, 8, alike=None), later="no history"), Outcome.COULD_NOT_TELL, "2 rows fewer"),
        (entity(group(10, 8, alike=None)), Outcome.COULD_NOT_TELL, "2 rows fewer"),
        (entity(group(alike=None)), Outcome.PASSED, "not settled by a height"),
    ],
)
def test_one_entity(held: Any, outcome: Outcome, said: str) -> None:
    """Each kind of difference, and of what cannot be seen."""
    told = unchanged(Held(entities=(held,)))
    assert told.outcome is outcome
    assert said in str(told)


def test_rows_that_were_only_counted() -> None:
    """Rows whose state no height settles are there, and are not called as certified."""
    doubtful = replace(
        entity(group(30, 30, alike=None), group(2, 2)), entity="Account", doubt="several chains"
    )
    told = unchanged(Held(entities=(entity(group(10, 10), group(3, 3, chain="10")), doubtful)))
    assert told.outcome is Outcome.PASSED
    assert told.words[0] == "2 entities, 13 rows as certified, 32 rows seen to be there and not compared"
    assert "not compared" not in str(unchanged(Held(entities=(entity(),))))


@pytest.mark.parametrize(
    ("told", "advice"),
    [
        (unchanged(NOT_SEEN), "raise `deadline` in the policy"),
        (unchanged(Unobserved(reason="no", cause=Cause.DENIED)), "see why nobody could look"),
        (unchanged(Held(entities=(entity(group(10, 8, alike=None)),))), "find out what took them away"),
        (untold("nobody says where the alias is"), "see why nobody could look"),
        (
            worst((untold("u", advice="do this"), passed(), untold("v", advice="and that"))),
            "do this; and that",
        ),
        (unchanged(Held(entities=(entity(group(alike=False)),))), "find out what changed it"),
    ],
)
def test_advice_fits_what_was_seen(told: Seen, advice: str) -> None:
    """More time is asked for only where time ran out."""
    with pytest.raises(Unmoved) as raised:
        demand_unchanged("green", told)
    assert advice in raised.value.now
    assert ("deadline" in raised.value.now) is ("deadline" in advice)


def test_the_worst_of_all() -> None:
    """One entity that differs outweighs what could not be seen, and what is as it was."""
    unread = EntityUnread(entity="Other", why=NOT_SEEN)
    told = unchanged(Held(entities=(entity(), unread, entity(group(alike=False)))))
    assert told.outcome is Outcome.FAILED
    assert "Other" not in str(told)


def test_what_was_not_read_at_all() -> None:
    """Nothing seen is no pass."""
    assert unchanged(NOT_SEEN).outcome is Outcome.COULD_NOT_TELL
    assert worst(()).outcome is Outcome.COULD_NOT_TELL


TELLINGS = st.lists(st.sampled_from([passed("p"), untold("u"), failed("f")]), min_size=1)


@given(TELLINGS)
def test_nothing_softens_a_telling(tellings: list[Seen]) -> None:
    """Whatever stands beside it, the worst stands, with its own words."""
    told = worst(tellings)
    assert told.outcome is max(each.outcome for each in tellings)
    assert set(told.words) == {
        word for each in tellings if each.outcome is told.outcome for word in each.words
    }


def state(name: str) -> EntityState:
    return EntityState(
        entity=name,
        basis=Basis.AT_BLOCK,
        place=Place(),
        key=("id",),
        columns={},
        heights={1: 5},
        until=None,
        groups=(),
    )


MARK = Mark(oid=1, file=2, deleted=3, updated=4, columns="c")


@pytest.mark.parametrize("field", ["oid", "file", "deleted", "updated", "columns"])
def test_a_table_that_was_touched(field: str) -> None:
    """Another table, a truncated one, deleted and updated rows: each has to be read again."""
    changed: dict[str, Any] = {field: "other" if field == "columns" else 9}
    other = replace(MARK, **changed)
    entities = (state("Transfer"), state("Account"))
    found = touched(entities, {"Transfer": MARK, "Account": MARK}, {"Transfer": other, "Account": MARK})
    assert [each.entity for each in found] == ["Transfer"]


def test_a_table_that_has_only_grown() -> None:
    """How many older rows it has, and whether there are others, is nothing that was touched."""
    then = replace(MARK, older=Older(since=7, rows=9, every=True, server="s"))
    now = replace(MARK, older=Older(since=7, rows=9, every=False, server="s"))
    assert not touched((state("Transfer"),), {"Transfer": then}, {"Transfer": now})


@pytest.mark.parametrize(
    ("held", "every", "there"),
    [
        (entity(basis=Basis.BY_STATE), True, True),
        (entity(), True, False),
        (entity(replace(group(alike=None), past=3), basis=Basis.BY_STATE), False, True),
        (entity(group(), group(alike=None, chain="10"), basis=Basis.BY_STATE), False, False),
        (entity(group(alike=False), basis=Basis.BY_STATE), False, False),
        (entity(basis=Basis.BY_STATE, later="no history"), False, False),
        (entity(basis=Basis.BY_STATE, doubt="several chains"), False, False),
        (entity(basis=Basis.BY_STATE, absent_columns=("value",)), False, False),
        (EntityAbsent(entity="Transfer"), False, False),
        (EntityUnread(entity="Transfer", why=NOT_SEEN), False, False),
    ],
)
def test_what_is_known_of_rows(held: Any, every: bool, there: bool) -> None:
    """Each is what it was, or at least there by its key; of what a column places, only the former."""
    certified = replace(state("Transfer"), basis=getattr(held, "basis", Basis.BY_STATE))
    seen = known(Held(entities=(held,)), (certified,))
    assert (seen.every, "Transfer" in seen.heights) == (every, there)


def test_nothing_is_known_of_what_was_not_seen() -> None:
    """Neither of rows that nobody could read, nor of an entity that was left out."""
    assert known(NOT_SEEN, (state("Transfer"),)) == Known(every=False)
    assert not known(Held(entities=()), (replace(state("Transfer"), basis=Basis.BY_STATE),)).heights


COUNTED = Older(since=7, rows=9, every=True, server="s")


@pytest.mark.parametrize(
    ("change", "heights"),
    [
        ({}, None),
        ({"older": replace(COUNTED, rows=8)}, {1: 5}),
        ({"older": None}, {1: 5}),
        ({"older": replace(COUNTED, server="t")}, {1: 5}),
        ({"oid": 9}, "all"),
        ({"file": 9}, "all"),
        ({"columns": "other"}, "all"),
    ],
    ids=["as written", "changed", "not counted", "server", "table", "file", "columns"],
)
def test_of_which_entities_what_is_new_is_enough(change: dict[str, Any], heights: Any) -> None:
    """Of those that only grew, whatever block made a row; of others up to heights; never of another table."""
    then = replace(MARK, older=COUNTED)
    marks = {"raw_events": then, "Transfer": then}
    now = {"raw_events": then, "Transfer": replace(then, **change)}
    found = _since(marks, now, Known(every=True, heights={"Transfer": {1: 5}}), {1: 8})
    if heights == "all":
        assert "Transfer" not in found
    else:
        assert found["Transfer"] == Since(transaction=7, heights=heights, reached={1: 8})


def test_a_table_without_a_mark() -> None:
    """What was not marked then, or is not there now, has to be read again."""
    assert touched((state("Transfer"),), {}, {"Transfer": MARK})
    assert touched((state("Transfer"),), {"Transfer": MARK}, {})
