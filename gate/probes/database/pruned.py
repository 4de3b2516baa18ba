"""Rows that are there, and whose history says no more what they were.

Envio prunes a history beside its writing: a write finds an older row of history, and the pruning, which does
not see the new row yet, takes the older one away. By its history such a row begins then, as a new one does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from gate.observations.state import GroupState
from gate.probes.database.fingerprint import Sums

MOST_BEGUN = 20
"""Of so many rows of a bucket that may have lost their past it is found out which ones have."""
NOTHING = Sums(rows=0, strict=0, whole=0, places=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """What the rows of one chain add up to: all of them, and by bucket those of keys and of whole rows."""

    chain: str | None
    rows: int = 0
    whole: int = 0
    buckets: Mapping[int, Sums] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """Rows that lost their past, and the buckets that they are of: of these only the keys are known."""

    rows: int
    buckets: frozenset[int]


def lost_past(then: GroupState, now: Group, begun: Mapping[int, tuple[int, ...]]) -> Lost | None:
    """The rows that are missing only because a history says no more what they were; None where others differ.

    Which rows were there is told by their keys, of which a bucket's sum is remembered: those that are missing
    must be among the rows that begin, exactly.
    """
    found: dict[int, int] = {}
    for bucket in then.buckets:
        here = now.buckets.get(bucket.number, NOTHING)
        missing = int(bucket.keys) - here.strict
        if not missing and int(bucket.rows) == here.whole:
            continue
        among = begun.get(bucket.number, ())
        chosen = subset(among, missing) if missing and len(among) <= MOST_BEGUN else None
        if chosen is None:
            return None
        found[bucket.number] = chosen
    strange = now.buckets.keys() - {bucket.number for bucket in then.buckets}
    lost = Lost(rows=sum(found.values()), buckets=frozenset(found))
    return lost if lost.rows and not strange and then.rows == now.rows + lost.rows else None


def too_many(then: GroupState, now: Group, begun: Mapping[int, tuple[int, ...]]) -> bool:
    """Whether as many rows begin as are missing, and more than can be tried: then nobody can tell."""
    crowded = any(len(keys) > MOST_BEGUN for keys in begun.values())
    return crowded and 0 < then.rows - now.rows <= sum(map(len, begun.values()))


def subset(numbers: Sequence[int], total: int) -> int | None:
    """How many of the numbers, the fewest, add up to the total; None where none do."""
    for size in range(1, len(numbers) + 1):
        if any(sum(some) == total for some in combinations(numbers, size)):
            return size
    return None
