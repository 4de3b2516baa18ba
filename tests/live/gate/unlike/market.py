"""Two chains that the test runs itself, two belts on them, and swaps for as long as the test looks."""

import json
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from belts import envio
from belts.runtimes.process import toolchain
from examples.chains.rpc import Rpc
from tests.conftest import Ports
from tests.live.hosts import Hosts, wait_until
from tests.live.world import Belt, brought_up

HERE = Path(__file__).parent
PROJECT = HERE / "project"
CHAINS = {56: 1.0, 137: 0.5}
"""And the seconds between two blocks of each."""
MARKET = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
USERS, PAST = 40, 60
GAS = hex(20_000_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """What is up: two chains with a past, two belts that have indexed it, and swaps that go on."""

    rpc: dict[int, str]
    blue: Belt
    green: Belt


@contextmanager
def market(hosts: Hosts, ports: Ports) -> Iterator[Market]:
    with ExitStack() as stack:
        rpc = {chain: stack.enter_context(_chain(chain, ports.one())) for chain in CHAINS}
        belts = [_belt(hosts, ports, rpc, name) for name in ("blue", "green")]
        for each in belts:
            wait_until(each.caught_up, f"{each.name} catches up", deadline_s=180)
        yield Market(rpc=rpc, blue=belts[0], green=belts[1])


@contextmanager
def _chain(chain: int, port: int) -> Iterator[str]:
    """A chain with a past, on which somebody trades until it is taken away."""
    url = f"http://127.0.0.1:{port}"
    command = (
        *(str(toolchain.anvil()), f"--chain-id={chain}", f"--port={port}", f"--block-time={CHAINS[chain]}"),
        *("--silent", "--host=127.0.0.1", "--accounts=2", "--gas-limit=1000000000", "--slots-in-an-epoch=4"),
        "--prune-history",
    )
    with subprocess.Popen(command) as anvil:
        try:
            wait_until(lambda: _answers(url), f"chain {chain} answers", deadline_s=60)
            ended = threading.Event()
            trader = threading.Thread(target=_trade, args=(chain, url, ended), daemon=True)
            _deploy(url)
            for seed in range(PAST):
                _swap(url, chain * 1_000_000 + seed, 8)
            trader.start()
            yield url
            ended.set()
            trader.join()
        finally:
            anvil.terminate()


def _answers(url: str) -> bool:
    try:
        with Rpc(url, timeout=2) as rpc:
            return bool(rpc.call("eth_blockNumber"))
    except httpx.HTTPError:
        return False


def _deploy(url: str) -> None:
    with Rpc(url) as rpc:
        [sender, *_] = rpc.call("eth_accounts")
        rpc.call("eth_sendTransaction", {"from": sender, "data": _compiled()["bytecode"], "gas": GAS})
        wait_until(
            lambda: rpc.call("eth_getCode", MARKET, "latest") != "0x", "the market is there", deadline_s=60
        )


def _swap(url: str, seed: int, count: int) -> None:
    data = "0x" + _compiled()["methods"]["trade(uint256,uint256,uint256)"]
    data += "".join(f"{value:064x}" for value in (seed, count, USERS))
    with Rpc(url) as rpc:
        [_, sender, *_] = rpc.call("eth_accounts")
        rpc.call("eth_sendTransaction", {"from": sender, "to": MARKET, "data": data, "gas": GAS})


def _trade(chain: int, url: str, ended: threading.Event) -> None:
    draw = random.Random(chain)
    while not ended.wait(CHAINS[chain] / 2):
        _swap(url, draw.getrandbits(128), draw.randint(1, 4))


@cache
def _compiled() -> dict[str, Any]:
    done = subprocess.run(
        [str(toolchain.node()), str(HERE / "contracts" / "compile.mjs")],
        capture_output=True,
        check=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _belt(hosts: Hosts, ports: Ports, rpc: dict[int, str], name: str) -> Belt:
    fields = {
        "project": str(PROJECT),
        "config": "config.yaml",
        "digest": envio.read(PROJECT, "config.yaml").digest,
        "chains": list(CHAINS),
        "heapMb": 512,
        "port": ports.one(),
        "env": {f"BELTS_RPC_{chain}": url for chain, url in rpc.items()},
        "seedDeadlineSeconds": 90,
    }
    return brought_up(hosts, ports, name=name, chains=tuple(CHAINS), fields=fields)
