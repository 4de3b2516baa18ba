"""`T_aggregate`: counts, sums, averages, extremes, and the rows beside them."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Any

from gate.probes.database.catalog import Kind
from gate.probes.served.constructs.case import BASE, Case, fields, order_of
from gate.probes.served.constructs.leaves import About, Amount, number_of
from gate.probes.served.constructs.ordering import first_of_each, text_of
from gate.probes.served.constructs.sample import Entry, Place, Sample, leaf
from gate.probes.served.constructs.subject import Subject

ADDED = frozenset({Kind.INTEGER, Kind.LONG, Kind.NUMBER, Kind.FLOAT})
COMPARED = ADDED | {Kind.TEXT, Kind.MOMENT}
UNADDED = frozenset({"money"})
"""Types that are returned as text with a currency."""
DIGITS = 400
EXACT, DOUBLE, SINGLE = Decimal(0), Decimal("1e-9"), Decimal("1e-5")
"""The relative error that a sum may have: servers add floats in any order."""

Chosen = Callable[[Sample], Sequence[Entry]]


def cases(subject: Subject) -> Iterator[Case]:
    """Aggregates over all rows, a page, distinct rows, and no rows."""
    offered = subject.offer.functions()
    if not subject.shape.aggregates or not offered or not subject.offer.takes("where", suffix="_aggregate"):
        return
    asked = _functions(subject)
    yield _totals(subject, "aggregates", lambda sample: sample.entries, asked)
    if subject.offer.takes("order_by", "limit", "offset", suffix="_aggregate"):
        few = max(1, len(subject.sample.entries) // 3)
        page = f", order_by: [{order_of(subject.key)}], limit: {2 * few}, offset: {few}"
        yield _totals(
            subject,
            "aggregates with limit and offset",
            lambda sample: sample.entries[few : 3 * few],
            asked,
            arguments=page,
        )
    nothing = "{_or: []}"
    if "_or" in subject.offer.conditions():
        yield _totals(
            subject, "aggregates of nothing", lambda _: (), asked, where=f"{{_and: [{BASE}, {nothing}]}}"
        )
    yield from _counted(subject)
    yield from _first_of_each(subject)
    if subject.offer.takes("order_by", suffix="_aggregate"):
        yield _nodes(subject)


def _functions(subject: Subject) -> dict[str, list[Place]]:
    """The functions to ask for, each with its columns."""
    offered, known = subject.offer.functions(), {place.name: place for place in subject.own}
    found = {}
    for name, kinds in (("sum", ADDED), ("avg", ADDED), ("max", COMPARED), ("min", COMPARED)):
        columns = [place for field, place in known.items() if field in offered.get(name, ())]
        columns = [place for place in columns if place.scalar.column.kind in kinds]
        found[name] = [
            place
            for place in columns
            if (place.name in subject.sample.ranked if name in {"max", "min"} else _adds(subject, place))
        ]
    return {name: columns for name, columns in found.items() if columns}


def _adds(subject: Subject, place: Place) -> bool:
    """True if all values are finite numbers."""
    values = [entry.row[place.scalar.field] for entry in subject.sample.entries]
    return place.scalar.column.type not in UNADDED and all(
        value is None or number_of(value) is not None for value in values
    )


def _totals(
    subject: Subject,
    construct: str,
    chosen: Chosen,
    asked: dict[str, list[Place]],
    *,
    where: str = BASE,
    arguments: str = "",
) -> Case:
    functions = (
        f"{name} {{ {fields([place.scalar for place in places])} }}" for name, places in asked.items()
    )
    inner = " ".join(("count", *functions))

    def of(entries: Sequence[Entry]) -> dict[str, Any]:
        found = {
            name: {place.scalar.field: VALUES[name](place, entries) for place in places}
            for name, places in asked.items()
        }
        return {"aggregate": {"count": len(entries), **found}}

    name = f"{subject.shape.name}_aggregate"
    return Case(
        construct=construct,
        field=f"{name}(where: {where}{arguments}) {{ aggregate {{ {inner} }} }}",
        answer=lambda sample: of(chosen(sample)),
        plainly=None if construct == "aggregates" else lambda sample: of(sample.entries),
    )


def _numbers(place: Place, entries: Sequence[Entry]) -> list[Decimal]:
    values = (number_of(entry.row[place.scalar.field]) for entry in entries)
    return [value for value in values if value is not None]


def _share(place: Place) -> Decimal:
    return {"float4": SINGLE, "float8": DOUBLE}.get(place.scalar.column.type, EXACT)


def _sum(place: Place, entries: Sequence[Entry]) -> Any:
    values = _numbers(place, entries)
    if not values:
        return None
    with localcontext(prec=DIGITS):
        total, share = sum(values, Decimal(0)), _share(place)
        return About(total, share * sum(map(abs, values), Decimal(0))) if share else Amount(total)


def _average(place: Place, entries: Sequence[Entry]) -> Any:
    values = _numbers(place, entries)
    if not values:
        return None
    with localcontext(prec=DIGITS):
        share = max(_share(place), DOUBLE) * sum(map(abs, values), Decimal(0)) / len(values)
        return About(sum(values, Decimal(0)) / len(values), share)


def _greatest(place: Place, entries: Sequence[Entry]) -> Any:
    return _end(place, entries, max)


def _least(place: Place, entries: Sequence[Entry]) -> Any:
    return _end(place, entries, min)


def _end(place: Place, entries: Sequence[Entry], end: Callable[..., Entry]) -> Any:
    """The greatest or least value, by rank and never by text."""
    held = [entry for entry in entries if entry.rank(place) is not None]
    if not held:
        return None
    value = end(held, key=lambda entry: entry.rank(place) or 0).row[place.scalar.field]
    number = number_of(value) if place.scalar.column.kind in ADDED else None
    return leaf(place.scalar, value) if number is None else Amount(number)


VALUES = {"sum": _sum, "avg": _average, "max": _greatest, "min": _least}


def _counted(subject: Subject) -> Iterator[Case]:
    """Counts of non-NULL and of distinct values."""
    offered = subject.offer.counted()
    own = [place for place in subject.own if place.name in offered and place.name in subject.sample.ranked]
    sample = subject.sample
    own = sorted(subject.mixed(own), key=lambda place: (not sample.empty(place), len(_ranks(sample, place))))
    for place in own[:2]:
        for distinct in (False, True):
            yield _count(subject, place, distinct=distinct)


def _ranks(sample: Sample, place: Place) -> set[int | None]:
    return {entry.rank(place) for entry in sample.entries}


def _count(subject: Subject, place: Place, *, distinct: bool) -> Case:
    def answer(sample: Sample) -> dict[str, Any]:
        ranks = [entry.rank(place) for entry in sample.entries]
        held = [rank for rank in ranks if rank is not None]
        return {"aggregate": {"count": len(set(held)) if distinct else len(held)}}

    asked = f"count(columns: [{place.scalar.field}], distinct: {str(distinct).lower()})"
    return Case(
        construct="count of different values" if distinct else "count of values",
        field=f"{subject.shape.name}_aggregate(where: {BASE}) {{ aggregate {{ {asked} }} }}",
        answer=answer,
        plainly=lambda sample: {"aggregate": {"count": len(sample.entries)}},
    )


def _first_of_each(subject: Subject) -> Iterator[Case]:
    """Counts of distinct values by `distinct_on`."""
    if not subject.offer.takes("distinct_on", "order_by", suffix="_aggregate"):
        return
    own = [
        place
        for place in subject.own
        if place.name in subject.offer.distinct() & subject.sample.ranked.keys()
    ]
    own = [place for place in own if "asc" in subject.offer.orders(*place.path)]
    for place in sorted(own, key=lambda place: len(_ranks(subject.sample, place)))[:1]:
        order = [(place, "asc")]
        yield _totals(
            subject,
            "aggregates with distinct_on",
            lambda sample, order=order: first_of_each(sample, order, turned=False),  # type: ignore[misc]
            {},
            arguments=f", distinct_on: [{place.scalar.field}], order_by: [{text_of(subject, order)}]",
        )


def _nodes(subject: Subject) -> Case:
    """The rows that the aggregates are computed over."""
    order = order_of(subject.key, "desc")
    name, key = subject.shape.name, subject.shape.key

    def answer(sample: Sample) -> dict[str, Any]:
        rows = [*reversed(sample.entries)]
        return {"aggregate": {"count": len(rows)}, "nodes": sample.keys(rows)}

    return Case(
        construct="aggregates with nodes",
        field=(
            f"{name}_aggregate(where: {BASE}, order_by: [{order}])"
            f" {{ aggregate {{ count }} nodes {{ {fields(key)} }} }}"
        ),
        answer=answer,
        plainly=lambda sample: {
            "aggregate": {"count": len(sample.entries)},
            "nodes": sample.keys(sample.entries),
        },
    )
