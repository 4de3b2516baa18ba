"""A real anvil for the run, and a candidate that has indexed all of it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from belts.runtimes.process import toolchain
from tests.conftest import Ports
from tests.live import plain
from tests.live.gate.chain.chains import Anvil, Twist, deploy, index
from tests.live.gate.content.belt import Belt
from tests.live.gate.content.conftest import blue, candidate_cluster, green, serving_cluster
from tests.live.gate.relay import relay

__all__ = ["blue", "candidate_cluster", "green", "serving_cluster"]

CHAIN = 424242


@pytest.fixture(scope="session")
def anvil(ports: Ports) -> Iterator[Anvil]:
    """A chain with a log in blocks 2 to 4 (one of every type of transaction) and 30, and none in between.

    It mines when told to: left to itself it answers with a transaction's hash before there is a block of it.
    """
    port = ports.one()
    program = [str(toolchain.anvil()), f"--port={port}", f"--chain-id={CHAIN}", "--no-mining", "--silent"]
    process = subprocess.Popen(program)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url)
        chain = deploy(url, CHAIN)
        chain.pay()
        chain.pay(gasPrice=hex(10**10))
        chain.pay(type="0x1", gasPrice=hex(10**10))
        chain.mine(25)
        chain.pay()
        yield chain
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    for _ in range(100):
        try:
            answer = plain.post(url, json=asked, trust_env=False).json()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            assert process.poll() is None, "somebody else answers on anvil's port"
            assert answer["result"] == hex(CHAIN)
            return
    pytest.fail("anvil did not come up")


@pytest.fixture
def candidate(green: Belt, anvil: Anvil) -> Belt:
    """A candidate's database with a row for every log of the chain."""
    index(green, anvil)
    return green


@pytest.fixture
def behind(anvil: Anvil, ports: Ports) -> Iterator[Callable[[Twist], str]]:
    """Puts a server that misbehaves in front of the chain."""
    with ExitStack() as stack:
        yield lambda twist: stack.enter_context(relay(ports.one(), anvil.url, twist))
