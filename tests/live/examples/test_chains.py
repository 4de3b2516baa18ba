"""A chain has its whole past when it answers, and keeps it through whatever ends it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from examples.chains import history, plan
from examples.chains.history import Past
from tests.live.examples.conftest import EVENTS, Running
from tests.live.hosts import CHECKOUT, wait_until

pytestmark = [pytest.mark.live, pytest.mark.deep]


def manifest(past: Past) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(past.manifest.read_text())
    return content


def transfers(known: dict[str, Any]) -> int:
    return int(known["contracts"][0]["events"]["Transfer"])


def test_answering_chain(running: Running) -> None:
    """When the port answers, the past is complete, its golden logs are in it, and time is now."""
    chain = running.chain(10, block_time=0.25)
    known = manifest(chain.past)

    assert chain.hash(known["head"]["number"]) == known["head"]["hash"]
    events = sum(count for contract in known["contracts"] for count in contract["events"].values())
    last = hex(known["head"]["number"])
    assert len(chain.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": last})) == events
    for golden in known["goldens"]:
        receipt = chain.call("eth_getTransactionReceipt", golden["transaction"])
        assert golden["logIndex"] in {int(log["logIndex"], 16) for log in receipt["logs"]}
    wait_until(lambda: chain.head() > known["head"]["number"] + 2, "blocks after the past")
    newest = chain.call("eth_getBlockByNumber", "latest", False)
    assert abs(int(newest["timestamp"], 16) - time.time()) < 5


def test_same_seed_twice(tmp_path: Path) -> None:
    """The same seed gives the same chain, to the hash of its last block; another seed another chain."""
    heads = []
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        past = Past(tmp_path / name)
        history.build(plan.plan(plan.CHAINS[7777777], seed=seed, events=1_000), past, say=lambda _: None)
        heads.append(manifest(past)["head"]["hash"])

    assert heads[0] == heads[1]
    assert heads[0] != heads[2]


def test_stopped_chain(running: Running) -> None:
    """A chain that was stopped resumes from its last block, so that no block that was seen is lost."""
    chain = running.chain(1, block_time=0.25)
    end = manifest(chain.past)["head"]["number"] + 8
    wait_until(lambda: chain.head() >= end, "some blocks")
    seen = {block: chain.hash(block) for block in range(end - 10, end + 1)}

    chain.end(signal.SIGTERM)
    again = running.chain(1, port=chain.port, block_time=0.25)

    assert {block: again.hash(block) for block in seen} == seen


def test_killed_chain(running: Running) -> None:
    """A chain that was killed at any moment comes back with its past."""
    chain = running.chain(1, block_time=0.25)
    head = manifest(chain.past)["head"]

    chain.end(signal.SIGKILL)
    (chain.past.directory / "live.state.json").write_text('{"torn":')
    again = running.chain(1, port=chain.port, block_time=0.25)

    assert again.hash(head["number"]) == head["hash"]
    wait_until(lambda: again.head() > head["number"] + 2, "new blocks")


def test_another_size(running: Running) -> None:
    """A different size is a different past: the chain does not resume from the old one."""
    chain = running.chain(80094)
    before = manifest(chain.past)
    chain.end(signal.SIGTERM)

    again = running.chain(80094, events=EVENTS * 2)

    after = manifest(again.past)
    assert again.hash(after["head"]["number"]) == after["head"]["hash"] != before["head"]["hash"]
    assert transfers(after) > transfers(before) * 1.9


def test_status(running: Running) -> None:
    """`status` prints the manifests of the chains that are there, as JSON."""
    chain = running.chain(7777777)

    done = subprocess.run(
        [sys.executable, "-m", "examples.chains", "status", "--directory", running.directory],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert json.loads(done.stdout) == {"7777777": manifest(chain.past)}


def test_nothing_at_home(running: Running) -> None:
    """A chain writes where it was told to and nowhere else: no cache of states in the home directory."""
    running.chain(42161)

    assert {entry.name for entry in running.directory.iterdir()} == {"42161", "examples.chains.log"}
