"""Some rows of one entity, with everything that determines the answers about them.

Postgres itself ranks the values of a column among these rows, so that no collation, enum or numeric has to be
understood to order them.
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
    """The rows no longer determine the answer to a question that was made from them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The place of a value: a field of the row, or of the row that an object relationship leads to."""

    scalar: Scalar
    way: Way | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The path of fields to it."""
        return (self.scalar.field,) if self.way is None else (self.way.field, self.scalar.field)

    @property
    def name(self) -> str:
        """The path as one name."""
        return ".".join(self.path)

    def said(self, inner: str) -> str:
        """A GraphQL object that applies something to it."""
        for name in reversed(self.path):
            inner = f"{{{name}: {inner}}}"
        return inner


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row in GraphQL's form, and its values as text with their ranks; `None` is NULL.

    `reached` are the known rows that each relationship to many leads to, by key, in order.
    """

    row: Mapping[str, Any]
    texts: Mapping[str, str | None]
    ranks: Mapping[str, int]
    reached: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def rank(self, place: Place) -> int | None:
        """The rank of its value among those of the other rows."""
        return None if self.texts.get(place.name) is None else self.ranks.get(place.name)

    def same(self, other: "Entry") -> bool:
        """True if nothing in the row differs; its ranks depend on other rows."""
        return (self.row, self.texts, self.reached) == (other.row, other.texts, other.reached)

    def leads(self, way: Way) -> bool:
        """True if the relationship leads to a row."""
        return self.row.get(way.field) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The rows, in the order of their key.

    `ranked` maps each place with a known order to the ranks of its values.
    """

    shape: Shape
    entries: tuple[Entry, ...]
    places: tuple[Place, ...]
    ranked: Mapping[str, Mapping[str | None, int]]

    def rank(self, place: Place, text: str) -> int:
        """The rank of a value that some row has."""
        try:
            return self.ranked[place.name][text]
        except KeyError:
            raise MovedError(f"no row has {text} in {place.name} now", Cause.UNDECIDABLE) from None

    def known(self, place: Place) -> list[str]:
        """The distinct values at a place, in order if that is known."""
        found = {entry.texts[place.name]: entry.rank(place) or 0 for entry in self.entries}
        return sorted((text for text in found if text is not None), key=lambda text: found[text])

    def empty(self, place: Place) -> bool:
        """True if some row has NULL there."""
        return any(entry.texts.get(place.name) is None for entry in self.entries)

    def key(self, entry: Entry) -> dict[str, Any]:
        """A row's key in the form of an answer."""
        return given(entry, self.shape.key)

    def keys(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """The keys of several rows."""
        return [self.key(entry) for entry in entries]


def known_by(entry: Entry, shape: Shape) -> Key:
    """The texts of a row's key."""
    return tuple(entry.texts[scalar.field] or "" for scalar in shape.key)


def moved(one: Sample, other: Sample) -> set[Key]:
    """The keys of rows that differ between the two."""
    before, after = (
        {known_by(entry, sample.shape): entry for entry in sample.entries} for sample in (one, other)
    )
    return {
        key
        for key in before.keys() | after.keys()
        if key not in before or key not in after or not before[key].same(after[key])
    }


def given(entry: Entry, scalars: Sequence[Scalar]) -> dict[str, Any]:
    """Some fields of a row in the form of an answer."""
    return {scalar.field: leaf(scalar, entry.row[scalar.field]) for scalar in scalars}


def leaf(scalar: Scalar, value: Any) -> Any:
    """One value in the form of an answer."""
    if scalar.column.type in MOMENTS and isinstance(value, str):
        return Moment(value)
    return value
