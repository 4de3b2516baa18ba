"""Ranges of blocks: which are known, and which are open."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Span(NamedTuple):
    """A range of blocks, both ends included."""

    first: int
    last: int

    @property
    def blocks(self) -> int:
        """The number of blocks."""
        return self.last - self.first + 1

    def meets(self, other: "Span") -> bool:
        """True if a block is in both."""
        return self.first <= other.last and other.first <= self.last


def together(blocks: Iterable[int]) -> list[Span]:
    """Groups consecutive blocks into ranges."""
    found: list[Span] = []
    for block in sorted(set(blocks)):
        if found and block == found[-1].last + 1:
            found[-1] = Span(found[-1].first, block)
        else:
            found.append(Span(block, block))
    return found


def gaps(known: Iterable[Span], whole: Span) -> Iterator[Span]:
    """The parts of a range that none of the known ones covers, in order."""
    begin = whole.first
    for span in sorted(known):
        if span.first > whole.last:
            break
        if span.first > begin:
            yield Span(begin, span.first - 1)
        begin = max(begin, span.last + 1)
    if begin <= whole.last:
        yield Span(begin, whole.last)


def edges(lists: Iterable[Iterable[Span]], whole: Span) -> list[int]:
    """The blocks at which a range of every list begins, including the first of all.

    Below its own beginning, a list that begins later than another has an edge wherever the other one has.
    """
    found: set[int] | None = None
    begins = []
    for spans in lists:
        firsts = sorted(span.first for span in spans)
        begins.append((firsts[0] if firsts else whole.first, set(firsts)))
    everywhere = {block for _, firsts in begins for block in firsts}
    for begin, begins_here in begins:
        mine = begins_here | {block for block in everywhere if block < begin}
        found = mine if found is None else found & mine
    return sorted({whole.first} | {block for block in found or () if whole.first <= block <= whole.last})
