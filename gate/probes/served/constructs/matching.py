"""`where` by text patterns, case-sensitive or not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gate.probes.served.constructs.case import Case, literal
from gate.probes.served.constructs.comparing import TEXTS, cased
from gate.probes.served.constructs.conditions import Condition, Holds, on_value
from gate.probes.served.constructs.sample import Entry, Place, Sample
from gate.probes.served.constructs.subject import Subject

COLUMNS, LONGEST, CUTS = 3, 12, 4
"""Columns, characters of a pattern, and patterns per value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """One operator: how to make a pattern from a text, and whether it is case-sensitive or negated."""

    pattern: Callable[[str, int], str | None]
    cased: bool = True
    wanted: bool = True


def like(pattern: str) -> str:
    """A LIKE pattern as a regular expression."""
    parts = re.findall(r"\\.|[%_]|[^\\%_]+", pattern, re.DOTALL)
    meaning = {"%": ".*", "_": "."}
    return "".join(meaning.get(part) or re.escape(part.removeprefix("\\")) for part in parts)


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _begins(text: str, cut: int) -> str:
    """A pattern for what begins like a text, with one character as a wildcard."""
    return f"{_escaped(text)}%" if cut < 2 else f"{_escaped(text[: cut - 1])}_%"


def _plain(text: str) -> bool:
    """True if a text has no special characters of regular expressions."""
    return re.fullmatch(r"[A-Za-z0-9]+", text) is not None


def _similar(text: str, cut: int) -> str | None:
    return f"{text[:cut]}%" if _plain(text[:cut]) else None


def _regular(text: str, cut: int) -> str:
    return "^" + re.sub(r"[^A-Za-z0-9]", ".", text[:cut])


OPERATORS = {
    "_like": Matching(pattern=_begins),
    "_nlike": Matching(pattern=_begins, wanted=False),
    "_ilike": Matching(pattern=_begins, cased=False),
    "_nilike": Matching(pattern=_begins, cased=False, wanted=False),
    "_similar": Matching(pattern=_similar),
    "_nsimilar": Matching(pattern=_similar, wanted=False),
    "_regex": Matching(pattern=_regular),
    "_nregex": Matching(pattern=_regular, wanted=False),
    "_iregex": Matching(pattern=_regular, cased=False),
    "_niregex": Matching(pattern=_regular, cased=False, wanted=False),
}


def cases(subject: Subject) -> Iterator[Case]:
    """Each operator on one column, and some of them on other columns."""
    texts = [place for place in subject.own if place.scalar.column.type in TEXTS]
    turn = subject.mixed(OPERATORS)
    lettered = sorted(subject.mixed(texts), key=lambda place: not cased(subject.sample, place))
    for step, place in enumerate(lettered[:COLUMNS]):
        for name in OPERATORS if step == 0 else turn[step * 3 : step * 3 + 3]:
            found = subject.telling(
                subject.filtered(name, one)
                for pattern, _ in _patterns(subject, place, name)
                if (one := _condition(subject, place, name, pattern)) is not None
            )
            if found is not None:
                yield found
            if step == 0 and OPERATORS[name].wanted:
                yield from _in_other_letters(subject, place, name)


def _in_other_letters(subject: Subject, place: Place, name: str) -> Iterator[Case]:
    """The pattern for which case-sensitivity changes the result for most rows."""
    texts = [text for entry in subject.sample.entries if (text := entry.texts[place.name])]

    def telling(pattern: str) -> int:
        one, other = (_matching(name, pattern, cased=way) for way in (True, False))
        return sum(one(text) is not other(text) for text in texts)

    swapped = [other for _, other in _patterns(subject, place, name)]
    for pattern in sorted(filter(telling, swapped), key=telling, reverse=True)[:1]:
        condition = _condition(subject, place, name, pattern)
        if condition is not None:
            yield subject.filtered(f"{name}, in other letters", condition)


def _patterns(subject: Subject, place: Place, name: str) -> Iterator[tuple[str, str]]:
    """Patterns of the existing values, each with its form in swapped case."""
    of, values = OPERATORS[name], subject.sample.known(place)
    if not of.cased and not all(value.isascii() for value in values):
        return  # swapping the case of other letters depends on the locale
    for value in subject.mixed(values):
        for cut in subject.mixed(range(1, min(len(value), LONGEST) + 1))[:CUTS]:
            pattern, other = of.pattern(value, cut), of.pattern(value.swapcase(), cut)
            if pattern is not None and other is not None:
                yield pattern, other


def _condition(subject: Subject, place: Place, name: str, pattern: str) -> Condition | None:
    kind = subject.offer.conditions(*place.path).get(name)
    text = None if kind is None else literal(kind, pattern)
    return None if text is None else on_value(place, f"{{{name}: {text}}}", _holds(place, name, pattern))


def _matching(name: str, pattern: str, *, cased: bool) -> Callable[[str], bool]:
    """A function that tells whether a text matches."""
    regular = "regex" in name
    flags = re.DOTALL | (re.NOFLAG if cased else re.IGNORECASE)
    compiled = re.compile(pattern if regular else like(pattern), flags)
    found = compiled.search if regular else compiled.fullmatch
    return lambda text: found(text) is not None


def _holds(place: Place, name: str, pattern: str) -> Holds:
    of = OPERATORS[name]
    matches = _matching(name, pattern, cased=of.cased)

    def holds(_: Sample, entry: Entry) -> bool:
        return matches(entry.texts[place.name] or "") is of.wanted

    return holds
