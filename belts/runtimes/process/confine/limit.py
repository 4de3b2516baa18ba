"""How much memory a belt is held to: what its parts declare, and what a process takes beside that."""

from collections.abc import Iterable

from belts.runtimes.process.wire.request import Request

PARTS = frozenset({"postgres", "engine", "indexer", "prover"})
"""Those of a belt. A gateway is held to nothing: what ends Caddy or the ledger ends what consumers read."""
LEAST_BESIDE_MB = 256
BESIDE = 4
"""A quarter: a heap is not all that Node takes, nor are shared buffers all that Postgres does."""


def of(requests: Iterable[Request]) -> int | None:
    """In MB, for all parts of one belt together; None for what is no belt."""
    own = [request for request in requests if request.part in PARTS]
    declared = sum(request.body.memory_mb for request in own)
    return declared + max(LEAST_BESIDE_MB, declared // BESIDE) if own else None
