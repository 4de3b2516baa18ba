"""Refuses to take heap from a serving belt, below what its chains are known to need, without a word.

A heap that is too small does not show at once: the indexer collects garbage more and more, its densest chains
stop, and it dies when consumers depend on it.
"""

import hashlib
from collections.abc import Sequence

from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.wire.request import Request
from belts.spec.indexer import Indexer, heap_mb


def word(belt: str, before: int, after: int) -> str:
    """The word that permits one change of one belt's heap, and no other."""
    return f"heap-{hashlib.sha256(f'{belt} {before} {after}'.encode()).hexdigest()[:12]}"


def refuse(request: Request, recorded: Sequence[Request]) -> None:
    """Refuses a heap below both the former and the rule's, without its word, if a gateway needs the belt."""
    body = request.body
    if not isinstance(body, Indexer):
        return
    same = (request.layout, request.part)
    before = next((each.body for each in recorded if (each.layout, each.part) == same), None)
    rule = heap_mb(len(body.chains))
    if not isinstance(before, Indexer) or not body.heap_mb < min(before.heap_mb, rule):
        return
    needed = word(request.belt, before.heap_mb, body.heap_mb)
    if body.smaller_heap == needed or not (held := lease_files.holding(request.layout.home)):
        return
    raise Refused(
        f"{request.belt}: its indexer would have less heap than the rule gives it, while a gateway needs it",
        expected=f"{rule:,} MiB or more for {len(body.chains)} chains, or the {before.heap_mb:,} that it has",
        seen=f"{'; '.join(held)}; {body.heap_mb:,} MiB",
        now=f"leave `indexer.heapMb` as it was; or say that its chains need no more:"
        f" `pulumi config set smallerHeap {needed} --stack {request.belt}`, then run the same again",
    )
