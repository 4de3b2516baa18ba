"""The same rows requested differently: aliases, variables, directives, fragments, one row by key."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gate.probes.served.constructs.case import (
    BASE,
    Answer,
    Case,
    Variable,
    fields,
    literal,
    order_of,
    value_of,
)
from gate.probes.served.constructs.comparing import TEXTS, holding
from gate.probes.served.constructs.conditions import on_value
from gate.probes.served.constructs.sample import Entry, Sample, given, leaf
from gate.probes.served.constructs.subject import Subject
from gate.probes.served.shape import Scalar


def cases(subject: Subject) -> Iterator[Case]:
    """All of these questions."""
    yield from _by_key(subject)
    yield from _names(subject)
    yield from _directives(subject)
    yield from _fragments(subject)
    yield from _variables(subject)


def _rest(subject: Subject, most: int) -> list[Scalar]:
    """Some columns other than the key."""
    return subject.mixed(one.scalar for one in subject.own if one.scalar not in subject.key)[:most]


def _rows(subject: Subject, construct: str, inner: str, names: Mapping[str, Scalar], **more: Any) -> Case:
    """All rows, with fields under the given names."""

    def row(entry: Entry) -> dict[str, Any]:
        return {name: leaf(scalar, entry.row[scalar.field]) for name, scalar in names.items()}

    return Case(
        construct=construct,
        field=f"{subject.shape.name}(where: {BASE}, order_by: [{order_of(subject.key)}]) {{ {inner} }}",
        answer=lambda sample: [row(entry) for entry in sample.entries],
        **more,
    )


def _by_key(subject: Subject) -> Iterator[Case]:
    """An existing row, by literals and by variables, and a missing one."""
    if not subject.shape.by_key:
        return
    asked = list(dict.fromkeys([*subject.key, *_rest(subject, 3)]))
    entries = subject.mixed(subject.sample.entries)[:2]
    for entry in entries:
        key = _key(entry, subject.key)
        yield _one(
            subject,
            "_by_pk with variables",
            key,
            asked,
            _is(subject.key, key, asked),
        )
    for entry in entries[:1] if subject.shape.main.column.type in TEXTS else ():
        [main, *rest] = _key(entry, subject.key)
        nobody = (f"{main} {subject.draw.getrandbits(64):x}", *rest)
        yield _one(subject, "_by_pk of no row", nobody, asked, lambda _: None)


def _one(
    subject: Subject, construct: str, key: Sequence[str], asked: Sequence[Scalar], answer: Answer
) -> Case:
    """One row, by its key in variables."""
    taken = subject.offer.arguments("_by_pk")
    said = ", ".join(f"{scalar.field}: ${scalar.field}Of" for scalar in subject.key)
    return Case(
        construct=construct,
        field=f"{subject.shape.name}_by_pk({said}) {{ {fields(asked)} }}",
        answer=answer,
        variables=tuple(
            Variable(
                name=f"{scalar.field}Of",
                type=str(taken[scalar.field].type),
                value=value_of(taken[scalar.field].type, text),
            )
            for scalar, text in zip(subject.key, key, strict=True)
        ),
    )


def _key(entry: Entry, key: Sequence[Scalar]) -> tuple[str, ...]:
    return tuple(entry.texts[scalar.field] or "" for scalar in key)


def _is(key: Sequence[Scalar], texts: tuple[str, ...], shown: Sequence[Scalar]) -> Answer:
    """The row with a key, if it still exists."""

    def answer(sample: Sample) -> dict[str, Any] | None:
        found = next((entry for entry in sample.entries if _key(entry, key) == texts), None)
        return None if found is None else given(found, shown)

    return answer


def _names(subject: Subject) -> Iterator[Case]:
    """Columns under the names of others, and one column under two names."""
    main, rest = subject.shape.main, _rest(subject, 2)
    yield _rows(
        subject,
        "aliases of one field",
        f"one: {main.field} other: {main.field}",
        {"one": main, "other": main},
    )
    if len(rest) == 2:
        one, other = rest
        inner = f"{main.field} {one.field}: {other.field} {other.field}: {one.field}"
        yield _rows(
            subject,
            "aliases that are names of other fields",
            inner,
            {main.field: main, one.field: other, other.field: one},
            plainly=lambda sample: [given(entry, [main, one, other]) for entry in sample.entries],
        )
    kind = subject.offer.kind
    if kind is not None:
        yield Case(
            construct="__typename",
            field=f"{subject.shape.name}(where: {BASE}, order_by: [{order_of(subject.key)}])"
            f" {{ __typename {fields(subject.key)} }}",
            answer=lambda sample: [
                {"__typename": kind.name, **sample.key(entry)} for entry in sample.entries
            ],
        )


def _directives(subject: Subject) -> Iterator[Case]:
    """Fields that are skipped, and others that are included."""
    main, rest = subject.shape.main, _rest(subject, 1)
    for one in rest:
        variables = (
            Variable(name="yes", type="Boolean!", value=True),
            Variable(name="no", type="Boolean!", value=False),
        )

        def both(sample: Sample, one: Scalar = one) -> list[dict[str, Any]]:
            return [given(entry, [main, one]) for entry in sample.entries]

        shown, hidden = {main.field: main, one.field: one}, {main.field: main}
        for construct, said, names in (
            ("@include of true, @skip of false", f"{one.field} @include(if: $yes) @skip(if: $no)", shown),
            ("@include of false", f"{one.field} @include(if: $no) @skip(if: $no)", hidden),
            ("@skip of true", f"{one.field} @include(if: $yes) @skip(if: $yes)", hidden),
        ):
            used = tuple(variable for variable in variables if f"${variable.name})" in said)
            plainly = None if names is shown else both
            yield _rows(subject, construct, f"{main.field} {said}", names, variables=used, plainly=plainly)


def _fragments(subject: Subject) -> Iterator[Case]:
    """Named fragments, one inside the other, and an inline one."""
    kind, main, rest = subject.offer.kind, subject.shape.main, _rest(subject, 2)
    if kind is None or not rest:
        return
    names = {main.field: main, **{scalar.field: scalar for scalar in rest}}
    yield _rows(
        subject,
        "fragments",
        "...Outer",
        names,
        fragments=(
            f"fragment Outer on {kind.name} {{ {main.field} ...Inner }}",
            f"fragment Inner on {kind.name} {{ {fields(rest)} }}",
        ),
    )
    yield _rows(
        subject,
        "a fragment with a directive",
        f"{main.field} ... on {kind.name} @include(if: $no) {{ {fields(rest)} }}",
        {main.field: main},
        variables=(Variable(name="no", type="Boolean!", value=False),),
        plainly=lambda sample: [given(entry, [main, *rest]) for entry in sample.entries],
    )


def _variables(subject: Subject) -> Iterator[Case]:
    """Conditions, values, orders and numbers as variables, given and by default."""
    yield from _values(subject)
    offer, few = subject.offer, max(1, len(subject.sample.entries) // 3)
    arguments = offer.arguments()
    if offer.takes("order_by", "limit", "offset"):
        [main, *rest] = subject.key
        order = [{scalar.field: "desc"} for scalar in (main, *rest)]
        yield Case(
            construct="order_by, limit and offset as variables",
            field=(
                f"{subject.shape.name}(where: {BASE}, order_by: $order, limit: $limit, offset: $offset)"
                f" {{ {fields(subject.shape.key)} }}"
            ),
            variables=(
                Variable(name="order", type=str(arguments["order_by"].type), value=order),
                Variable(name="limit", type=str(arguments["limit"].type), value=few),
                Variable(name="offset", type=str(arguments["offset"].type), default=str(few)),
            ),
            answer=lambda sample: sample.keys([*reversed(sample.entries)][few : 2 * few]),
            plainly=lambda sample: sample.keys(sample.entries),
        )


def _values(subject: Subject) -> Iterator[Case]:
    """A bound given as a variable."""
    main = next(place for place in subject.own if place.scalar is subject.shape.main)
    kind = subject.offer.conditions(*main.path).get("_lte")
    values = [] if kind is None else subject.mixed(subject.sample.known(main))[:2]
    for value in values:
        if kind is not None and literal(kind, value) is not None:
            condition = on_value(main, "{_lte: $value}", holding(main, "_lte", value))
            variable = Variable(name="value", type=str(kind), value=value_of(kind, value))
            yield subject.filtered("a value as a variable", condition, [variable])
