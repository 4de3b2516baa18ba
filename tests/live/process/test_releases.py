"""Every release that belts run: seeded, told to the engine, restarted, stopped; and a skipped chain is seen.

One in every run, on the release that the demo and the tests run by default; the others in the deep ones.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from belts import envio
from belts.envio import npm, pnpm
from belts.envio.lock import lock_of
from belts.envio.release import RELEASES, EnvioRelease
from belts.runtimes.process import toolchain
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import packages
from examples import forms
from tests.conftest import Ports
from tests.live import places, plain, world
from tests.live.hosts import Hosts, answers, listens, mentions, processes, wait_until
from tests.live.process import conftest as build

pytestmark = pytest.mark.live

CONFIG = "config.blue.yaml"
ENTITIES = {"Transfer", "Account", "Position", "Price", "ChainActivity"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """A belt without its indexer, and the example in the form of one release."""

    hosts: Hosts
    release: EnvioRelease
    project: Path
    rpc: dict[int, str]
    port: int
    engine: int
    indexer: int

    def fields(self, **changed: Any) -> dict[str, Any]:
        fields = world.indexer_fields(self.rpc, port=self.indexer)
        fields |= {"project": str(self.project), "digest": envio.read(self.project, CONFIG).digest}
        return fields | changed

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        secret = self.hosts.secrets("blue")["superuser"]
        dsn = make_conninfo(
            host="127.0.0.1", port=self.port, user="postgres", password=secret, dbname="belts"
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def log(self) -> str:
        return (self.hosts.root / "blue" / "logs" / "indexer.log").read_text()

    def processes(self) -> list[int]:
        """All that runs of its indexer, by whatever it was started."""
        return [pid for pid in processes() if mentions(pid, self.hosts.root / "blue" / "indexer")]


@pytest.fixture(scope="module")
def rpc(ports: Ports) -> Iterator[dict[int, str]]:
    with Hosts.temporary() as hosts:
        yield world.chains(hosts, ports, world.BLUE, events=600)


@pytest.fixture(
    params=[
        pytest.param(release, id=version, marks=[] if version == forms.own() else [pytest.mark.deep])
        for version, release in RELEASES.items()
        if release.generates
    ]
)
def release(request: pytest.FixtureRequest) -> EnvioRelease:
    found: EnvioRelease = request.param
    return found


@pytest.fixture
def project(release: EnvioRelease) -> Iterator[Path]:
    """The example in the form of one release."""
    place = places.temporary("b-p-")
    yield forms.write(release, place / "project")
    shutil.rmtree(place)


@pytest.fixture
def belt(hosts: Hosts, ports: Ports, rpc: dict[int, str], release: EnvioRelease, project: Path) -> Belt:
    """Above it lie packages that are not its own, as with a root inside a checkout."""
    port, engine, indexer = ports.block(3)
    for name in ("envio", "rescript-schema"):
        _with_a_mistake(hosts.root / "node_modules" / name)
    hosts.apply("postgres", **build.postgres(port))
    hosts.apply("engine", **build.engine(engine))
    return Belt(
        hosts=hosts,
        release=release,
        project=project,
        rpc=rpc,
        port=port,
        engine=engine,
        indexer=indexer,
    )


def test_its_life(belt: Belt) -> None:
    """It seeds every chain, tells the engine of every table, goes on after a kill, and stops as a whole."""
    result = belt.hosts.apply("indexer", **belt.fields())
    assert result["chains"] == sorted(world.BLUE)
    assert result["version"] == belt.release.version

    tables = {table["table"]["name"]: table for table in metadata(belt)}
    assert {*ENTITIES, "raw_events", "_meta", "chain_metadata"} <= set(tables)
    for name in ENTITIES:
        assert [each["role"] for each in tables[name]["select_permissions"]] == ["public"]
    assert {each["name"] for each in tables["Transfer"]["object_relationships"]} == {"from", "to"}
    assert {each["name"] for each in tables["Account"]["array_relationships"]} >= {"outgoing", "incoming"}
    assert '"log.level":"error"' not in belt.log()

    [before] = belt.processes()
    wait_until(lambda: belt.ask('select 1 from "Transfer" limit 1'), "rows are written", deadline_s=90)
    progress = dict(belt.ask("select id, progress_block from envio_chains"))
    os.kill(before, signal.SIGKILL)
    wait_until(after(belt, before), "it is started again", deadline_s=90)
    wait_until(lambda: answers(result["metrics"]), "it answers again", deadline_s=90)
    again = dict(belt.ask("select id, progress_block from envio_chains"))
    assert all(again[chain] >= block for chain, block in progress.items())

    belt.hosts.remove("indexer", **belt.fields())
    assert belt.processes() == []
    assert not listens(belt.indexer)


def _with_a_mistake(package: Path) -> None:
    """One that cannot be compiled."""
    (package / "src").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": package.name, "version": "9.9.9"}))
    built = {
        "name": package.name,
        "sources": "src",
        "package-specs": {"module": "esmodule", "in-source": True},
    }
    (package / "rescript.json").write_text(json.dumps({**built, "suffix": ".res.mjs"}))
    (package / "src" / "Mistake.res").write_text('let one: int = "no number"\n')


@pytest.mark.deep
def test_by_the_lock_of_pnpm(belt: Belt) -> None:
    """A project that pnpm has locked runs the packages of that lock, in the places in which npm puts them."""
    _lock_by_pnpm(belt.project)
    result = belt.hosts.apply("indexer", **belt.fields())
    assert result["chains"] == sorted(world.BLUE)
    wait_until(lambda: belt.ask('select 1 from "Transfer" limit 1'), "rows are written", deadline_s=90)
    [place] = {
        place.resolve().parent for place in (belt.hosts.root / "blue" / "indexer").glob("*/node_modules")
    }
    lock = lock_of(belt.project, belt.release, [])
    assert lock is not None
    versions = {each.name: each.version for each in lock.packages if each.name in belt.release.tools}
    for name, version in versions.items():
        package = json.loads((place / "node_modules" / name / "package.json").read_text())
        assert (package["name"], package["version"]) == (name, version)
    assert not (place / "node_modules" / "typescript").exists() or "typescript" in versions
    belt.hosts.remove("indexer", **belt.fields())


def _lock_by_pnpm(project: Path) -> None:
    """As its developer does it: with the package that Envio generates as a part of the workspace."""
    lock = lock_of(project, None, [])
    assert lock is not None
    assert lock.generated is not None
    (project / npm.FILE).unlink()
    package = json.loads((project / "package.json").read_text())
    package["dependencies"]["generated"] = "link:generated"
    (project / "package.json").write_text(json.dumps(package))
    (project / "generated").mkdir()
    (project / "generated" / "package.json").write_text(json.dumps({"name": "generated", **lock.generated}))
    (project / pnpm.WORKSPACE).write_text("packages: [., generated]\n")
    command = [str(toolchain.node()), str(toolchain.pnpm()), "install", "--lockfile-only", "--ignore-scripts"]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    shutil.rmtree(project / "generated")


def test_keys_of_its_config(hosts: Hosts, release: EnvioRelease, project: Path) -> None:
    """Neither a key that it takes is refused, nor one passed that it does not: its own schema says."""
    lock = lock_of(project, release, [])
    assert lock is not None
    layout = Layout(root=hosts.root, belt="blue")
    modules = packages.installed(layout, project, lock) / "node_modules"
    schema = json.loads((modules / "envio" / "evm.schema.json").read_text())
    of_chain = {"chains": "Chain", "networks": "Network"}[release.config.chains]
    keys, defined = release.config, schema["$defs"]
    assert keys.config == set(schema["properties"])
    assert keys.contract == set(defined["GlobalContract_for_ContractConfig"]["properties"])
    assert keys.event == set(defined["EventConfig"]["properties"])
    assert keys.chain == set(defined[of_chain]["properties"])
    assert keys.chain_contract == set(defined[f"{of_chain}Contract_for_ContractConfig"]["properties"])


@pytest.mark.deep
def test_a_skipped_chain(belt: Belt) -> None:
    """A chain that its config does not have is never seeded: the seed gate does not let it begin without.

    Every run tries it on its own release: test_seed_gate.py.
    """
    answer = belt.hosts.ask("apply", "indexer", **belt.fields(chains=[*world.BLUE, 42161]))
    assert answer.code == 1
    assert "attempt 3 of 3 to seed did not hold: the chain table was seeded without 42161" in answer.said
    assert belt.processes() == []


def after(belt: Belt, before: int) -> Callable[[], bool]:
    return lambda: len(found := belt.processes()) == 1 and found != [before]


def metadata(belt: Belt) -> list[dict[str, Any]]:
    answer = plain.post(
        f"http://127.0.0.1:{belt.engine}/v1/metadata",
        json={"type": "export_metadata", "args": {}},
        headers={"x-hasura-admin-secret": belt.hosts.secrets("blue")["admin"]},
    )
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["sources"][0]["tables"]
    return found
