"""Some rows of one entity, with all that decides what any question about them is answered with.

Where two values of a column stand to each other Postgres itself says, by their ranks among these rows: no
collation, enum or numeric has to be understood to put them in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gate.observations.unobserved import Cause
from gate.probes.served.constructs.leaves import Moment
from gate.probes.served.shape import Scalar, Shape, Way
from gate.probes.unseen import UnseenError

MOMENTS = frozenset({"timestamp", "timestamptz"})


Key = tuple[str, ...]


class MovedError(UnseenError):
    """The rows no longer say what a question that was made of them is answered with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a value stands: a field of the row, or one of the row that an object relationship leads to."""

    scalar: Scalar
    way: Way | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """By which fields one comes there."""
        return (self.scalar.field,) if self.way is None else (self.way.field, self.scalar.field)

    @property
    def name(self) -> str:
        """The same, in one word."""
        return ".".join(self.path)

    def said(self, inner: str) -> str:
        """Something said of it, as an object of GraphQL."""
        for name in reversed(self.path):
            inner = f"{{{name}: {inner}}}"
        return inner


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row: as GraphQL should give it, and its values as texts with their ranks; `None` is NULL.

    `reached` are the known rows that a relationship to many leads to, each by its key, in order.
    """

    row: Mapping[str, Any]
    texts: Mapping[str, str | None]
    ranks: Mapping[str, int]
    reached: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def rank(self, place: Place) -> int | None:
        """Where its value stands among those of the other rows."""
        return None if self.texts.get(place.name) is None else self.ranks.get(place.name)

    def same(self, other: "Entry") -> bool:
        """Whether nothing of it is another; how it stands to other rows is theirs."""
        return (self.row, self.texts, self.reached) == (other.row, other.texts, other.reached)

    def leads(self, way: Way) -> bool:
        """Whether the relationship leads to a row."""
        return self.row.get(way.field) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The rows, in the order of their key.

    `ranked` are the places of which the order is known, each with where its values stand.
    """

    shape: Shape
    entries: tuple[Entry, ...]
    places: tuple[Place, ...]
    ranked: Mapping[str, Mapping[str | None, int]]

    def rank(self, place: Place, text: str) -> int:
        """Where a value of some row stands."""
        try:
            return self.ranked[place.name][text]
        except KeyError:
            raise MovedError(f"no row has {text} in {place.name} now", Cause.UNDECIDABLE) from None

    def known(self, place: Place) -> list[str]:
        """The values that are there, each once, in their order where that is known."""
        found = {entry.texts[place.name]: entry.rank(place) or 0 for entry in self.entries}
        return sorted((text for text in found if text is not None), key=lambda text: found[text])

    def empty(self, place: Place) -> bool:
        """Whether some row has NULL there."""
        return any(entry.texts.get(place.name) is None for entry in self.entries)

    def key(self, entry: Entry) -> dict[str, Any]:
        """What a row is known by, as a question gives it."""
        return given(entry, self.shape.key)

    def keys(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """The same of several rows."""
        return [self.key(entry) for entry in entries]


def known_by(entry: Entry, shape: Shape) -> Key:
    """The texts of a row's key."""
    return tuple(entry.texts[scalar.field] or "" for scalar in shape.key)


def moved(one: Sample, other: Sample) -> set[Key]:
    """The keys of rows that are not the same in both."""
    before, after = (
        {known_by(entry, sample.shape): entry for entry in sample.entries} for sample in (one, other)
    )
    return {
        key
        for key in before.keys() | after.keys()
        if key not in before or key not in after or not before[key].same(after[key])
    }


def given(entry: Entry, scalars: Sequence[Scalar]) -> dict[str, Any]:
    """Some fields of a row, as a question gives them."""
    return {scalar.field: leaf(scalar, entry.row[scalar.field]) for scalar in scalars}


def leaf(scalar: Scalar, value: Any) -> Any:
    """One value, as a question gives it."""
    if scalar.column.type in MOMENTS and isinstance(value, str):
        return Moment(value)
    return value
