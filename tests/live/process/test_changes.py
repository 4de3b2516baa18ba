"""Changes of a project on a belt that holds data, with real Envio: what each class comes to."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from belts import envio
from belts.runtimes.process import lease_files
from tests.conftest import Ports
from tests.live import world
from tests.live.hosts import CHECKOUT, Answer, Hosts, wait_until
from tests.live.process import conftest as build
from tests.live.stacks.world import alive

pytestmark = pytest.mark.live

CHAINS = (1, 10)
VAULT = {"name": "Vault", "address": "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"}
FRESH = "this change needs a fresh belt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Changing:
    """A belt with a project of its own, which the test edits as its author would."""

    hosts: Hosts
    rpc: dict[int, str]
    port: int
    indexer: int
    project: Path

    def fields(self, **changed: Any) -> dict[str, Any]:
        found = envio.read(self.project, "config.yaml")
        known = world.indexer_fields(self.rpc, port=self.indexer, ids=found.chains)
        own = {"project": str(self.project), "config": "config.yaml", "digest": found.digest}
        return known | own | changed

    def asks(self, verb: str, **changed: Any) -> Answer:
        return self.hosts.ask(verb, "indexer", **self.fields(**changed))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        secret = self.hosts.secrets("blue")["superuser"]
        dsn = make_conninfo(
            host="127.0.0.1", port=self.port, user="postgres", password=secret, dbname="belts"
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            done = connection.execute(query)
            return done.fetchall() if done.description else []

    def heights(self) -> dict[int, int]:
        return dict(self.rows("select id::int8, progress_block::int8 from envio_chains"))

    def head(self, chain: int) -> int:
        return int(asked(self.rpc[chain], "eth_blockNumber"), 16)

    def caught_up(self) -> bool:
        return all(height >= self.head(chain) - 2 for chain, height in self.heights().items())

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.project / file).read_text()
        assert old in text
        (self.project / file).write_text(text.replace(old, new, 1))

    def config(self, change: Callable[[dict[str, Any]], Any]) -> None:
        told = yaml.safe_load((self.project / "config.yaml").read_text())
        change(told)
        (self.project / "config.yaml").write_text(yaml.safe_dump(told))

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Its project, put back after what was refused."""
        kept = self.project.with_name("kept")
        shutil.copytree(self.project, kept)
        try:
            yield
        finally:
            shutil.rmtree(self.project)
            kept.rename(self.project)


def asked(rpc: str, method: str, *parameters: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    question = urllib.request.Request(rpc, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(question, timeout=10) as answer:
        return json.load(answer)["result"]


@pytest.fixture(scope="module")
def rpc(ports: Ports) -> Iterator[dict[int, str]]:
    with Hosts.temporary() as hosts:
        yield world.chains(hosts, ports, CHAINS, events=600)


@pytest.fixture
def belt(ports: Ports, rpc: dict[int, str], tmp_path: Path) -> Iterator[Changing]:
    """One that has just been seeded, and syncs. Its second chain has no vault yet."""
    project = tmp_path / "project"
    shutil.copytree(world.PROJECT, project, ignore=shutil.ignore_patterns("generated", "node_modules"))
    told = yaml.safe_load((project / "config.blue.yaml").read_text())
    told["chains"] = [{**chain, "contracts": list(chain["contracts"])} for chain in told["chains"][:2]]
    told["chains"][1]["contracts"] = [one for one in told["chains"][1]["contracts"] if one["name"] != "Vault"]
    (project / "config.yaml").write_text(yaml.safe_dump(told))
    # Its vault begins in the middle of its life: what is closed may have been opened before.
    vault = project / "src" / "vault.ts"
    opened = "  const position = await context.Position.getOrThrow(`${event.chainId}-${event.params.id}`);\n"
    maybe = opened.replace("getOrThrow", "get") + "  if (!position) return;\n"
    assert opened in vault.read_text()
    vault.write_text(vault.read_text().replace(opened, maybe))
    port, engine, indexer = ports.block(3)
    with Hosts.temporary() as hosts:
        hosts.apply("postgres", **build.postgres(port))
        hosts.apply("engine", **build.engine(engine))
        made = Changing(hosts=hosts, rpc=rpc, port=port, indexer=indexer, project=project)
        hosts.apply("indexer", **made.fields())
        yield made


def serving(belt: Changing) -> None:
    wait_until(belt.caught_up, "it has caught up", deadline_s=120)
    lease_files.serve(belt.hosts.root / "blue", gateway="gateway")


def soaking(belt: Changing) -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    serving(belt)
    until = datetime.now(UTC) + timedelta(hours=1)
    lease_files.soak(belt.hosts.root / "blue", gateway="gateway", until=until)


def syncing(_: Changing) -> None:
    """It has just been seeded, and its past is ahead of it."""


STATES = [
    serving,
    pytest.param(syncing, marks=pytest.mark.deep),
    pytest.param(soaking, marks=pytest.mark.deep),
]


def goes_free(belt: Changing) -> None:
    """A comment, a description and an RPC: the indexer goes on, and the belt is who it was."""
    before = belt.rows("select nonce, project, schema from belts.seeding")
    belt.edit("src/points.ts", "Points.Transfer.handler", "// said\nPoints.Transfer.handler")
    belt.edit("schema.blue.graphql", '"""Points that moved', '"""Points which moved')
    belt.config(lambda told: told["chains"][0]["rpc"].update(polling_interval=900))
    told = belt.asks("check")
    assert "its Envio project changes: free" in told.said, told.said
    result = belt.hosts.apply("indexer", **belt.fields())
    assert belt.rows("select nonce, project, schema from belts.seeding") == before
    assert [result["projectDigest"], result["schemaDigest"]] == list(before[0][1:])
    moves_on(belt)


def goes_forward(belt: Changing) -> None:
    """New handler code goes on by its word alone, and above the heights that are written down alone."""
    belt.edit("src/points.ts", "Hash: event.transaction.hash,", "Hash: `v2-${event.transaction.hash}`,")
    pids = belt.hosts.pids()
    refused = belt.asks("check")
    assert refused.code == 1
    assert "expected: the operator's word for this change: forward-" in refused.said
    word = refused.said.partition("pulumi config set forwardOnly ")[2].split()[0]
    other = belt.asks("apply", forwardOnly="forward-000000000000")
    assert other.code == 1
    assert "the word forward-000000000000" in other.said
    assert belt.hosts.pids() == pids
    assert "forward only" in belt.asks("check", forwardOnly=word).said
    belt.hosts.apply("indexer", **belt.fields(forwardOnly=word))
    [(kind, said, heights)] = belt.rows(
        "select class, word, heights from belts.changes where class <> 'free'"
    )
    assert (kind, said) == ("forward only", word)
    moves_on(belt)
    is_new_above(belt, heights)
    assert belt.asks("check", forwardOnly=word).code == 0
    assert "is for another change" in belt.asks("check", forwardOnly="forward-000000000000").said


def is_new_above(belt: Changing, heights: dict[str, int]) -> None:
    """The new code's rows are those above these heights, and no others."""
    wait_until(
        lambda: belt.rows('select 1 from "Transfer" where "transactionHash" like \'v2-%\' limit 1'), "new"
    )
    for chain, height in heights.items():
        wrong = belt.rows(
            'select count(*) from "Transfer" where "chainId" = '
            f'{chain} and ("blockNumber" > {height}) <> ("transactionHash" like \'v2-%\')'
        )
        assert wrong == [(0,)], (chain, height)


def is_refused(belt: Changing) -> None:
    """What needs a fresh belt is refused with its reason and the way on; nothing is touched."""
    pids = belt.hosts.pids()
    for change, reason in (
        (lambda told: told["chains"].append({**told["chains"][0], "id": 8453}), "chain added: chain 8453"),
        (lambda told: told["chains"].pop(), "chain removed: chain 10"),
        (lambda told: told["chains"][1]["contracts"].append(VAULT), "contract reached: Vault on chain 10"),
    ):
        with belt.as_it_was():
            belt.config(change)
            answer = belt.asks("check")
        assert answer.code == 1
        assert FRESH in answer.said
        assert reason in answer.said
        assert "pulumi config set upstream NEW --stack gateway" in answer.said
    with belt.as_it_was():
        belt.edit("schema.blue.graphql", "  logIndex: Int!\n", "")
        answer = belt.asks("apply")
    assert (answer.code, "entity: schema: Transfer: logIndex is gone" in answer.said) == (1, True)
    assert belt.hosts.pids() == pids


def resumes(belt: Changing) -> None:
    """A contract from a block ahead is indexed from there: every log of it, and none below."""
    start = max(belt.head(10), belt.heights()[10]) + 12
    new = {**VAULT, "start_block": start}
    belt.config(lambda told: told["chains"][1]["contracts"].append(new))
    assert "its Envio project changes: resume" in belt.asks("check").said
    belt.hosts.apply("indexer", **belt.fields())
    assert belt.rows("select class from belts.changes where class <> 'free'") == [("resume",)]
    wait_until(lambda: belt.heights()[10] >= start + 15, "it is past that block", deadline_s=120)
    height = belt.heights()[10]
    logs = asked(
        belt.rpc[10],
        "eth_getLogs",
        {"address": VAULT["address"], "fromBlock": hex(start), "toBlock": hex(height)},
    )
    rows = belt.rows(
        "select block_number::int8, log_index::int8 from raw_events where chain_id = 10"
        f" and contract_name = 'Vault' and block_number <= {height} order by 1, 2"
    )
    assert rows == sorted((int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in logs)
    assert rows, "the vault of that chain did nothing in these blocks"


def moves_on(belt: Changing) -> None:
    before = belt.heights()
    wait_until(
        lambda: all(height > before[chain] for chain, height in belt.heights().items()),
        "every chain moves on",
        deadline_s=60,
    )


@pytest.mark.parametrize("state", STATES)
def test_a_project_changes(belt: Changing, state: Callable[[Changing], None]) -> None:
    """Free, forward only and fresh belt, one after the other, on one belt."""
    state(belt)
    is_refused(belt)
    goes_free(belt)
    goes_forward(belt)


@pytest.mark.deep
@pytest.mark.parametrize("state", [serving, syncing, soaking])
def test_a_contract_from_a_block_ahead(belt: Changing, state: Callable[[Changing], None]) -> None:
    state(belt)
    resumes(belt)


@pytest.mark.deep
def test_a_change_that_dies_with_its_supervisor(belt: Changing) -> None:
    """Written down and not yet carried out: nobody brings the old code back, and the next update goes on."""
    serving(belt)
    belt.edit("src/points.ts", "Hash: event.transaction.hash,", "Hash: `v2-${event.transaction.hash}`,")
    word = belt.asks("check").said.partition("pulumi config set forwardOnly ")[2].split()[0]
    request = belt.hosts.request("indexer", **belt.fields(forwardOnly=word))
    dies = [sys.executable, "-m", "tests.live.process.dying", "after", "seed.seeding", "change", "1"]
    done = subprocess.run(
        dies, cwd=CHECKOUT, input=json.dumps(request), text=True, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    supervisor = belt.hosts.pids()["supervisord"]
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not alive(supervisor), "its supervisor is dead")
    belt.hosts.run("keep", "--once", "--root", str(belt.hosts.root), "blue")
    assert set(belt.hosts.pids()) >= {"postgres", "supervisord"}
    [(heights,)] = belt.rows("select heights from belts.changes")
    ahead = belt.head(10) + 3
    wait_until(lambda: belt.head(10) >= ahead, "the chains go on")
    assert belt.heights() == {int(chain): height for chain, height in heights.items()}
    assert not belt.hosts.pids().get("indexer")
    belt.hosts.apply("indexer", **belt.fields(forwardOnly=word))
    assert belt.rows("select heights from belts.changes") == [(heights,)]
    moves_on(belt)
    is_new_above(belt, heights)


@pytest.mark.deep
def test_a_belt_without_data(belt: Changing) -> None:
    """Whatever changes before it is seeded is no change; a word in its config is for another belt."""
    belt.hosts.remove("indexer", **belt.fields())
    belt.rows("update belts.seeding set state = 'started'")
    note = belt.hosts.root / "blue" / "postgres" / "seeding.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"state": "started"}))
    belt.config(lambda told: told["chains"].pop())
    assert "is for another change" in belt.asks("check", forwardOnly="forward-000000000000").said
    assert belt.hosts.apply("indexer", **belt.fields())["chains"] == [1]


def test_a_belt_is_seeded_anew(belt: Changing) -> None:
    """By a higher number alone, and not while a gateway needs it; what goes is said before."""
    serving(belt)
    before = belt.rows("select nonce from belts.seeding")
    held = belt.asks("check", seed=2)
    assert (held.code, "it may not be seeded anew now (1 → 2)" in held.said) == (1, True)
    assert "it serves for gateway" in held.said
    shutil.rmtree(belt.hosts.root / "blue" / "leases")
    (belt.hosts.root / "blue" / "leases").mkdir()
    belt.config(lambda told: told["chains"].pop())
    told = belt.asks("check", seed=2)
    assert told.code == 0, told.said
    assert "is seeded anew (1 → 2); what goes: 2 chains, " in told.said
    assert " rows, 0.0 hours of sync" in told.said
    result = belt.hosts.apply("indexer", **belt.fields(seed=2))
    assert result["chains"] == [1]
    assert belt.rows("select nonce from belts.seeding") != before
    lease_files.expect(
        belt.hosts.root / "blue", gateway="gateway"
    )  # from its beginning to its end nobody could
    lease_files.forget(belt.hosts.root / "blue", gateway="gateway")
    lower = belt.asks("check")
    assert (lower.code, "is lower than the one that it has" in lower.said) == (1, True)
    assert belt.asks("check", seed=2).code == 0
