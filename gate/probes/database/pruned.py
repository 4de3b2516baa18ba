"""Recognises existing rows whose history no longer shows their former state.

Envio prunes history while it writes: a write finds an older history row, and the pruning, which does not see
the new row yet, deletes the older one. According to its history such a row then begins, like a new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from gate.observations.state import GroupState
from gate.probes.database.fingerprint import Sums

MOST_BEGUN = 20
"""Up to this many candidates in a bucket, the rows that lost their past are identified."""
NOTHING = Sums(rows=0, strict=0, whole=0, places=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The sums of one chain's rows: all of them, and per bucket those of keys and of whole rows."""

    chain: str | None
    rows: int = 0
    whole: int = 0
    buckets: Mapping[int, Sums] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """Rows that lost their past, and their buckets, of which only the keys are known."""

    rows: int
    buckets: frozenset[int]


def lost_past(then: GroupState, now: Group, begun: Mapping[int, tuple[int, ...]]) -> Lost | None:
    """Rows that seem missing only because their history was pruned; None if others differ.

    The recorded sum of a bucket's keys identifies the rows: those that are missing must be exactly among the
    rows that begin.
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
    """True if enough rows begin to explain those missing, but too many to try all combinations."""
    crowded = any(len(keys) > MOST_BEGUN for keys in begun.values())
    return crowded and 0 < then.rows - now.rows <= sum(map(len, begun.values()))


def subset(numbers: Sequence[int], total: int) -> int | None:
    """The size of the smallest subset of numbers with this total; None if there is none."""
    for size in range(1, len(numbers) + 1):
        if any(sum(some) == total for some in combinations(numbers, size)):
            return size
    return None
