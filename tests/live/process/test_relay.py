"""The relay between a real indexer and real chains: what it holds back, and what its death costs."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from belts import samples
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import relay
from tests.conftest import Ports
from tests.live import plain, world
from tests.live.hosts import CHECKOUT, Hosts, answers, wait_until

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(600)]

IDS = world.BLUE
SLOW, QUICK = 2, 1_000
ROWS = {
    "raw_events": "select chain_id, block_number, log_index, event_name, params::text,"
    " transaction_fields::text from raw_events where chain_id = %s and block_number <= %s order by 1, 2, 3",
    "Transfer": 'select * from "Transfer" where "chainId" = %s and "blockNumber" <= %s order by id',
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A belt behind a relay that is let through slowly, and one that asks its chains itself."""

    hosts: Hosts
    rpc: dict[int, str]
    port: int
    relayed: world.Belt
    direct: world.Belt
    fields: dict[str, Any]

    def heads(self) -> dict[int, int]:
        places = self.hosts.root / "chains" / "chains"
        return {chain: _head(places / str(chain)) for chain in IDS}

    def calls(self) -> dict[tuple[int, str], float]:
        told = plain.get(f"http://127.0.0.1:{self.port}/metrics").text
        calls = samples.by_label(samples.read(told), "chain", "belts_relay_calls_total")
        return {(int(chain), one.labels["outcome"]): one.value for chain, one in calls}


def _head(place: Path) -> int:
    head: int = json.loads((place / "history.json").read_text())["head"]["number"]
    return head


@pytest.fixture(scope="module")
def scene(ports: Ports) -> Iterator[Scene]:
    with Hosts.temporary() as hosts:
        rpc = world.chains(hosts, ports, IDS, events=600)
        direct = world.belt(hosts, ports, rpc, name="direct", config="config.blue.yaml", ids=IDS)
        port = ports.one()
        fields = world.indexer_fields(rpc, port=ports.one()) | {
            "relay": {"port": port, "requestsPerSecond": SLOW}
        }
        relayed = world.brought_up(hosts, ports, name="relayed", chains=IDS, fields=fields)
        yield Scene(hosts=hosts, rpc=rpc, port=port, relayed=relayed, direct=direct, fields=fields)


def test_a_relay_that_is_killed_in_the_middle_of_the_sync(scene: Scene) -> None:
    """Its supervisor brings it back, the indexer waits for it, and the rows are those of the other belt.

    Slow enough to be killed in the middle, and then let through: the setting changes in place.
    """
    heads = scene.heads()
    for _ in range(2):
        pid = scene.hosts.pids("relayed")["relay"]
        os.kill(pid, signal.SIGKILL)
        before = scene.relayed.progress()
        assert any(before[chain] < heads[chain] for chain in IDS), "it was to be killed before the end"
        wait_until(partial(_is_another, scene, pid), "the relay is back")
        wait_until(partial(_goes_on, scene.relayed, before), "the belt goes on", deadline_s=60)
    quick = {"port": scene.port, "requestsPerSecond": QUICK}
    scene.hosts.apply("indexer", belt="relayed", **scene.fields | {"relay": quick})
    for belt in (scene.relayed, scene.direct):
        wait_until(partial(_holds, belt, heads), f"{belt.name} holds the past", deadline_s=240)
    for table, query in ROWS.items():
        for chain in IDS:
            theirs, own = (_rows(belt, query, chain, heads[chain]) for belt in (scene.direct, scene.relayed))
            assert own == theirs, f"{table} of chain {chain}"
            assert own, f"{table} of chain {chain} has rows to compare"


def test_whom_it_says_that_the_belt_indexes_from(scene: Scene) -> None:
    """What stands behind the relay, in what the belt tells and in what the relay itself tells."""
    told = scene.relayed.indexer
    assert told["sources"] == {str(chain): [scene.rpc[chain]] for chain in IDS}
    metrics = plain.get(told["relay"]).text
    assert relay.dialled(metrics) == set(scene.rpc.items())
    assert scene.direct.indexer["relay"] is None


def test_the_indexer_asks_nobody_but_the_relay(scene: Scene) -> None:
    """Its calls are counted, and what it runs names no chain's own port."""
    assert all(scene.calls()[chain, "answered"] > 0 for chain in IDS)
    layout = Layout(root=scene.hosts.root, belt="relayed")
    [config] = layout.of_part("indexer").glob("*/project/belts-relayed.yaml")
    text = config.read_text()
    assert all(url not in text and f"BELTS_RPC_{chain}" not in text for chain, url in scene.rpc.items())
    ports = {int(url.rpartition(":")[2]) for url in scene.rpc.values()}
    assert not _dialled_by(scene.hosts.pids("relayed")["indexer"]) & ports
    assert _dialled_by(scene.hosts.pids("direct")["indexer"]) & ports, "the look itself sees such a dial"


def test_a_relay_that_hangs(scene: Scene) -> None:
    """It is restarted like any part, three times within an hour; then it is told and left, as doctor says."""
    hosts = scene.hosts
    with _kept(hosts):
        for restart in (1, 2, 3):
            wait_until(lambda: answers(f"http://127.0.0.1:{scene.port}/metrics"), "it answers", deadline_s=60)
            before = _stopped(hosts)
            wait_until(partial(_is_another, scene, before), f"restart {restart}", deadline_s=60)
        wait_until(lambda: answers(f"http://127.0.0.1:{scene.port}/metrics"), "it answers", deadline_s=60)
        before, indexer = _stopped(hosts), hosts.pids("relayed")["indexer"]
        wait_until(lambda: hosts.status("relayed")["hangs"], "an alarm", deadline_s=60)
        assert "its relay has hung since" in hosts.status("relayed")["hangs"][0]
        said = hosts.run("doctor", "--json", "--root", str(hosts.root), "relayed").result["relayed"]["found"]
        assert [each["cause"] for each in said if each["seen"][0].startswith("relay: ")] == ["part hangs"]
        assert (hosts.pids("relayed")["relay"], hosts.pids("relayed")["indexer"]) == (before, indexer)
        os.kill(before, signal.SIGCONT)
        wait_until(lambda: not hosts.status("relayed")["hangs"], "no alarm", deadline_s=60)


def _stopped(hosts: Hosts) -> int:
    number = hosts.pids("relayed")["relay"]
    os.kill(number, signal.SIGSTOP)
    return number


@contextmanager
def _kept(hosts: Hosts) -> Iterator[None]:
    """While a keeper runs."""
    command = [sys.executable, "-m", "belts", "keep", "--patience", "6", "--root", str(hosts.root)]
    with subprocess.Popen(command, cwd=CHECKOUT) as keeper:
        try:
            yield
        finally:
            keeper.terminate()


def test_the_relay_is_taken_away_again(scene: Scene) -> None:
    """The belt asks its chains itself from there on, and nothing of the relay is left."""
    fields = {key: value for key, value in scene.fields.items() if key != "relay"}
    told = scene.hosts.apply("indexer", belt="relayed", **fields)
    layout = Layout(root=scene.hosts.root, belt="relayed")
    assert told["relay"] is None
    assert "relay" not in scene.hosts.pids("relayed")
    assert not layout.of_part("relay").exists()
    before = scene.relayed.progress()
    wait_until(partial(_goes_on, scene.relayed, before), "the belt goes on")


def _is_another(scene: Scene, pid: int) -> bool:
    now = scene.hosts.pids("relayed").get("relay")
    return now is not None and now not in {0, pid}


def _goes_on(belt: world.Belt, before: dict[int, int]) -> bool:
    return belt.progress() != before


def _holds(belt: world.Belt, heads: dict[int, int]) -> bool:
    now = belt.progress()
    return all(now[chain] >= head for chain, head in heads.items())


def _rows(belt: world.Belt, query: str, chain: int, head: int) -> list[tuple[Any, ...]]:
    with psycopg.connect(belt.dsn("postgres")) as connection:
        return connection.execute(query, (chain, head)).fetchall()


def _dialled_by(pid: int) -> set[int]:
    """The far ports of a process' connections."""
    return {one.raddr.port for one in psutil.Process(pid).net_connections("tcp") if one.raddr}
