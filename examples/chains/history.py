"""Builds the past of a chain: deploys the contracts, mines the planned blocks, and describes the result.

The past is made by a separate anvil and kept as a state file, so that a chain is complete as soon as its port
answers. The same plan gives the same blocks, down to their hashes.
"""

import hashlib
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from examples.chains import anvil, plan
from examples.chains.contracts import BADGES, CONTRACTS, POINTS, VAULT
from examples.chains.manifest import HistoryFailed, describe
from examples.chains.rpc import Call, Rpc

FORMAT = 1
EVENTS_PER_TRANSACTION = 150
BLOCKS_PER_WORD = 50
GAS = hex(30_000_000)
GAS_PRICE = hex(10**10)
START_DEADLINE_S = 30
STOP_DEADLINE_S = 60


@dataclass(frozen=True, slots=True)
class Past:
    """The files of one chain's past: `state` for anvil, `manifest` for everything that reads about it."""

    directory: Path

    @property
    def state(self) -> Path:
        return self.directory / "history.state.json"

    @property
    def manifest(self) -> Path:
        return self.directory / "history.json"

    def key(self) -> str | None:
        """What the past was built from; None when it is missing or incomplete."""
        if not (self.state.is_file() and self.manifest.is_file()):
            return None
        return str(json.loads(self.manifest.read_text())["key"])


def key(wanted: plan.Plan) -> str:
    """A digest that changes when anything changes that the past depends on."""
    digest = hashlib.sha256(json.dumps([FORMAT, wanted.as_data()], sort_keys=True).encode())
    for contract in CONTRACTS:
        digest.update(contract.bytecode.encode())
    return digest.hexdigest()


def build(wanted: plan.Plan, past: Past, say: Callable[[str], None]) -> None:
    """Makes the past of one chain from nothing, checks it against the plan, and reports progress."""
    past.directory.mkdir(parents=True, exist_ok=True)
    past.manifest.unlink(missing_ok=True)
    unfinished = past.directory / "history.unfinished.json"
    unfinished.unlink(missing_ok=True)
    with _anvil(wanted.chain, unfinished) as url, Rpc(url) as rpc:
        _mine(rpc, wanted, say)
        say(f"chain {wanted.chain}: reading its past back")
        manifest = {"key": key(wanted), **describe(rpc, wanted)}
    unfinished.replace(past.state)
    written = past.directory / "history.json.new"
    written.write_text(json.dumps(manifest, indent=1) + "\n")
    written.replace(past.manifest)


@contextmanager
def _anvil(chain: int, state: Path) -> Iterator[str]:
    """A private anvil that dies with this program; it has written its state when the block is left."""
    command = ["setpriv", "--pdeathsig", "KILL", *anvil.building(chain, genesis=plan.GENESIS, state=state)]
    log = state.with_suffix(".log")  # not a pipe: anvil logs every transaction, and a pipe would fill up
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
    try:
        yield _listening(process, log, chain)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=STOP_DEADLINE_S)
        if not state.is_file():
            raise HistoryFailed(
                chain, expected=f"anvil's state in {state}", seen="none", log_tail=log.read_text()[-500:]
            )
    finally:
        process.kill()
        process.wait()
        log.unlink()


def _listening(process: subprocess.Popen[bytes], log: Path, chain: int) -> str:
    """The URL that anvil reports in its log, as soon as it listens."""
    deadline = time.monotonic() + START_DEADLINE_S
    while process.poll() is None and time.monotonic() < deadline:
        if match := re.search(r"Listening on (\S+)\n", log.read_text()):
            return f"http://{match[1]}"
        time.sleep(0.05)
    raise HistoryFailed(
        chain, expected="an anvil that listens", seen="one that does not", log_tail=log.read_text()[-500:]
    )


def _mine(rpc: Rpc, wanted: plan.Plan, say: Callable[[str], None]) -> None:
    [deployer] = rpc.call("eth_accounts")[:1]
    nonce = 0

    def send(data: str, to: str | None) -> Call:
        nonlocal nonce
        call = {"from": deployer, "data": data, "gas": GAS, "gasPrice": GAS_PRICE, "nonce": hex(nonce)}
        nonce += 1
        return ("eth_sendTransaction", [call | ({"to": to} if to else {})])

    def mine(timestamp: int, transactions: list[Call]) -> None:
        rpc.batch(transactions)  # anvil runs the calls of a batch side by side: mining is a batch of its own
        rpc.call("evm_mine", {"timestamp": timestamp})

    mine(wanted.blocks[0].timestamp - 1, [send(contract.bytecode, None) for contract in CONTRACTS])
    for number, block in enumerate(wanted.blocks):
        mine(block.timestamp, [send(data, to) for to, data in _transactions(wanted, number, block)])
        if number % BLOCKS_PER_WORD == 0:
            say(f"chain {wanted.chain}: {number} of {len(wanted.blocks)} blocks of its past")


def _transactions(wanted: plan.Plan, number: int, block: plan.Block) -> Iterator[tuple[str, str]]:
    """The address and the call data of every transaction of one block."""
    base = (wanted.seed * 1_000_003 + wanted.chain) * 1_000_000 + number
    for start in range(0, block.transfers, EVENTS_PER_TRANSACTION):
        count = min(EVENTS_PER_TRANSACTION, block.transfers - start)
        yield POINTS.address, POINTS.call("churn", base * 1_000 + start, count, wanted.holders)
    if block.opened:
        yield VAULT.address, VAULT.call("open", base, block.opened, wanted.holders)
    if block.closed:
        yield VAULT.address, VAULT.call("close", base, block.closed)
    if block.prices:
        yield VAULT.address, VAULT.call("price", base, block.prices)
    if block.awarded:
        yield BADGES.address, BADGES.call("award", base, block.awarded, wanted.holders)
