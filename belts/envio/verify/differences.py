"""What differs between a release that was looked at and the known one that it is nearest to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from belts.envio.verify.release_facts import FACTS, Facts, leaves

ABSENT = "nothing"


class Standing(Enum):
    """What a run comes to; the value is its exit code."""

    LIKE = 0
    OTHER = 1
    UNTOLD = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that a known release does, and this one does otherwise."""

    what: str
    known: str
    seen: str

    def __str__(self) -> str:
        """In one line."""
        return f"{self.what}: {self.known} → {self.seen}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A release beside the nearest of those known; without one, nothing of it is known."""

    facts: Facts
    nearest: Facts | None
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]
    """What was seen of it, and never of the nearest one: there is nothing to compare it with."""

    @property
    def standing(self) -> Standing:
        """A difference weighs more than what was not looked at: it will not go away by looking."""
        if self.nearest is None or self.differences:
            return Standing.OTHER
        return Standing.UNTOLD if self.facts.unlooked or self.unknown else Standing.LIKE


def compared(facts: Facts, known: Iterable[Facts]) -> Compared:
    """Beside the one from which it differs least; among equals its own version, else the later of them."""
    ranked = sorted(
        (
            (len(_differences(facts, each)) + len(_unknown(facts, each)), each.version != facts.version, each)
            for each in known
        ),
        key=lambda one: one[:2],
    )
    if not ranked:
        return Compared(facts=facts, nearest=None, differences=(), unknown=tuple(facts.seen))
    nearest = ranked[0][2]
    return Compared(
        facts=facts,
        nearest=nearest,
        differences=_differences(facts, nearest),
        unknown=_unknown(facts, nearest),
    )


def _differences(facts: Facts, known: Facts) -> tuple[Difference, ...]:
    """Leaf by leaf of what was seen of both."""
    found: list[Difference] = []
    for fact in FACTS:
        if fact.name not in facts.seen or fact.name not in known.seen:
            continue
        now, before = (dict(leaves(each.seen[fact.name], fact.name)) for each in (facts, known))
        found += [
            Difference(what=path, known=before.get(path, ABSENT), seen=now.get(path, ABSENT))
            for path in sorted(now.keys() | before.keys())
            if now.get(path) != before.get(path)
        ]
    return tuple(found)


def _unknown(facts: Facts, known: Facts) -> tuple[str, ...]:
    return tuple(name for name in facts.seen if name not in known.seen)
