"""`python -m bench.gate.once TOOL SERVING CANDIDATE`: one comparison, in a process of its own.

Prints one line of JSON: its duration, its findings, and the peak memory of the process.
"""

import asyncio
import contextlib
import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial

from gate.observations.rows import EntityRows
from gate.policy.chains import ExpectedChain, Finality
from gate.policy.model import Mode, Policy
from gate.probes.database.doors import Doors
from gate.probes.database.facts import Clock
from gate.probes.database.rows import compare_belts
from gate.probes.database.session import Database, opened
from gate.secret import Secret

DEADLINE = 600.0


def main(tool: str, serving: str, candidate: str) -> int:
    if tool != "gate":
        import reladiff  # type: ignore[import-untyped]  # noqa: F401, PLC0415 - loading it is not measured
    began = time.perf_counter()
    found = TOOLS[tool](serving, candidate)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "found": found, "mib": peak}))
    return 0


def by_gate(serving: str, candidate: str) -> list[tuple[str, str]]:
    """The gate's own comparison, including the second look."""
    chain = ExpectedChain(id=1, rpc=(), indexed_from=(), reorg_depth=1, finality=Finality.DEPTH)
    policy = Policy(version=1, digest="", mode=Mode.PARITY, chains=(chain,))

    async def nothing_final(_chain: int) -> dict[str, int]:
        return {}

    async def nobody_knows(_chain: int, _block: int) -> None:
        return None

    doors = Doors(serving=_door(serving), candidate=_door(candidate), one_host=True)
    clock = Clock(final=nothing_final, second=nobody_knows)
    rows = asyncio.run(compare_belts(doors, policy, clock, at=datetime.now(UTC), remaining=lambda: DEADLINE))
    [entity] = rows.entities
    if not isinstance(entity, EntityRows):
        raise SystemExit(f"not compared: {entity}")
    return [(str(row.kind), row.key) for row in entity.differences]


def _door(url: str) -> Callable[[], AbstractAsyncContextManager[Database]]:
    @contextlib.asynccontextmanager
    async def there() -> AsyncIterator[Database]:
        async with opened(Secret(url), name="a belt", remaining=lambda: DEADLINE) as database:
            yield database

    return there


def by_reladiff(serving: str, candidate: str, *, threaded: bool = False) -> list[tuple[str, str]]:
    """The same columns of the same tables, one query after the other, or both tables at once."""
    import reladiff  # noqa: PLC0415 - the gate's own memory must not hold it

    columns = ("chainId", "blockNumber", "logIndex", "value")
    tables = [
        reladiff.connect_to_table(
            url, "Transfer", "id", thread_count=1, extra_columns=columns, case_sensitive=True
        )
        for url in (serving, candidate)
    ]
    found: dict[str, set[str]] = {}
    for sign, row in reladiff.diff_tables(
        *tables, algorithm=reladiff.Algorithm.HASHDIFF, threaded=threaded, max_threadpool_size=2
    ):
        found.setdefault(row[0], set()).add(sign)
    kinds = {frozenset("-"): "missing", frozenset("+"): "extra", frozenset("+-"): "different"}
    return [(kinds[frozenset(signs)], key) for key, signs in found.items()]


TOOLS: dict[str, Callable[[str, str], list[tuple[str, str]]]] = {
    "gate": by_gate,
    "reladiff": by_reladiff,
    "reladiff, threaded": partial(by_reladiff, threaded=True),
}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
