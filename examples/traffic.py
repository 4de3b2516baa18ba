"""Makes live traffic on the local chains, for ever: a few events a second, of every kind that they know.

python -m examples.traffic --rpc 1=http://127.0.0.1:8545 --rpc 10=http://127.0.0.1:8546

A chain that goes away is waited for; what changes is said on stderr, once.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator

import httpx

from examples.chains.contracts import BADGES, POINTS, VAULT
from examples.chains.plan import CHAINS, DEFAULT_EVENTS, Chain, plan

GAS = hex(5_000_000)
RETRY_S = 1.0


def main(argv: list[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        asyncio.run(_all(dict(arguments.rpc), pause=arguments.pause, events=arguments.events))
    except KeyboardInterrupt:
        return 130
    return 0


def calls(chain: Chain, holders: int, draw: random.Random) -> Iterator[tuple[str, str]]:
    """An endless series of transactions, as address and call data. Most of them move points."""
    while True:
        seed, kind = draw.getrandbits(128), draw.random()
        if kind < 0.70:
            yield POINTS.address, POINTS.call("churn", seed, draw.randint(1, 4), holders)
        elif kind < 0.85:
            yield VAULT.address, VAULT.call("price", seed, 1)
        elif kind < 0.92:
            yield VAULT.address, VAULT.call("open", seed, 1, holders)
        elif kind < 0.96 or not chain.badges:
            yield VAULT.address, VAULT.call("close", seed, 1)
        else:
            yield BADGES.address, BADGES.call("award", seed, 1, holders)


async def _all(rpc: dict[int, str], *, pause: float, events: int) -> None:
    async with asyncio.TaskGroup() as group:
        for chain, url in rpc.items():
            group.create_task(_one(CHAINS[chain], url, pause=pause, events=events))


async def _one(chain: Chain, url: str, *, pause: float, events: int) -> None:
    draw = random.Random()  # noqa: S311 -- only the past has to be the same every time
    seen = ""
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        for to, data in calls(chain, plan(chain, events=events).holders, draw):
            state = await _send(client, url, to, data)
            if state != seen:
                print(f"chain {chain.id}: {state}", file=sys.stderr, flush=True)
                seen = state
            await asyncio.sleep(max(pause, chain.block_time / 2) if state == "has traffic" else RETRY_S)


async def _send(client: httpx.AsyncClient, url: str, to: str, data: str) -> str:
    """Sends one transaction from the second account (the first made the past) and describes the result."""
    try:
        [_, sender, *_] = await _call(client, url, "eth_accounts")
        await _call(client, url, "eth_sendTransaction", {"from": sender, "to": to, "data": data, "gas": GAS})
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return f"no traffic: {type(error).__name__}"
    return "has traffic"


async def _call(client: httpx.AsyncClient, url: str, method: str, *parameters: object) -> list[str]:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    result: list[str] = (await client.post(url, json=body)).raise_for_status().json()["result"]
    return result


def _endpoint(text: str) -> tuple[int, str]:
    chain, _, url = text.partition("=")
    if not (chain.isdigit() and int(chain) in CHAINS and url.startswith("http")):
        raise argparse.ArgumentTypeError(f"expected CHAIN=URL with a chain of {list(CHAINS)}, got {text!r}")
    return int(chain), url


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.traffic", description=__doc__)
    parser.add_argument("--rpc", type=_endpoint, action="append", required=True, metavar="CHAIN=URL")
    parser.add_argument(
        "--pause", type=float, default=1.0, help="seconds between two transactions on a chain"
    )
    parser.add_argument("--events", type=int, default=DEFAULT_EVENTS, help="what the chains were made with")
    return parser


if __name__ == "__main__":
    sys.exit(main())
