"""Compares one entity on both belts: segments first, then the exact rows of unequal segments."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from psycopg import sql

from gate.observations.rows import Group, Kind, RowDifference, Totals, Value
from gate.probes.database.fingerprint import (
    Hash,
    Row,
    Segment,
    Sums,
    merged,
    segments,
    select_rows,
    unequal_values,
    values,
)
from gate.probes.database.pages import narrowed
from gate.probes.database.relation import Relation
from gate.probes.database.session import Snapshot

T = TypeVar("T")

ENOUGH = 1_000  # unequal rows of one chain, after which reading stops
SHOWN = 50  # rows of each kind that are shown with values


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Both belts' snapshots."""

    serving: Snapshot
    candidate: Snapshot
    one_host: bool

    @property
    def at_once(self) -> bool:
        """True if both may be read in parallel: on one host only if the sessions yield to consumers."""
        sessions = (self.serving.database, self.candidate.database)
        if sessions[0] is sessions[1]:
            return False
        return not self.one_host or all(session.gives_way for session in sessions)

    async def both(self, read: Callable[[Snapshot], Awaitable[T]]) -> tuple[T, T]:
        """Runs the same read on both belts."""
        if not self.at_once:
            return await read(self.serving), await read(self.candidate)
        one, other = await asyncio.gather(read(self.serving), read(self.candidate))
        return one, other


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """The result of comparing one entity."""

    groups: tuple[Group, ...]
    totals: Totals
    differences: tuple[RowDifference, ...]
    covered: tuple[RowDifference, ...]
    undecided: tuple[RowDifference, ...]
    first: tuple[tuple[str | None, int], ...]
    places: tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What to compare for one entity: both relations, their hash, and the events that explain extra rows."""

    serving: Relation
    candidate: Relation
    hashed: Hash
    events: sql.Composable | None = None

    def of(self, pair: Pair, snapshot: Snapshot) -> Relation:
        """The relation of one of the two belts."""
        return self.serving if snapshot is pair.serving else self.candidate


@dataclass(kw_only=True, slots=True)
class Found:
    """Collects the unequal rows of one chain while they stream past; its size is bounded."""

    chain: str | None
    blocks: bool
    missing: int = 0
    extra: int = 0
    different: int = 0
    traced: int = 0
    covered: int = 0
    undecided: int = 0
    complete: bool = True
    rows: list[RowDifference] = field(default_factory=list)
    excused: list[RowDifference] = field(default_factory=list)
    open: list[RowDifference] = field(default_factory=list)
    first: int | None = None

    def see(self, one: Row | None, other: Row | None) -> None:
        """Records one pair of unequal rows."""
        if one is not None and other is not None:
            self._see_both(one, other)
        elif one is not None:
            self.missing += 1
            self._keep(Kind.MISSING, one)
        elif other is not None and other.traced:
            self.traced += 1
        elif other is not None:
            self.extra += 1
            self._keep(Kind.EXTRA, other)

    def _see_both(self, one: Row, other: Row) -> None:
        if one.strict != other.strict or (one.bound != other.bound and not other.traced):
            self.different += 1
            self._keep(Kind.DIFFERENT, one)
        elif (one.settled != other.settled) if other.traced else (one.named != other.named):
            self.undecided += 1
            if len(self.open) < ENOUGH:
                self.open.append(self._difference(Kind.DIFFERENT, one))
        else:
            self.covered += 1
            if len(self.excused) < ENOUGH:
                self.excused.append(self._difference(Kind.DIFFERENT, one))

    @property
    def enough(self) -> bool:
        """True if further rows would add nothing to the report."""
        return self.missing + self.extra + self.different >= ENOUGH

    def _keep(self, kind: Kind, row: Row) -> None:
        if self.blocks and self.first is None:
            self.first = row.place
        if len(self.rows) < ENOUGH:
            self.rows.append(self._difference(kind, row))

    def _difference(self, kind: Kind, row: Row) -> RowDifference:
        return RowDifference(
            kind=kind, key=row.key, chain=self.chain, block=row.place if self.blocks else None
        )


async def compare(pair: Pair, question: Question) -> Compared:
    """Compares the rows of one entity."""
    ours, theirs = await pair.both(
        lambda snapshot: segments(snapshot, question.of(pair, snapshot), question.hashed)
    )
    unequal = [segment for segment in ours.keys() | theirs.keys() if not _same(ours, theirs, segment)]
    found = [
        await _descend(
            pair, question, (ours, theirs), [segment for segment in unequal if segment.chain == chain]
        )
        for chain in _chains(unequal)
    ]
    rows = _rewritten([row for chain in found for row in chain.rows])
    excused = [row for chain in found for row in chain.excused]
    undecided = [row for chain in found for row in chain.open]
    return Compared(
        groups=_groups(ours, theirs),
        totals=_totals(found, rows),
        # Keeps all extra rows: the chain may confirm for each that the serving belt lost it.
        differences=await _with_values(pair, question, rows, extra=ENOUGH),
        covered=await _with_values(pair, question, excused),
        undecided=await _with_values(pair, question, undecided, shown=ENOUGH),
        first=tuple((chain.chain, chain.first) for chain in found if chain.first is not None),
        places=(_places(ours), _places(theirs)),
    )


def _chains(segments: Iterable[Segment]) -> list[str | None]:
    return sorted({segment.chain for segment in segments}, key=lambda chain: chain or "")


def _places(sums: Mapping[Segment, Sums]) -> tuple[int, int]:
    return sum(found.rows for found in sums.values()), sum(found.places for found in sums.values())


def _same(ours: Mapping[Segment, Sums], theirs: Mapping[Segment, Sums], segment: Segment) -> bool:
    one, other = ours.get(segment), theirs.get(segment)
    return one is not None and other is not None and one[:3] == other[:3]


async def _descend(
    pair: Pair,
    question: Question,
    sums: tuple[Mapping[Segment, Sums], Mapping[Segment, Sums]],
    unequal: list[Segment],
) -> Found:
    """Merges the rows of one chain's unequal segments as streams."""
    chain, numbers = unequal[0].chain, sorted(segment.number for segment in unequal)
    found = Found(chain=chain, blocks=question.serving.blocks)
    serving, candidate = await pair.both(
        lambda snapshot: narrowed(
            snapshot,
            question.of(pair, snapshot),
            chain=chain,
            wanted=_held(sums[snapshot is pair.candidate], unequal),
        )
    )
    ours = select_rows(serving, question.hashed, chain=chain, numbers=numbers)
    theirs = select_rows(candidate, question.hashed, chain=chain, numbers=numbers, events=question.events)
    async with (
        pair.serving.stream("serving", ours) as one,
        pair.candidate.stream("candidate", theirs) as other,
        contextlib.aclosing(merged(one, other, at_once=pair.at_once)) as pairs,
    ):
        async for rows in pairs:
            found.see(*rows)
            if found.enough:
                found.complete = False
                break
    return found


def _held(sums: Mapping[Segment, Sums], segments: list[Segment]) -> dict[int, int]:
    """How many rows a belt has in each segment."""
    return {segment.number: sums[segment].rows if segment in sums else 0 for segment in segments}


def _rewritten(rows: list[RowDifference]) -> list[RowDifference]:
    """Turns a row that is missing at one block and extra at another into one row that differs."""
    missing = {row.key: row for row in rows if row.kind is Kind.MISSING}
    extra = {row.key: row for row in rows if row.kind is Kind.EXTRA}
    moved = missing.keys() & extra.keys()
    return [
        replace(row, kind=Kind.DIFFERENT) if row.key in moved and row.kind is Kind.MISSING else row
        for row in rows
        if not (row.key in moved and row.kind is Kind.EXTRA)
    ]


def _totals(found: list[Found], rows: list[RowDifference]) -> Totals:
    moved = sum(row.kind is Kind.DIFFERENT for row in rows) - sum(
        row.kind is Kind.DIFFERENT for chain in found for row in chain.rows
    )
    return Totals(
        missing=sum(chain.missing for chain in found) - moved,
        extra=sum(chain.extra for chain in found) - moved,
        different=sum(chain.different for chain in found) + moved,
        traced=sum(chain.traced for chain in found),
        covered=sum(chain.covered for chain in found),
        undecided=sum(chain.undecided for chain in found),
        complete=all(chain.complete for chain in found),
    )


def _groups(ours: Mapping[Segment, Sums], theirs: Mapping[Segment, Sums]) -> tuple[Group, ...]:
    return tuple(
        Group(chain=chain, serving=_rows(ours, chain), candidate=_rows(theirs, chain))
        for chain in _chains(ours.keys() | theirs.keys())
    )


def _rows(sums: Mapping[Segment, Sums], chain: str | None) -> int:
    return sum(found.rows for segment, found in sums.items() if segment.chain == chain)


async def _with_values(
    pair: Pair, question: Question, rows: list[RowDifference], *, shown: int = SHOWN, extra: int = SHOWN
) -> tuple[RowDifference, ...]:
    """The first rows of each kind; differing rows come with their unequal columns."""
    most = {Kind.MISSING: shown, Kind.EXTRA: extra, Kind.DIFFERENT: shown}
    kept = [row for kind in Kind for row in [row for row in rows if row.kind is kind][: most[kind]]]
    keys = [row.key for row in kept if row.kind is Kind.DIFFERENT]
    if not keys:
        return tuple(kept)
    ours, theirs = await pair.both(
        lambda snapshot: values(snapshot, question.of(pair, snapshot), question.hashed.columns, keys)
    )
    return tuple(replace(row, values=_values(row, ours, theirs)) for row in kept)


def _values(
    row: RowDifference,
    ours: Mapping[str, dict[str, tuple[int, str | None]]],
    theirs: Mapping[str, dict[str, tuple[int, str | None]]],
) -> tuple[Value, ...]:
    if row.kind is not Kind.DIFFERENT or row.key not in ours or row.key not in theirs:
        return ()
    return unequal_values(ours[row.key], theirs[row.key])
