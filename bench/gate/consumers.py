"""`python -m bench.gate.consumers URL ROWS SECONDS`: 200 requests per second, and their latencies.

Requests leave when they are due, whether earlier ones have been answered or not, and are timed from then on.
Prints one line of JSON: how many, and the 50th and 99th percentile in milliseconds.
"""

import asyncio
import json
import random
import statistics
import sys
import time

import httpx

RATE = 200
QUERY = "query One($id: String!) { Transfer_by_pk(id: $id) { id blockNumber value } }"


async def load(url: str, rows: int, seconds: float) -> list[float]:
    """The latency of every request, in seconds."""
    dice = random.Random(1)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
        began = time.perf_counter()

        async def ask(due: float) -> float:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            row = dice.randrange(1, rows)
            body = {"query": QUERY, "variables": {"id": f"1_{row // 10}_{row % 10}"}}
            answer = await client.post(url, json=body)
            answer.raise_for_status()
            if "errors" in answer.json():
                raise SystemExit(answer.text)
            return time.perf_counter() - due

        return await asyncio.gather(*(ask(began + n / RATE) for n in range(int(seconds * RATE))))


def main(url: str, rows: str, seconds: str) -> int:
    took = sorted(asyncio.run(load(url, int(rows), float(seconds))))
    percentiles = statistics.quantiles(took, n=100)
    print(json.dumps({"requests": len(took), "p50": percentiles[49] * 1000, "p99": percentiles[98] * 1000}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
