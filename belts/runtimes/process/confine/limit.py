"""The memory limit of a belt: what its parts declare, plus what processes take beside that."""

from collections.abc import Iterable

from belts.runtimes.process.wire.request import Request

PARTS = frozenset({"postgres", "engine", "indexer", "prover"})
"""The parts of a belt. A gateway is not limited: killing Caddy or the ledger would cut off consumers."""
LEAST_BESIDE_MB = 256
BESIDE = 4
"""A quarter: Node takes more than its heap, and Postgres more than its shared buffers."""


def of(requests: Iterable[Request]) -> int | None:
    """The limit in MB for all parts of one belt together; None if this is not a belt."""
    own = [request for request in requests if request.part in PARTS]
    declared = sum(request.body.memory_mb for request in own)
    return declared + max(LEAST_BESIDE_MB, declared // BESIDE) if own else None
