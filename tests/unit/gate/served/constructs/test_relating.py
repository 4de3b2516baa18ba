"""What is asked about rows that a relationship to many leads to."""

import random
from dataclasses import replace

import pytest
from graphql import parse, validate

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
