"""Conditions on rows in GraphQL and in three-valued logic: true, false, or unknown for NULL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gate.probes.served.constructs.sample import Entry, Place, Sample
from gate.probes.served.shape import Way

Truth = bool | None
Holds = Callable[[Sample, Entry], Truth]


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One condition as a GraphQL object, and whether it holds for a row."""

    text: str
    holds: Holds

    def met(self, sample: Sample) -> list[Entry]:
        """The rows for which it is true."""
        return [entry for entry in sample.entries if self.holds(sample, entry) is True]


def all_of(conditions: Sequence[Condition]) -> Condition:
    """`_and`."""
    return Condition(
        text=f"{{_and: [{', '.join(one.text for one in conditions)}]}}",
        holds=lambda sample, entry: conjunction([one.holds(sample, entry) for one in conditions]),
    )


def any_of(conditions: Sequence[Condition]) -> Condition:
    """`_or`."""
    return Condition(
        text=f"{{_or: [{', '.join(one.text for one in conditions)}]}}",
        holds=lambda sample, entry: negation(
            conjunction([negation(one.holds(sample, entry)) for one in conditions])
        ),
    )


def none_of(condition: Condition) -> Condition:
    """`_not`."""
    return Condition(
        text=f"{{_not: {condition.text}}}",
        holds=lambda sample, entry: negation(condition.holds(sample, entry)),
    )


def conjunction(values: Sequence[Truth]) -> Truth:
    """SQL's AND of all values."""
    return False if False in values else None if None in values else True


def negation(value: Truth) -> Truth:
    """SQL's NOT: unknown stays unknown."""
    return None if value is None else not value


def on_value(place: Place, inner: str, holds: Callable[[Sample, Entry], Truth]) -> Condition:
    """A condition on a value: unknown for NULL. Behind a relationship it asks whether a row matches."""

    def held(sample: Sample, entry: Entry) -> Truth:
        found = None if entry.texts.get(place.name) is None else holds(sample, entry)
        return found if place.way is None else bool(found)

    return Condition(text=place.said(inner), holds=held)


def is_null(place: Place, *, null: bool) -> Condition:
    """A test for NULL; behind a relationship that leads nowhere, neither form holds."""

    def held(_: Sample, entry: Entry) -> Truth:
        found = (entry.texts.get(place.name) is None) is null
        return found if place.way is None else found and entry.leads(place.way)

    return Condition(text=place.said(f"{{_is_null: {str(null).lower()}}}"), holds=held)


def leads(way: Way) -> Condition:
    """True if a relationship leads to any row."""
    return Condition(text=f"{{{way.field}: {{}}}}", holds=lambda _, entry: entry.leads(way))


NOTHING = Condition(text="{}", holds=lambda _sample, _entry: True)
