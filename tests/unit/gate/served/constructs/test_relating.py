"""What is asked about rows that a relationship to many leads to."""

import random
from dataclasses import replace
from typing import Any

import pytest
from graphql import parse, validate

from gate.probes.served.constructs.case import Case
from gate.probes.served.constructs.leaves import Numbered, fits
from gate.probes.served.constructs.offer import Offer
from gate.probes.served.constructs.plan import places_of
from gate.probes.served.constructs.relating import cases
from gate.probes.served.constructs.subject import Subject
from tests.unit.gate.served.constructs.build import sample, schema, shape

REACHED = {"o1": "abc", "o2": "d", "o3": "", "o4": "ef"}


def owners() -> Subject:
    """Four owners, of whom the items are known."""
    of, draw = shape("Owner"), random.Random(1)
    held = [{"id": owner, "name": f"of {owner}"} for owner in REACHED]
    found = sample(of, held, places_of(of, draw))
    entries = tuple(
        replace(entry, reached={"items": [{"id": item} for item in REACHED[entry.row["id"]]]})
        for entry in found.entries
    )
    return Subject(
        sample=replace(found, entries=entries), offer=Offer(schema=schema(), name="Owner"), draw=draw
    )


@pytest.mark.parametrize(("operator", "expected"), [("_gte", ["o1", "o4"]), ("_lt", ["o2", "o3"])])
def test_a_number_of_rows(operator: str, expected: list[str]) -> None:
    """It is of those that are known, so that others may come meanwhile; none is a number, too."""
    of = owners()
    [case] = [one for one in cases(of) if f"predicate: {{{operator}: 2}}" in one.field]
    assert case.construct == "where by a number of rows behind a relationship"
    assert case.answer(of.sample) == [{"id": owner} for owner in expected]
    assert 'items_aggregate: {count: {filter: {_or: [{id: {_eq: "a"}}' in case.field
    assert not of.blunt(case)
    assert validate(schema(), parse(f"{{ {case.field.replace(chr(0) + 'base', '{}')} }}")) == []


def by_number(of: Subject) -> Case:
    [case] = [one for one in cases(of) if one.construct == "order_by a number of rows behind a relationship"]
    return case


def numbered(**numbers: int) -> list[dict[str, Any]]:
    return [
        {"id": owner, "items_aggregate": {"aggregate": {"count": number}}}
        for owner, number in numbers.items()
    ]


def test_an_order_by_a_number_of_rows() -> None:
    """It is of all that are there, which may be more than are known; rows that are alike go by their key."""
    of = owners()
    case = by_number(of)
    expected = case.answer(of.sample)
    down = "desc" in case.field
    most, alike, least = numbered(o1=7), numbered(o2=3, o4=3), numbered(o3=0)
    assert fits(expected, [*most, *alike, *least] if down else [*least, *alike, *most])
    assert not fits(expected, [*most, *alike[::-1], *least] if down else [*least, *alike[::-1], *most])
    assert not of.blunt(case)
    assert validate(schema(), parse(f"{{ {case.field.replace(chr(0) + 'base', '{}')} }}")) == []


@pytest.mark.parametrize(
    "given",
    [
        numbered(o1=3, o2=1, o3=0),
        numbered(o1=3, o2=1, o3=0, o4=2),
        numbered(o1=3, o4=2, o2=1, o5=0),
        numbered(o1=3, o4=2, o2=0, o3=0),
        [*numbered(o1=3, o4=2, o2=1), *numbered(o2=1)],
        [{"id": "o1"}, {"id": "o4"}, {"id": "o2"}, {"id": "o3"}],
        [None] * 4,
        {},
        None,
    ],
    ids=[
        "one short",
        "by the key",
        "another row",
        "less than known",
        "a row twice",
        "none",
        "null",
        "no list",
        "nothing",
    ],
)
def test_no_such_order(given: Any) -> None:
    """Rows that are away, twice or others, and numbers that are less than is known or in another order."""
    rows = tuple(({"id": owner}, len(items)) for owner, items in REACHED.items())
    path = ("items_aggregate", "aggregate", "count")
    assert fits(Numbered(rows, path, down=True), numbered(o1=3, o4=2, o2=1, o3=0))
    assert not fits(Numbered(rows, path, down=True), given)
    assert not fits(Numbered(rows, path, down=False), given)
