"""An ETL over two real belts of two releases: moved, killed, and over a chain that takes blocks back."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from belts import envio
from belts.envio.release import RELEASES
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import control
from examples import forms
from examples.etl.sqlite_copy import Copy
from tests.conftest import Ports
from tests.live import plain, world
from tests.live.hosts import CHECKOUT, Hosts, wait_until

pytestmark = [pytest.mark.live, pytest.mark.deep]

CHAINS = (1, 10)
ENTITIES = ("Account", "ChainActivity", "Position", "Price", "Transfer")
ONCE = {"Transfer": {"chain": "chainId", "block": "blockNumber"}}
DEPTH = 75
"""The deepest `max_reorg_depth` of the example's two chains."""
ROUNDS, KILLS = 4, 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Blue and green, which index the same, each by its own release."""

    hosts: Hosts
    rpc: dict[int, str]
    belts: dict[str, world.Belt]

    def head(self, chain: int) -> int:
        return int(asked(self.rpc[chain], "eth_blockNumber"), 16)

    def at_head(self) -> bool:
        return all(
            belt.progress() == {chain: self.head(chain) for chain in CHAINS} for belt in self.belts.values()
        )

    def content(self, belt: str) -> dict[str, dict[str, str]]:
        """All of its rows, as its own role for looking reads them."""
        with psycopg.connect(self.belts[belt].dsn(), options="-c timezone=UTC") as connection:
            return {
                entity: dict(
                    connection.execute(
                        f'select jsonb_build_array(id)::text, to_jsonb(e)::text from "{entity}" e'
                    ).fetchall()
                )
                for entity in ENTITIES
            }

    def is_passed(self) -> bool:
        return all(
            self.head(chain) > height
            for belt in self.belts.values()
            for chain, height in belt.progress().items()
        )

    def take_blocks_back(self) -> None:
        """A chain that is killed goes on from what it saved last; indexers that start again look at it anew.

        What a release makes of that is its own: the copy has to be what the belt is.
        """
        os.kill(self.hosts.pids("chains")["chain-10"], signal.SIGKILL)
        wait_until(lambda: answers(self.rpc[10]), "the chain is back", deadline_s=60)
        for name in self.belts:
            os.kill(self.hosts.pids(name)["indexer"], signal.SIGKILL)

    def stop(self, belt: str, program: str) -> None:
        with control.connect(Layout(root=self.hosts.root, belt=belt)) as connected:
            connected.stop([program])


def answers(rpc: str) -> bool:
    with suppress(httpx.HTTPError, ValueError, KeyError):
        return bool(asked(rpc, "eth_blockNumber"))
    return False


def asked(rpc: str, method: str, *parameters: Any) -> Any:
    answer = plain.post(rpc, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    return answer.json()["result"]


@pytest.fixture(scope="module")
def pair(ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    releases = {"blue": forms.own(), "green": next(each for each in RELEASES if each != forms.own())}
    with Hosts.temporary() as hosts:
        rpc = world.chains(hosts, ports, CHAINS, events=600)
        belts = {}
        for name, version in releases.items():
            project = forms.write(RELEASES[version], tmp_path_factory.mktemp(name) / "project")
            config = project / "config.blue.yaml"
            told = yaml.safe_load(config.read_text())
            key = RELEASES[version].config.chains
            told[key] = [chain for chain in told[key] if chain["id"] in CHAINS]
            config.write_text(yaml.safe_dump(told))
            digest = envio.read(project, config.name).digest
            fields = world.indexer_fields(rpc, port=ports.one(), ids=CHAINS)
            fields |= {"project": str(project), "digest": digest}
            belts[name] = world.brought_up(hosts, ports, name=name, chains=CHAINS, fields=fields)
        for each in belts.values():
            wait_until(each.caught_up, f"{each.name} has caught up", deadline_s=180)
        yield Pair(hosts=hosts, rpc=rpc, belts=belts)


@dataclass(kw_only=True)
class Alias:
    """Says which belt serves, as the gateway's `/_belt` does."""

    belt: str = "blue"
    url: str = ""


@contextmanager
def alias() -> Iterator[Alias]:
    says = Alias()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"belt": says.belt}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    says.url = f"http://127.0.0.1:{server.server_port}/_belt"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield says
    finally:
        server.shutdown()
        server.server_close()


@dataclass(kw_only=True)
class Etl:
    """The command, and its copy as others read it."""

    place: Path
    said: list[str] = field(default_factory=list)

    @classmethod
    def told(cls, place: Path, pair: Pair, status: str) -> "Etl":
        databases = {name: belt.dsn("consumer") for name, belt in pair.belts.items()}
        told = {"status": status, "databases": databases, "once": ONCE, "depth": DEPTH}
        settings = place / "etl.json"
        settings.touch(mode=0o600)
        settings.write_text(json.dumps(told))
        return cls(place=place)

    def command(self, *flags: str) -> list[str]:
        own = ("--settings", str(self.place / "etl.json"), "--copy", str(self.place / "copy.sqlite"))
        return [sys.executable, "-m", "examples.etl", *own, "--every", "0.05", *flags]

    def step(self, *flags: str) -> str:
        done = subprocess.run(
            self.command("--once", *flags), cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def killed_after(self, seconds: float) -> None:
        """Ended without a word, wherever it is."""
        with (self.place / "said").open("a") as said:
            process = subprocess.Popen(self.command(), cwd=CHECKOUT, stdout=said, stderr=said)
        time.sleep(seconds)
        process.kill()
        process.wait()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with Copy.opened(self.place / "copy.sqlite") as copy:
            return copy.file.execute(query).fetchall()

    def content(self) -> dict[str, dict[str, str]]:
        return {
            entity: dict(self.rows(f"select key, body from rows where entity = '{entity}'"))
            for entity in ENTITIES
        }

    def heights(self) -> dict[int, int]:
        return dict(self.rows("select chain, block from heights"))


def is_whole(etl: Etl) -> bool:
    """Whether the copy is what a belt held at one moment: each event of a chain is in every entity it makes.

    A row that is lost, doubled or of another moment breaks one of these sums. False while it was never whole.
    """
    if not etl.heights():
        return False
    content = {entity: [json.loads(body) for body in rows.values()] for entity, rows in etl.content().items()}
    activity = {int(row["id"]): row["events"] for row in content["ChainActivity"]}
    for chain, height in etl.heights().items():
        of = {
            entity: [row for row in rows if row.get("chainId") == chain] for entity, rows in content.items()
        }
        assert all(row["blockNumber"] <= height for row in of["Transfer"])
        assert sum(row["transfers"] for row in of["Account"]) == 2 * len(of["Transfer"])
        assert sum(row["balance"] for row in of["Account"]) == 0
        closed = sum(row["status"] == "CLOSED" for row in of["Position"])
        assert activity[chain] == len(of["Transfer"]) + len(of["Price"]) + len(of["Position"]) + closed
    return True


def test_through_moves_kills_and_undone_blocks(pair: Pair, tmp_path: Path) -> None:
    """Whole whenever it is looked at, and in the end what both belts hold, to the row."""
    draw = random.Random()  # no two runs are killed at the same moments
    with alias() as says:
        etl = Etl.told(tmp_path, pair, says.url)
        for turn in range(ROUNDS):
            says.belt = ("blue", "green")[turn % 2]
            for kill in range(KILLS):
                etl.killed_after(draw.uniform(0.5, 6))
                is_whole(etl)
                if kill == 1:
                    pair.take_blocks_back()
            etl.step()
            assert is_whole(etl)
        wait_until(pair.is_passed, "the chains are above all that was undone", deadline_s=120)
        pair.stop("chains", "traffic")
        for url in pair.rpc.values():
            asked(url, "evm_setIntervalMining", 0)
        wait_until(pair.at_head, "both belts are where the chains stand", deadline_s=60)
        for name in ("blue", "green", "blue"):
            says.belt = name
            etl.step()
            assert etl.content() == pair.content(name), name
