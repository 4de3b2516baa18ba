"""What the rows say that a question is answered with, where SQL is not as one would think."""

from decimal import Decimal
from typing import Any

import pytest

from gate.probes.served.constructs.case import Case
from gate.probes.served.constructs.comparing import compared
from gate.probes.served.constructs.conditions import all_of, any_of, is_null, leads, none_of
from gate.probes.served.constructs.leaves import About, Amount, InAnyOrder, Moment, fits
from gate.probes.served.constructs.matching import like
from gate.probes.served.constructs.ordering import DIRECTIONS, first_of_each, ordered
from gate.probes.served.constructs.sample import Entry, MovedError, Place
from gate.probes.served.constructs.subject import Subject
from gate.probes.served.constructs.totals import cases as totals
from tests.unit.gate.served.constructs.build import rows, sample, subject

HUGE = "123456789012345678901234567890123456789.5"
TWICE = "246913578024691357802469135780246913579"


def place(of: Subject, name: str) -> Place:
    return next(one for one in of.sample.places if one.name == name)


def keys(entries: list[Entry]) -> str:
    return "".join(str(entry.row["id"]) for entry in entries)


@pytest.mark.parametrize(
    ("name", "direction", "expected"),
    [
        ("value", "asc", "dabecf"),
        ("value", "desc", "fcbead"),
        ("value", "asc_nulls_first", "fdabec"),
        ("value", "desc_nulls_last", "cbeadf"),
        ("note", "asc", "acedfb"),
        ("note", "desc", "bfdeca"),
        ("owner.id", "desc", "debfac"),
        ("owner.id", "asc_nulls_first", "deacbf"),
        ("open", "asc", "beacfd"),
    ],
)
def test_orders(name: str, direction: str, expected: str) -> None:
    """NULL is put where its direction says, and by itself as if it were the greatest value."""
    of = subject()
    assert keys(ordered(of.sample, [(place(of, name), direction)])) == expected


def test_every_direction_of_nulls() -> None:
    """Turned, what is alike comes from the last key on."""
    of = subject()
    for direction, (down, first) in DIRECTIONS.items():
        found = keys(ordered(of.sample, [(place(of, "chain"), direction)], turned=True))
        assert found == ("fdceba" if down else "ebafdc"), direction
        assert keys(ordered(of.sample, [(place(of, "value"), direction)])).index("f") == (0 if first else 5)


def test_the_first_of_each() -> None:
    """Of those that are alike the first in the order; those without a value are alike."""
    of = subject(rows(note=("x", None, "x", None, "y", "y")))
    note = place(of, "note")
    assert keys(first_of_each(of.sample, [(note, "asc")], turned=True)) == "cfd"
    assert keys(first_of_each(of.sample, [(note, "desc")], turned=False)) == "bea"


def met(of: Subject, name: str, operator: str, value: str) -> Any:
    found = compared(of, place(of, name), operator)
    return next(one for one in found if f'{operator}: "{value}"' in one.text)


def test_what_is_unknown() -> None:
    """NULL is neither equal nor unequal, nor is its contrary; behind a relationship nothing is there."""
    of = subject()
    ten, none, some = met(of, "value", "_eq", "10"), any_of([]), all_of([])
    assert keys(ten.met(of.sample)) == "be"
    assert keys(none_of(ten).met(of.sample)) == "acd"
    assert keys(any_of([none_of(ten), is_null(place(of, "value"), null=True)]).met(of.sample)) == "acdf"
    assert keys(all_of([none_of(ten), none]).met(of.sample)) == ""
    assert keys(none_of(none).met(of.sample)) == keys(some.met(of.sample)) == "abcdef"
    owner = met(of, "owner.id", "_neq", "o1")
    assert keys(owner.met(of.sample)) == "bf"
    assert keys(none_of(owner).met(of.sample)) == "acde"
    assert keys(is_null(place(of, "owner.id"), null=True).met(of.sample)) == ""
    [way] = [way for way in of.shape.ways if not way.many]
    assert keys(none_of(leads(way)).met(of.sample)) == "de"


def test_numbers_are_no_texts() -> None:
    """9 is below 10, and a great number keeps all digits in a sum."""
    of = subject()
    assert keys(met(of, "value", "_gt", "9").met(of.sample)) == "bce"
    [every] = [case for case in totals(of) if case.construct == "aggregates"]
    found = every.answer(of.sample)["aggregate"]
    assert found["max"]["value"] == Amount(Decimal("100.50"))
    assert found["min"]["value"] == Amount(Decimal(-3))
    assert found["sum"]["value"] == Amount(Decimal("126.50"))
    assert found["avg"]["value"].value == Decimal("25.3")
    assert found["max"]["note"] == "x_y"
    assert found["max"]["at"] == Moment("2026-01-05T00:00:00+00:00")
    great = subject(rows(value=(HUGE, HUGE, "1", "-1", None, None)))
    [every] = [case for case in totals(great) if case.construct == "aggregates"]
    assert every.answer(great.sample)["aggregate"]["sum"]["value"].value == Decimal(TWICE)


def test_what_is_not_added() -> None:
    """NaN has no sum that all servers write alike: it is not asked for, and greater than any number."""
    of = subject(rows(value=("NaN", "1", "2", None, None, "3")))
    [every] = [case for case in totals(of) if case.construct == "aggregates"]
    assert "sum { big chain score }" in every.field
    assert fits(every.answer(of.sample)["aggregate"]["max"]["value"], "9") is False


def test_nothing() -> None:
    """Of no rows there is no sum, and none is counted."""
    of = subject()
    [nothing] = [case for case in totals(of) if case.construct == "aggregates of nothing"]
    found = nothing.answer(of.sample)["aggregate"]
    assert found["count"] == 0
    assert {value for name in ("sum", "avg", "max", "min") for value in found[name].values()} == {None}


def test_rows_that_moved() -> None:
    """A question that was made of a value that is gone has no answer any more; others have theirs."""
    of = subject()
    ten = met(of, "value", "_eq", "9")
    now = sample(of.shape, rows(value=("8", "10", "100.50", "-3", "10", None)), of.sample.places)
    with pytest.raises(MovedError):
        ten.met(now)
    assert keys(ordered(now, [(place(of, "value"), "asc")])) == "dabecf"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a%", "a", True),
        ("a%", "ba", False),
        ("a_", "a", False),
        ("a\\%%", "a%b", True),
        ("a\\%%", "axb", False),
        ("a_c", "a\nc", True),
        ("a\\\\%", "a\\b", True),
        ("%.%", "ab", False),
    ],
)
def test_like(pattern: str, text: str, matches: bool) -> None:
    """As LIKE has it: all of the text, and what is escaped is meant."""
    import re  # noqa: PLC0415 - of this case alone

    assert bool(re.fullmatch(like(pattern), text, re.DOTALL)) is matches


@pytest.mark.parametrize(
    ("expected", "given", "fit"),
    [
        (Amount(Decimal(10)), "10.0", True),
        (Amount(Decimal(10)), 10, True),
        (Amount(Decimal(10)), "9", False),
        (Amount(Decimal(1)), True, False),
        (Amount(Decimal(10)), None, False),
        (Amount(Decimal(10)), "ten", False),
        (About(Decimal(3), Decimal("0.1")), 3.05, True),
        (About(Decimal(3), Decimal("0.1")), "3.2", False),
        (Moment("2026-01-01T00:00:00+00:00"), "2026-01-01T00:00:00Z", True),
        (Moment("2026-01-01T00:00:00+00:00"), "2026-01-01T00:00:01Z", False),
        (InAnyOrder(({"a": 1}, {"a": 2})), [{"a": 2}, {"a": 1}], True),
        (InAnyOrder(({"a": 1}, {"a": 2})), [{"a": 2}, {"a": 2}], False),
        ([{"a": None}], [{"a": ""}], False),
        ([{"a": None}], [{}], False),
        ([{"a": 1}], [{"a": 1, "b": 2}], False),
        ([], None, False),
        (None, None, True),
        ("1", 1, False),
        ("0xAB", "0xab", False),
    ],
)
def test_what_fits(expected: Any, given: Any, fit: bool) -> None:
    """Strictly, but for what several texts are one of."""
    assert fits(expected, given) is fit


def test_a_case_beside_others() -> None:
    """Its variables and fragments get names of its own, and nothing else of its text."""
    one = Case(
        construct="x",
        field='T(where: \0base, a: $limit, b: "$limits Outer") { ...Outer }',
        answer=lambda _: None,
        fragments=("fragment Outer on T { id }",),
    )
    assert one.numbered(7, "$rows3").field.startswith("T(where: $rows3, a: $limit,")
    assert one.numbered(7, "$rows3").fragments == ("fragment Outer7 on T { id }",)
