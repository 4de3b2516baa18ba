"""Rows as the logs make them, and past ones as a history tells them: what differs is found."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.runtimes.process.verify.expected_rows import COLUMNS, Row, Truth, unlike
from belts.runtimes.process.verify.held_rows import BEFORE_ALL, Held
from belts.runtimes.process.verify.local_chain import Moved

WHO = st.sampled_from(["0xa", "0xb", "0xc"])
MOVES = st.lists(st.tuples(st.integers(1, 12), WHO, WHO, st.integers(0, 9)), max_size=25)


def moved(told: Sequence[tuple[int, str, str, int]]) -> list[Moved]:
    return [
        Moved(block=block, log=log, giver=giver, taker=taker, value=value)
        for log, (block, giver, taker, value) in enumerate(sorted(told, key=lambda each: each[0]))
    ]


def truth(moves: list[Moved], to: int) -> dict[str, dict[str, Row]]:
    return Truth(chain=1).add(each for each in moves if each.block <= to).rows


def test_what_a_log_makes() -> None:
    rows = truth(moved([(3, "0xa", "0xb", 5), (4, "0xb", "0xa", 2)]), 4)
    assert rows["Transfer"]["1-4-1"] == ("1-4-1", "1-0xb", "0xa", "EVEN", 2, 4)
    assert rows["Account"] == {"1-0xa": ("1-0xa", -3, 2), "1-0xb": ("1-0xb", 3, 2)}
    assert rows["Holder"] == {"1-0xa": ("1-0xa", 4)}


@given(told=MOVES, kept_from=st.integers(1, 12))
def test_a_history_tells_every_height_that_it_reaches_back_to(
    told: list[tuple[int, str, str, int]], kept_from: int
) -> None:
    """Kept as an indexer keeps it: what was before the first change, then each state and each deletion."""
    moves = moved(told)
    past: dict[str, dict[str, list[tuple[int, Row | None]]]] = {name: {} for name in COLUMNS}
    for block in range(kept_from, 13):
        before, after = truth(moves, block - 1), truth(moves, block)
        for entity in COLUMNS:
            for key in before[entity].keys() | after[entity].keys():
                was, now = before[entity].get(key), after[entity].get(key)
                if was != now:
                    kept = past[entity].setdefault(key, [(BEFORE_ALL, was)] if was else [])
                    kept.append((block, now))
    held = Held(
        height=12,
        rows=truth(moves, 12),
        past={entity: {key: tuple(each) for key, each in rows.items()} for entity, rows in past.items()},
    )
    for height in range(kept_from, 13):
        assert not unlike(held.at(height), truth(moves, height))


@given(told=MOVES.filter(bool), data=st.data())
def test_what_differs_is_found(told: list[tuple[int, str, str, int]], data: st.DataObject) -> None:
    """One row lost, one too many, one changed: in any entity."""
    moves = moved(told)
    wanted = truth(moves, 12)
    entity = data.draw(st.sampled_from([name for name in COLUMNS if wanted[name]]))
    key = data.draw(st.sampled_from(sorted(wanted[entity])))
    for change, word in (("lost", "1 lost"), ("more", "1 too many"), ("other", "1 other")):
        held = {name: dict(rows) for name, rows in wanted.items()}
        row = held[entity].pop(key)
        held[entity] |= {"more": {key: row, f"{key}-2": row}, "other": {key: (*row[:-1], -1)}}.get(change, {})
        assert f"{entity}: {word}" in unlike(held, wanted)
    assert not unlike(wanted, wanted)


def test_an_entity_that_is_not_there() -> None:
    wanted = truth(moved([(3, "0xa", "0xb", 5)]), 4)
    assert unlike({}, wanted).startswith("Transfer: 1 lost, such as 1-3-0; Account: 2 lost")


@pytest.mark.parametrize(
    ("past", "back"), [({}, None), ({"Holder": {"a": ((BEFORE_ALL, None), (7, None))}}, 7)]
)
def test_how_far_back_it_reaches(
    past: dict[str, dict[str, tuple[tuple[int, None], ...]]], back: int | None
) -> None:
    assert Held(height=9, rows={}, past=past).reaches_back_to == back
