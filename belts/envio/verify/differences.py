"""The differences between an examined release and the nearest known one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from belts.envio.verify.release_facts import FACTS, Facts, leaves

ABSENT = "nothing"


class Standing(Enum):
    """The result of a run; the value is its exit code."""

    LIKE = 0
    OTHER = 1
    UNTOLD = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that this release does differently from a known one."""

    what: str
    known: str
    seen: str

    def __str__(self) -> str:
        """The difference in one line."""
        return f"{self.what}: {self.known} → {self.seen}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A release compared with the nearest known one, if there is any."""

    facts: Facts
    nearest: Facts | None
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]
    """Facts seen of it, but never of the nearest one: they cannot be compared."""

    @property
    def standing(self) -> Standing:
        """A difference outweighs what was not looked at, because a further look would not remove it."""
        if self.nearest is None or self.differences:
            return Standing.OTHER
        return Standing.UNTOLD if self.facts.unlooked or self.unknown else Standing.LIKE


def compared(facts: Facts, known: Iterable[Facts]) -> Compared:
    """Compares with the least different release; among equals its own version, else the latest."""
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
    """Compares each leaf of the facts seen of both."""
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
