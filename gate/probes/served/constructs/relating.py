"""Filters by related rows, and lists, pages and counts behind relationships."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import get_named_type, is_object_type

from gate.probes.served.constructs.case import BASE, Case, fields, literal, order_of
from gate.probes.served.constructs.comparing import COMPARED
from gate.probes.served.constructs.conditions import Condition, Holds, leads, none_of
from gate.probes.served.constructs.leaves import Numbered
from gate.probes.served.constructs.sample import Entry, Sample
from gate.probes.served.constructs.subject import Subject
from gate.probes.served.shape import Scalar, Way

Found = Mapping[str, Any]


def cases(subject: Subject) -> Iterator[Case]:
    """Whether a relationship leads to a row; its columns are tested like the row's own."""
    for way in subject.shape.ways:
        if not way.many and way.field in subject.offer.conditions():
            yield subject.filtered("a relationship that leads to a row", leads(way))
            yield subject.filtered("a relationship that leads nowhere", none_of(leads(way)))
    for way in subject.shape.ways:
        if way.many:
            yield from _ordered(subject, way)
        if way.many and any(way.field in entry.reached for entry in subject.sample.entries):
            yield from _many(subject, way)


def _known(sample: Sample, way: Way) -> list[Found]:
    """The distinct rows that a relationship leads to, in their order as far as known."""
    found = {_name(one): one for entry in sample.entries for one in entry.reached.get(way.field, ())}
    return list(found.values())


def _name(row: Found) -> str:
    return repr(sorted(row.items()))


def _many(subject: Subject, way: Way) -> Iterator[Case]:
    known = _known(subject.sample, way)
    among = _among(subject, way, known)
    if among is None:
        return
    if way.field in subject.offer.conditions():
        one = known[subject.draw.randrange(len(known))]
        of = _among(subject, way, [one])
        if of is not None:
            condition = Condition(text=f"{{{way.field}: {of}}}", holds=_reaches(way, one))
            yield subject.filtered("where through a relationship to many", condition)
            yield subject.filtered("not where through a relationship to many", none_of(condition))
    yield from _numbered(subject, way, among)
    yield from _lists(subject, way, among)
    yield from _counts(subject, way, among)


def _numbered(subject: Subject, way: Way, among: str) -> Iterator[Case]:
    """Filters by the number of known rows behind a relationship; there may be others."""
    path = (f"{way.field}_aggregate", "count")
    if "filter" not in subject.offer.conditions(*path):
        return
    numbers = sorted({_number(way, entry) for entry in subject.sample.entries} - {0})
    for name in ("_gte", "_lt"):
        if numbers and name in subject.offer.conditions(*path, "predicate"):
            number = numbers[len(numbers) // 2]
            inner = f"{{count: {{filter: {among}, predicate: {{{name}: {number}}}}}}}"
            condition = Condition(text=f"{{{path[0]}: {inner}}}", holds=_holds(way, name, number))
            yield subject.filtered("where by a number of rows behind a relationship", condition)


def _ordered(subject: Subject, way: Way) -> Iterator[Case]:
    """Orders by the number of all rows behind a relationship, which is requested with each row.

    Uses a direction in which the known numbers are not already in key order.
    """
    path = (f"{way.field}_aggregate", "aggregate", "count")
    field, directions = subject.offer.field(path[0]), subject.offer.orders(path[0], "count")
    if field is None or not {"asc", "desc"} <= directions:
        return

    def asked(direction: str) -> Case:
        def answer(sample: Sample) -> Numbered:
            rows = tuple((sample.key(entry), _number(way, entry)) for entry in sample.entries)
            return Numbered(rows, path, down=direction == "desc")

        def plainly(sample: Sample) -> list[dict[str, Any]]:
            expected = answer(sample)
            return [{**row, **expected.within(least)} for row, least in expected.rows]

        order = f"{{{path[0]}: {{count: {direction}}}}}, {order_of(subject.key)}"
        inner = f"{fields(subject.shape.key)} {path[0]} {{ aggregate {{ count }} }}"
        return Case(
            construct="order_by a number of rows behind a relationship",
            field=f"{subject.shape.name}(where: {BASE}, order_by: [{order}]) {{ {inner} }}",
            answer=answer,
            plainly=plainly,
        )

    case = subject.telling(map(asked, subject.mixed(("asc", "desc"))))
    if case is not None:
        yield case


def _number(way: Way, entry: Entry) -> int:
    return len(entry.reached.get(way.field, ()))


def _holds(way: Way, name: str, number: int) -> Holds:
    return lambda _, entry: bool(COMPARED[name](_number(way, entry), number))


def _reaches(way: Way, one: Found) -> Holds:
    def holds(_: Sample, entry: Entry) -> bool:
        return _name(one) in map(_name, entry.reached.get(way.field, ()))

    return holds


def _among(subject: Subject, way: Way, rows: Sequence[Found]) -> str | None:
    """A condition that only these rows meet."""
    said = [_same(subject, way, row) for row in rows]
    return None if None in said or not said else f"{{_or: [{', '.join(filter(None, said))}]}}"


def _same(subject: Subject, way: Way, row: Found) -> str | None:
    parts = []
    for scalar in way.key:
        kind = subject.offer.conditions(way.field, scalar.field).get("_eq")
        text = None if kind is None else literal(kind, str(row[scalar.field]))
        if text is None:
            return None
        parts.append(f"{scalar.field}: {{_eq: {text}}}")
    return f"{{{', '.join(parts)}}}"


def _lists(subject: Subject, way: Way, among: str) -> Iterator[Case]:
    """A list, a page of it, and both under aliases."""
    field = subject.offer.field(way.field)
    if field is None or not field.args.keys() >= {"where", "order_by", "limit", "offset"}:
        return
    main = [scalar for scalar in way.key if scalar.column.name == "id"] or list(way.key[:1])
    key: tuple[Scalar, ...] = (*main, *(one for one in way.key if one not in main))
    asked = {
        "a list behind a relationship": (f"order_by: [{order_of(key)}]", slice(None)),
        "a list behind a relationship, the other way round": (
            f"order_by: [{order_of(key, 'desc')}]",
            slice(None, None, -1),
        ),
        "offset behind a relationship": (f"order_by: [{order_of(key)}], offset: 1", slice(1, None)),
        "limit behind a relationship": (f"order_by: [{order_of(key)}], limit: 1", slice(1)),
    }
    for construct, (arguments, part) in asked.items():
        yield _nested(
            subject, construct, {way.field: (f"{way.field}(where: {among}, {arguments})", part)}, way
        )
    (first, whole), (second, turned) = list(asked.values())[:2]
    yield _nested(
        subject,
        "one relationship under two names",
        {
            "one": (f"one: {way.field}(where: {among}, {first})", whole),
            "other": (f"other: {way.field}(where: {among}, {second}, limit: 1)", turned),
        },
        way,
        cut={"other": 1},
    )


def _nested(
    subject: Subject,
    construct: str,
    lists: Mapping[str, tuple[str, slice]],
    way: Way,
    cut: Mapping[str, int] | None = None,
) -> Case:
    inner = " ".join(f"{text} {{ {fields(way.key)} }}" for text, _ in lists.values())

    def row(entry: Entry, sample: Sample, *, heeded: bool) -> dict[str, Any]:
        every = list(entry.reached.get(way.field, ()))
        found = {
            name: (every[part][: (cut or {}).get(name)] if heeded else every)
            for name, (_, part) in lists.items()
        }
        return {**sample.key(entry), **found}

    name, order = subject.shape.name, order_of(subject.key)
    return Case(
        construct=construct,
        field=f"{name}(where: {BASE}, order_by: [{order}]) {{ {fields(subject.shape.key)} {inner} }}",
        answer=lambda sample: [row(entry, sample, heeded=True) for entry in sample.entries],
        plainly=lambda sample: [row(entry, sample, heeded=False) for entry in sample.entries],
    )


def _counts(subject: Subject, way: Way, among: str) -> Iterator[Case]:
    """The number of known rows behind a relationship."""
    field = subject.offer.field(f"{way.field}_aggregate")
    kind = get_named_type(field.type) if field is not None else None
    if field is None or "where" not in field.args or not is_object_type(kind):
        return
    asked = f"{way.field}_aggregate(where: {among}) {{ aggregate {{ count }} }}"
    name, order = subject.shape.name, order_of(subject.key)

    def answer(sample: Sample) -> list[dict[str, Any]]:
        return [
            {
                **sample.key(entry),
                f"{way.field}_aggregate": {"aggregate": {"count": len(entry.reached.get(way.field, ()))}},
            }
            for entry in sample.entries
        ]

    yield Case(
        construct="a count behind a relationship",
        field=f"{name}(where: {BASE}, order_by: [{order}]) {{ {fields(subject.shape.key)} {asked} }}",
        answer=answer,
    )
