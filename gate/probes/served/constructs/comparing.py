"""`where` by values: equal, above, below, in a list, NULL."""

import operator
from collections.abc import Iterator, Sequence

from gate.probes.served.constructs.case import Case, literal
from gate.probes.served.constructs.conditions import Condition, Holds, is_null, on_value
from gate.probes.served.constructs.sample import Entry, Place, Sample
from gate.probes.served.constructs.subject import Subject

COMPARED = {
    "_eq": operator.eq,
    "_neq": operator.ne,
    "_gt": operator.gt,
    "_gte": operator.ge,
    "_lt": operator.lt,
    "_lte": operator.le,
}
TEXTS = frozenset({"text", "varchar"})
DOCUMENTS = frozenset({"json", "jsonb"})
AMONG, EMPTY = 1, 3
"""Columns tested with lists of values, and columns tested for NULL."""


def cases(subject: Subject) -> Iterator[Case]:
    """Each operator on the key, each column with some operator, and some columns with lists and NULL."""
    main = next(place for place in subject.own if place.scalar is subject.shape.main)
    places = [place for place in subject.sample.places if place.name in subject.sample.ranked]
    names = subject.mixed(COMPARED)
    pairs = [(place, names[step % len(names)]) for step, place in enumerate(places)]
    for place, name in dict.fromkeys([*pairs, *((main, name) for name in COMPARED)]):
        case = subject.telling(subject.filtered(name, one) for one in compared(subject, place, name))
        if case is not None:
            yield case
    drawn = subject.mixed(places)[:AMONG]
    lettered = [place for place in subject.mixed(subject.own) if cased(subject.sample, place)][:1]
    for place in dict.fromkeys([main, *drawn, *lettered]):
        yield from _among(subject, place)
    empty = [place for place in subject.sample.places if subject.sample.empty(place)]
    for place in (*subject.mixed(empty)[:EMPTY], main):
        if "_is_null" in subject.offer.conditions(*place.path):
            yield subject.filtered("_is_null", is_null(place, null=True))
            yield subject.filtered("_is_null", is_null(place, null=False))
    for place in subject.own:
        if place.scalar.column.type in TEXTS and place.scalar.column.nullable:
            yield from _no_text(subject, place)


def compared(subject: Subject, place: Place, name: str) -> Iterator[Condition]:
    """Comparisons of a column with each of its values, by one operator."""
    kind = None if unwritten(place) else subject.offer.conditions(*place.path).get(name)
    for value in subject.mixed(subject.sample.known(place)) if kind is not None else ():
        text = literal(kind, value) if kind is not None else None
        if text is not None:
            yield on_value(place, f"{{{name}: {text}}}", holding(place, name, value))


def unwritten(place: Place) -> bool:
    """True if values have no single text form: documents and lists are tested elsewhere."""
    return place.scalar.column.type in DOCUMENTS or place.scalar.column.type.startswith("_")


def holding(place: Place, name: str, value: str) -> Holds:
    """Compares a row's value with one that some row has."""

    def holds(sample: Sample, entry: Entry) -> bool:
        return bool(COMPARED[name](entry.rank(place) or 0, sample.rank(place, value)))

    return holds


def _among(subject: Subject, place: Place) -> Iterator[Case]:
    """One of two values, a value in swapped case, an empty list."""
    for name in ("_in", "_nin"):
        kind = subject.offer.conditions(*place.path).get(name)
        values = subject.mixed(subject.sample.known(place))[:2]
        if kind is None or not values or unwritten(place):
            continue
        strange = [other for value in values if (other := _otherwise(subject.sample, place, value))][:1]
        texts = [text for value in (*values, *strange) if (text := literal(kind, value)) is not None]
        if len(texts) == len(values) + len(strange):
            among = _one_of(place, values, strange, within=name == "_in")
            yield subject.filtered(name, on_value(place, f"{{{name}: [{', '.join(texts)}]}}", among))
        if strange and (text := literal(kind, strange[0])) is not None:
            alone = _one_of(place, [], strange, within=name == "_in")
            condition = on_value(place, f"{{{name}: [{text}]}}", alone)
            yield subject.filtered(f"{name}, in other letters", condition)
            equal = {"_in": "_eq", "_nin": "_neq"}[name]
            if equal in subject.offer.conditions(*place.path):
                condition = on_value(place, f"{{{equal}: {text}}}", alone)
                yield subject.filtered(f"{equal}, in other letters", condition)
        nothing = _one_of(place, [], [], within=name == "_in")
        # Nothing is in an empty list, so even NULL is not unknown.
        empty = Condition(text=place.said(f"{{{name}: []}}"), holds=_even_null(place, nothing))
        yield subject.filtered(f"{name} of nothing", empty)


def cased(sample: Sample, place: Place) -> bool:
    """True if swapping the case of some value gives another one."""
    return any(_otherwise(sample, place, value) for value in sample.known(place))


def _otherwise(sample: Sample, place: Place, value: str) -> str:
    """A text in swapped case; empty if that is unchanged or another row's value."""
    if place.scalar.column.type not in TEXTS:
        return ""
    other = value.swapcase()
    return other if other != value and other not in sample.known(place) else ""


def _one_of(place: Place, values: Sequence[str], strange: Sequence[str], *, within: bool) -> Holds:
    def holds(sample: Sample, entry: Entry) -> bool:
        ranks = {sample.rank(place, value) for value in values}
        found = entry.rank(place) in ranks or entry.texts[place.name] in strange
        return found is within

    return holds


def _even_null(place: Place, holds: Holds) -> Holds:
    def held(sample: Sample, entry: Entry) -> bool | None:
        return holds(sample, entry) if place.way is None or entry.leads(place.way) else False

    return held


def _no_text(subject: Subject, place: Place) -> Iterator[Case]:
    """The empty text, which is not NULL."""
    for name in ("_eq", "_neq"):
        if name in subject.offer.conditions(*place.path):
            wanted = name == "_eq"

            def holds(_: Sample, entry: Entry, *, wanted: bool = wanted) -> bool:
                return (entry.texts[place.name] == "") is wanted

            yield subject.filtered(f"{name} of the empty text", on_value(place, f'{{{name}: ""}}', holds))
