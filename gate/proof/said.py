"""A chain's answer about a range of blocks, valid for any belt that holds the same event."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from gate.proof.spans import Span
from gate.proof.sums import Sums

MOST_BLOCKS = 50_000
MOST_LOGS = 20_000
"""The most logs in one range: a stopped prover repeats only the last one."""
PIECE_BLOCKS = 2_000
PIECE_LOGS = 250
"""The most logs in one piece of a range, except for whole blocks: the unit that is requested again."""


class Piece(NamedTuple):
    """A part of a range, up to a block, with its own sums."""

    last: int
    logs: Sums
    rows: Sums


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """All logs of an event in a range of final blocks, and the rows that they require, as sums.

    `hash` is that of the range's last block, `provider` who returned it. `rooted` means that receipts roots
    prove it. `children` are the contracts that these logs register, each with the block from which it counts.
    `pieces` are its parts, in order, the last one up to its end: they add up to its sums.
    """

    span: Span
    hash: str
    logs: Sums
    rows: Sums
    provider: str
    rooted: bool = False
    children: tuple[tuple[int, str], ...] = ()
    pieces: tuple[Piece, ...] = ()

    @property
    def parts(self) -> Iterator[tuple[Span, Piece]]:
        """Its pieces, each with its blocks; a range that was never cut is one piece."""
        pieces = self.pieces or (Piece(self.span.last, self.logs, self.rows),)
        firsts = [self.span.first, *(piece.last + 1 for piece in pieces)]
        return ((Span(first, piece.last), piece) for first, piece in zip(firsts, pieces, strict=False))

    def plus(self, later: "Said") -> "Said":
        """This range and the following one, as one."""
        pieces = [piece for _, piece in self.parts]
        for _, piece in later.parts:
            add(pieces, self.span.first, piece)
        return Said(
            span=Span(self.span.first, later.span.last),
            hash=later.hash,
            logs=self.logs.plus(later.logs),
            rows=self.rows.plus(later.rows),
            provider=later.provider,
            rooted=self.rooted and later.rooted,
            children=self.children + later.children,
            pieces=tuple(pieces),
        )

    def takes(self, later: "Said") -> bool:
        """True if the two may be stored as one."""
        return (
            later.span.first == self.span.last + 1
            and later.provider == self.provider
            and self.span.blocks + later.span.blocks <= MOST_BLOCKS
            and self.logs.texts + later.logs.texts <= MOST_LOGS
        )


def as_data(said: Said) -> dict[str, Any]:
    """The record as it is stored. Sums are texts, because JSON has no such large numbers."""
    return {
        "first": said.span.first,
        "last": said.span.last,
        "hash": said.hash,
        "logs": list(map(str, said.logs)),
        "rows": list(map(str, said.rows)),
        "provider": said.provider,
        "rooted": said.rooted,
        "children": [list(child) for child in said.children],
        "pieces": [[piece.last, *map(str, (*piece.logs, *piece.rows))] for piece in said.pieces],
    }


def of_data(data: Any) -> Said:
    """Parses a stored record; raises `ValueError`, `KeyError` or `TypeError` if it is invalid."""
    return Said(
        span=Span(int(data["first"]), int(data["last"])),
        hash=str(data["hash"]),
        logs=Sums(*map(int, data["logs"])),
        rows=Sums(*map(int, data["rows"])),
        provider=str(data["provider"]),
        rooted=data["rooted"] is True,
        children=tuple((int(block), str(address)) for block, address in data["children"]),
        pieces=tuple(_piece(*map(int, piece)) for piece in data.get("pieces", ())),
    )


def _piece(last: int, *sums: int) -> Piece:
    return Piece(last, Sums(*sums[:3]), Sums(*sums[3:]))


def add(pieces: list[Piece], first: int, piece: Piece) -> None:
    """Adds a piece to those of a range that begins at `first`, merging it with a small one before it."""
    if pieces:
        before = pieces[-1]
        begin = pieces[-2].last + 1 if len(pieces) > 1 else first
        few = before.logs.texts + piece.logs.texts <= PIECE_LOGS
        if few and piece.last - begin < PIECE_BLOCKS:
            pieces[-1] = Piece(piece.last, before.logs.plus(piece.logs), before.rows.plus(piece.rows))
            return
    pieces.append(piece)


def by_speaker(records: Iterable[Said]) -> list[Said]:
    """The disjoint records of each provider, with and without roots: they do not displace each other."""
    speakers: dict[tuple[str, bool], list[Said]] = {}
    for said in records:
        speakers.setdefault((said.provider, said.rooted), []).append(said)
    return [said for theirs in speakers.values() for said in disjoint(theirs)]


def disjoint(records: Iterable[Said]) -> list[Said]:
    """Those records that cover the most blocks without overlap, in order.

    Two concurrent provers cut a chain at different blocks: a greedy choice would let the ranges of one break
    those of the other, and what both have proved would be open.
    """
    ordered = sorted(dict.fromkeys(records), key=lambda said: said.span.last)
    ends = [said.span.last for said in ordered]
    most = [0]  # blocks covered by the first so many records
    for at, said in enumerate(ordered):
        below = bisect_left(ends, said.span.first, 0, at)
        most.append(max(most[at], most[below] + said.span.blocks))
    found: list[Said] = []
    at = len(ordered)
    while at:
        at -= 1
        if most[at + 1] > most[at]:
            found.append(ordered[at])
            at = bisect_left(ends, ordered[at].span.first, 0, at)
    return found[::-1]


def contradicted(records: Iterable[Said]) -> list[Said]:
    """Records that end at one block with different hashes: one of them is of no chain."""
    known = tuple(records)
    hashes: dict[int, set[str]] = {}
    for said in known:
        hashes.setdefault(said.span.last, set()).add(said.hash)
    return [said for said in known if len(hashes[said.span.last]) > 1]
