"""Combined conditions: `_and`, `_or`, `_not`, side by side, and empty ones."""

from collections.abc import Iterator
from itertools import islice

from gate.probes.served.constructs.case import Case, inline
from gate.probes.served.constructs.comparing import compared
from gate.probes.served.constructs.conditions import (
    NOTHING,
    Condition,
    all_of,
    any_of,
    conjunction,
    none_of,
)
from gate.probes.served.constructs.sample import Place
from gate.probes.served.constructs.subject import Subject

NEVER = none_of(NOTHING)
OPERATORS = ("_lte", "_gte", "_neq", "_eq")


def cases(subject: Subject) -> Iterator[Case]:
    """Combinations of conditions on two columns, one with NULL if there is one."""
    offered = subject.offer.conditions()
    every = [place for place in subject.own if place.name in subject.sample.ranked]
    places = [*filter(subject.sample.empty, every), *subject.mixed(every)]
    found = [*islice(filter(None, (_some(subject, place) for place in dict.fromkeys(places))), 2)]
    conditions = [condition for _, condition in found]
    if "_and" in offered:
        yield subject.filtered("_and of nothing", all_of([]))
        yield subject.filtered("_and", all_of([NOTHING, *conditions]))
    if "_or" in offered:
        yield subject.filtered("_or of nothing", any_of([]))
        several = (conditions, [NEVER, *conditions[:1]])
        some = subject.telling(subject.filtered("_or", any_of(each)) for each in several)
        yield from () if some is None else (some,)
    if "_not" in offered:
        yield from (subject.filtered("_not", none_of(condition)) for condition in conditions)
    if conditions and {"_and", "_or", "_not"} <= offered.keys():
        nested = any_of([none_of(conditions[0]), all_of([*conditions, NEVER])])
        yield subject.filtered("_and, _or and _not", nested)
    yield from _beside(subject, found)
    yield from _between(subject, every)


def _some(subject: Subject, place: Place) -> tuple[Place, Condition] | None:
    """A condition on a column that some rows meet and others do not."""
    found = [one for name in OPERATORS for one in compared(subject, place, name)]
    rows = len(subject.sample.entries)
    part = next((one for one in found if 0 < len(one.met(subject.sample)) < rows), None)
    chosen = part or next(iter(found), None)
    return None if chosen is None else (place, chosen)


def _beside(subject: Subject, found: list[tuple[Place, Condition]]) -> Iterator[Case]:
    """Keys and columns in one object, as most consumers write it."""
    [main, *rest] = subject.key
    other = next(((place, one) for place, one in found if place.scalar not in subject.key), None)
    if rest or other is None or "_in" not in subject.offer.conditions(main.field):
        return
    keys = inline([entry.row[main.field] for entry in subject.sample.entries])
    text = other[1].text.removeprefix("{").removesuffix("}")
    yield subject.listed(
        "conditions side by side", other[1].met, where=f"{{{main.field}: {{_in: {keys}}}, {text}}}"
    )


def _between(subject: Subject, places: list[Place]) -> Iterator[Case]:
    """Two bounds on one column."""
    for place in subject.mixed(places):
        below = next(iter(compared(subject, place, "_lte")), None)
        above = next(iter(compared(subject, place, "_gt")), None)
        if below is not None and above is not None:
            yield subject.filtered("two operators on one field", _both(place, above, below))
            return


def _both(place: Place, one: Condition, other: Condition) -> Condition:
    """Two comparisons of one column in one object."""
    start = f"{{{place.name}: {{"
    inner = ", ".join(each.text.removeprefix(start).removesuffix("}}") for each in (one, other))
    return Condition(
        text=place.said(f"{{{inner}}}"),
        holds=lambda sample, entry: conjunction([one.holds(sample, entry), other.holds(sample, entry)]),
    )
