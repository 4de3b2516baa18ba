"""Conditions on rows, as GraphQL says them and as they hold: true, false, or unknown beside a NULL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gate.probes.served.constructs.sample import Entry, Place, Sample
from gate.probes.served.shape import Way

Truth = bool | None
Holds = Callable[[Sample, Entry], Truth]


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One condition, as an object of GraphQL, and whether it holds for a row."""

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
    """All of them, as SQL has it."""
    return False if False in values else None if None in values else True


def negation(value: Truth) -> Truth:
    """The contrary; of what is unknown it is unknown."""
    return None if value is None else not value


def on_value(place: Place, inner: str, holds: Callable[[Sample, Entry], Truth]) -> Condition:
    """Of a value: unknown beside NULL. Behind a relationship it is asked whether such a row is there."""

    def held(sample: Sample, entry: Entry) -> Truth:
        found = None if entry.texts.get(place.name) is None else holds(sample, entry)
        return found if place.way is None else bool(found)

    return Condition(text=place.said(inner), holds=held)


def is_null(place: Place, *, null: bool) -> Condition:
    """Whether nothing stands there; a row that is not there holds neither something nor nothing."""

    def held(_: Sample, entry: Entry) -> Truth:
        found = (entry.texts.get(place.name) is None) is null
        return found if place.way is None else found and entry.leads(place.way)

    return Condition(text=place.said(f"{{_is_null: {str(null).lower()}}}"), holds=held)


def leads(way: Way) -> Condition:
    """Whether a relationship leads to any row."""
    return Condition(text=f"{{{way.field}: {{}}}}", holds=lambda _, entry: entry.leads(way))


NOTHING = Condition(text="{}", holds=lambda _sample, _entry: True)
