"""A chain's answer about a range of blocks: good for any belt that holds the same event."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from gate.proof.spans import Span
from gate.proof.sums import Sums

MOST_BLOCKS = 50_000
MOST_LOGS = 20_000
"""What one range is made of at most: whoever is stopped begins again with the last one."""
PIECE_BLOCKS = 2_000
PIECE_LOGS = 250
"""What one piece of a range is made of at most, whole blocks apart: so much is asked anew at once."""


class Piece(NamedTuple):
    """A part of a range, up to a block, with sums of its own."""

    last: int
    logs: Sums
    rows: Sums


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """All logs of an event in a range of finalized blocks, and the rows that they call for, as sums.

    `hash` is that of the range's last block, `provider` who said it. `rooted` says that receipts roots prove
    it. `children` are the contracts that these logs register, each with the block from which it counts.
    `pieces` are what it is made of, in order, the last of them up to its end: they add up to its sums.
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
        """Its pieces, each with the blocks that it takes in; a range that was never cut is one."""
        pieces = self.pieces or (Piece(self.span.last, self.logs, self.rows),)
        firsts = [self.span.first, *(piece.last + 1 for piece in pieces)]
        return ((Span(first, piece.last), piece) for first, piece in zip(firsts, pieces, strict=False))

    def plus(self, later: "Said") -> "Said":
        """This and the range that follows it, as one."""
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
        """Whether the two may be kept as one."""
        return (
            later.span.first == self.span.last + 1
            and later.provider == self.provider
            and self.span.blocks + later.span.blocks <= MOST_BLOCKS
            and self.logs.texts + later.logs.texts <= MOST_LOGS
        )


def as_data(said: Said) -> dict[str, Any]:
    """The record as it is kept. Sums are texts: JSON has no such large numbers."""
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
    """The record of what was kept; `ValueError`, `KeyError` or `TypeError` where it is none."""
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
    """Adds a piece to those of a range that begins at `first`; with a small one before it, it becomes one."""
    if pieces:
        before = pieces[-1]
        begin = pieces[-2].last + 1 if len(pieces) > 1 else first
        few = before.logs.texts + piece.logs.texts <= PIECE_LOGS
        if few and piece.last - begin < PIECE_BLOCKS:
            pieces[-1] = Piece(piece.last, before.logs.plus(piece.logs), before.rows.plus(piece.rows))
            return
    pieces.append(piece)


def by_speaker(records: Iterable[Said]) -> list[Said]:
    """The disjoint records of each provider, with roots and without: what one says displaces no other's."""
    speakers: dict[tuple[str, bool], list[Said]] = {}
    for said in records:
        speakers.setdefault((said.provider, said.rooted), []).append(said)
    return [said for theirs in speakers.values() for said in disjoint(theirs)]


def disjoint(records: Iterable[Said]) -> list[Said]:
    """Those of some records that cover the most blocks without an overlap, in order.

    Two provers at work at once cut a chain at different blocks: taken greedily, the ranges of one would break
    those of the other, and what both have proved would be open.
    """
    ordered = sorted(dict.fromkeys(records), key=lambda said: said.span.last)
    ends = [said.span.last for said in ordered]
    most = [0]  # blocks that the first so many records cover
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
    """Those that end at one block under different hashes: one of them is of no chain."""
    known = tuple(records)
    hashes: dict[int, set[str]] = {}
    for said in known:
        hashes.setdefault(said.span.last, set()).add(said.hash)
    return [said for said in known if len(hashes[said.span.last]) > 1]
