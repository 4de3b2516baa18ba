"""The code that is judged, against the host of those who judge it: every try is refused by itself."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from belts import envio
from belts.envio.release import LATEST
from belts.files import private_dir, write_private
from belts.runtimes.process import lease_files, toolchain
from belts.runtimes.process.confine import landlock, users
from belts.runtimes.process.confine.cage import Cage
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import handover
from belts.runtimes.process.seed.workspace import Workspace
from belts.runtimes.process.supervise import identity, launch
from belts.runtimes.process.supervise.programs import Program
from belts.spec.indexer import Indexer
from tests.conftest import Ports
from tests.live import world
from tests.live.hosts import Hosts, answers, wait_until
from tests.live.process import conftest as build
from tests.live.small import small

pytestmark = pytest.mark.live
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has users to give")
HOSTILE = Path(__file__).with_name("hostile.js")
PTRACE = {"x86_64": 101, "aarch64": 117}
LEAST = {"sharedBuffersMb": 16, "memoryMb": 64}
SHARED = (toolchain.modules() / "envio", Path(launch.__file__).parent, users.TAKEN)
"""What no belt may write to, as others run it or trust it."""
WAYS = ("as it is", "by its user alone", "by Landlock alone")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Blue serves by a gateway's alias; green is a candidate, and what it would have."""

    hosts: Hosts

    @property
    def green(self) -> Layout:
        return Layout(root=self.hosts.root, belt="green")


@pytest.fixture(scope="module")
def scene(ports: Ports) -> Iterator[Scene]:
    with Hosts.temporary() as hosts:
        small(hosts, ports, "blue")
        hosts.apply("ledger", belt="gateway", port=ports.one())
        alias = private_dir(hosts.root / "gateway" / "alias")
        write_private(alias / "upstream", "127.0.0.1:1")
        lease_files.serve(hosts.root / "blue", gateway="gateway")
        hosts.apply("postgres", belt="green", **build.postgres(ports.one(), **LEAST))
        hosts.apply("engine", belt="green", **build.engine(ports.one()))
        yield Scene(hosts=hosts)


def aims(hosts: Hosts, *, modes: bool = True) -> dict[str, Any]:
    """Whatever an indexer of green has no business with, its own belt's secrets among it."""
    root, belts = hosts.root, ("blue", "green", "gateway")
    pids = {f"{name} of {belt}": pid for belt in belts for name, pid in hosts.pids(belt).items()}
    return {
        "files": [
            *(str(root / belt / "secrets.json") for belt in belts),
            *(str(root / belt / "requests" / "postgres.json") for belt in ("blue", "green")),
            *(str(root / belt / "postgres" / "data" / "PG_VERSION") for belt in belts),
            *(str(root / belt / "engine" / "database-url") for belt in ("blue", "green")),
            *(str(root / belt / "supervisor" / "programs" / "postgres.json") for belt in belts),
            *(str(root / belt / "logs" / "postgres.log") for belt in belts),
            *map(str, (root / "blue" / "leases").glob("*")),
            str(root / "gateway" / "alias" / "upstream"),
            "/etc/shadow",
            str(users.TAKEN / ".lock"),
        ],
        "folders": [
            *(str(root / belt) for belt in belts),
            *(str(root / belt / "postgres" / "data") for belt in belts),
            str(root / "blue" / "leases"),
            str(root / "gateway" / "alias"),
            str(root),
        ],
        "shared": list(map(str, SHARED)),
        "modes": modes,
        "pids": pids | {"the test": os.getpid()},
        "ptrace": PTRACE[os.uname().machine],
    }


def refused(seen: Mapping[str, Any], aims: Mapping[str, Any]) -> None:
    """Each by itself. Listed may be what is everybody's to read, and a root in which others are not shown."""
    told, places = seen["told"], aims["folders"]
    try:
        acts = len(aims["files"]) + (5 if aims["modes"] else 4) * len(places) + 7 * len(aims["pids"])
        assert len(told) == acts + len(aims["shared"]) + 1
        assert told.pop("its own folder") == "done: undefined"
        [root] = {str(Path(place).parent) for place in places if place.endswith("/green")}
        for name, ended in told.items():
            assert not ended.startswith("done") or (name, ended) == (f"list {root}", "done: green"), (
                name,
                ended,
            )
        for place in map(Path, places):
            assert not (place / "linked").is_symlink()
            assert not place.with_name(f"{place.name}.moved").exists()
            assert not (place / "planted").exists()
    finally:
        for place in SHARED:
            (place / "planted").unlink(missing_ok=True)


@as_root
@pytest.mark.parametrize("way", WAYS)
def test_hostile_code(scene: Scene, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as an indexer is run, it reads, writes, ends and traces nothing of anybody; one wall suffices."""
    if "Landlock" in way and not landlock.version():
        pytest.skip("this kernel has no Landlock")
    if way == "by its user alone":
        monkeypatch.setattr(handover, "_views_are_allowed", lambda: False)
    layout, home = scene.green, scene.green.of_part("indexer") / way.replace(" ", "-")
    private_dir(home / "project")
    shutil.copy(HOSTILE, home / "project" / "hostile.js")
    space = Workspace(home=home, packages=toolchain.modules(), release=LATEST)
    cage = alone(handover.hand(layout, indexer(home), space), way)
    work = home / handover.WORK
    if cage.user is None:
        os.chown(work, 0, 0)
    # Modes of files are nothing that Landlock keeps: docs/host.md says so.
    wanted = aims(scene.hosts, modes=way != "by Landlock alone")
    program = Program(
        name="indexer",
        argv=(str(toolchain.node()), str(home / "project" / "hostile.js")),
        cwd=home / "project",
        env={"BELTS_AIMS": json.dumps(wanted), "TMPDIR": str(work)},
        cage=cage,
    )
    done = identity.run_tool(layout, program)
    assert done.returncode == 0, done.stdout
    seen = json.loads((work / "told.json").read_text())
    refused(seen, wanted)
    assert seen["user"] == (cage.user or 0)
    assert set(seen["groups"]) <= {cage.user or 0}


def alone(whole: Cage, way: str) -> Cage:
    """One of the walls by itself: Landlock that lets all files through, or no user and no view."""
    if way == "by its user alone":
        return replace(whole, read=(Path("/"),), write=(Path("/"),))
    return replace(whole, user=None, hidden=()) if way == "by Landlock alone" else whole


def indexer(home: Path) -> Indexer:
    return Indexer(project=home, digest="d", chains=(1,), port=1, heap_mb=128)


@as_root
def test_a_hostile_handler(hosts: Hosts, ports: Ports) -> None:
    """In a real candidate, which indexes on, and is seeded, healed and removed as any belt is."""
    rpc = world.chains(hosts, ports, world.BLUE, events=600)
    small(hosts, ports, "blue")
    hosts.apply("postgres", belt="green", **build.postgres(ports.one()))
    hosts.apply("engine", belt="green", **build.engine(ports.one()))
    hosts.apply("ledger", belt="gateway", port=ports.one())
    private_dir(hosts.root / "blue" / "leases")
    write_private(hosts.root / "gateway" / "alias" / "upstream", "127.0.0.1:1")
    project = hosts.root.parent / f"{hosts.root.name}-project"
    shutil.copytree(world.PROJECT, project, ignore=shutil.ignore_patterns("generated", "node_modules"))
    handler = project / "src" / "points.ts"
    handler.write_text(handler.read_text() + HOSTILE.read_text())
    fields = world.indexer_fields(rpc, port=ports.one())
    fields |= {"project": str(project), "digest": envio.read(project, "config.blue.yaml").digest}
    wanted = aims(hosts)
    fields["env"] |= {"BELTS_AIMS": json.dumps(wanted)}
    result = hosts.apply("indexer", belt="green", **fields)
    assert answers(result["metrics"])
    number = users.of(hosts.root / "green")
    assert number is not None
    assert users.of(hosts.root / "blue") is None, "who judges nobody runs nobody's code"
    pid = hosts.pids("green")["indexer"]
    assert (Path("/proc") / str(pid)).stat().st_uid == number
    held = {"user": number, "landlock": landlock.version() > 0, "socketsHidden": True}
    assert hosts.status("green")["indexer"] == held
    [told] = (hosts.root / "green" / "indexer").glob("*/work/told.json")
    seen = json.loads(told.read_text())
    assert (seen["user"], seen["groups"]) == (number, [number])
    refused(seen, wanted)
    shutil.rmtree(project)
    os.kill(hosts.pids("green")["supervisord"], 9)
    wait_until(lambda: not (Path("/proc") / str(pid)).exists(), "the indexer dies with its supervisor")
    assert hosts.run("heal", "--root", str(hosts.root), "green").code == 0
    assert answers(result["metrics"])
    assert hosts.run("remove", "--all", "--root", str(hosts.root), "green").code == 0
    assert not (hosts.root / "green").exists()
    assert users.of(hosts.root / "green") is None
