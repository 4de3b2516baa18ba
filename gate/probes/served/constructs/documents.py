"""Questions about the inside of a value: keys and parts of JSON, elements of lists."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import get_nullable_type, is_list_type

from gate.probes.served.constructs.case import BASE, Case, Variable, fields, literal, order_of
from gate.probes.served.constructs.comparing import DOCUMENTS
from gate.probes.served.constructs.conditions import Condition, Holds, on_value
from gate.probes.served.constructs.sample import Entry, Place, Sample
from gate.probes.served.constructs.subject import Subject
from gate.probes.served.equal import same

NAME = re.compile(r"[A-Za-z_]\w*")
COLUMNS = 2


def cases(subject: Subject) -> Iterator[Case]:
    """Questions about a few columns of each kind."""
    own = subject.own
    for place in subject.mixed(one for one in own if one.scalar.column.type in DOCUMENTS)[:COLUMNS]:
        yield from _paths(subject, place)
        if place.scalar.column.type == "jsonb":
            yield from _holding(subject, place)
    for place in subject.mixed(one for one in own if one.scalar.column.type == "_text")[:COLUMNS]:
        yield from _elements(subject, place)


def _value(entry: Entry, place: Place) -> Any:
    return entry.row[place.scalar.field]


def _names(subject: Subject, place: Place) -> list[str]:
    """The keys that some rows have in a document."""
    values = [_value(entry, place) for entry in subject.sample.entries]
    found = dict.fromkeys(name for value in values if isinstance(value, dict) for name in value)
    return [name for name in found if NAME.fullmatch(name)]


def _paths(subject: Subject, place: Place) -> Iterator[Case]:
    """A part of the document instead of the whole."""
    field = subject.offer.field(place.scalar.field)
    if field is None or "path" not in field.args:
        return
    for name in subject.mixed(_names(subject, place))[:1]:

        def part(entry: Entry, name: str = name) -> Any:
            value = _value(entry, place)
            return value.get(name) if isinstance(value, dict) else None

        asked = f'part: {place.scalar.field}(path: "$.{name}")'
        yield Case(
            construct="a path into JSON",
            field=(
                f"{subject.shape.name}(where: {BASE}, order_by: [{order_of(subject.key)}])"
                f" {{ {fields(subject.shape.key)} {asked} }}"
            ),
            answer=lambda sample: [{**sample.key(one), "part": part(one)} for one in sample.entries],
            plainly=lambda sample: [
                {**sample.key(one), "part": _value(one, place)} for one in sample.entries
            ],
        )


def _holding(subject: Subject, place: Place) -> Iterator[Case]:
    offered, names = subject.offer.conditions(*place.path), subject.mixed(_names(subject, place))
    for name in names[:1] if "_has_key" in offered else ():
        yield subject.filtered("_has_key", on_value(place, f'{{_has_key: "{name}"}}', _has(place, name)))
    if "_contains" not in offered:
        return
    found = [
        (name, value[name])
        for name in names
        for entry in subject.sample.entries
        if isinstance(value := _value(entry, place), dict) and isinstance(value.get(name), str | bool)
    ]
    for name, value in found[:1]:
        variable = Variable(name="part", type=str(offered["_contains"]), value={name: value})
        condition = on_value(place, "{_contains: $part}", _contains(place, name, value))
        yield subject.filtered("_contains of JSON", condition, [variable])


def _has(place: Place, name: str) -> Holds:
    def holds(_: Sample, entry: Entry) -> bool:
        value = _value(entry, place)
        return value == name if isinstance(value, str) else isinstance(value, dict | list) and name in value

    return holds


def _contains(place: Place, name: str, part: str | bool) -> Holds:  # noqa: FBT001 - a value of JSON
    def holds(_: Sample, entry: Entry) -> bool:
        value = _value(entry, place)
        return isinstance(value, dict) and name in value and same(value[name], part)

    return holds


def _elements(subject: Subject, place: Place) -> Iterator[Case]:
    """Lists that contain an element."""
    kind = subject.offer.conditions(*place.path).get("_contains")
    if kind is None or not is_list_type(get_nullable_type(kind)):
        return
    values = [_value(entry, place) for entry in subject.sample.entries]
    elements = {one for value in values for one in value or () if isinstance(one, str)}

    def conditions() -> Iterator[Condition]:
        for element in subject.mixed(sorted(elements)):
            text = literal(kind, element)
            yield on_value(place, f"{{_contains: [{text}]}}", _holds_element(place, element))

    case = subject.telling(subject.filtered("_contains of a list", one) for one in conditions())
    if case is not None:
        yield case


def _holds_element(place: Place, element: str) -> Holds:
    def holds(_: Sample, entry: Entry) -> bool:
        return element in _value(entry, place)

    return holds
