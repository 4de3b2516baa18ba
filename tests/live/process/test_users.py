"""The host's parts as root, in a user namespace or as nobody, and as an ordinary user."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from belts import envio
from belts.runtimes.process import toolchain, verbs
from belts.runtimes.process.confine import landlock
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.supervise import control, identity, launch, supervisord
from belts.runtimes.process.wire.request import from_json
from tests.conftest import Ports
from tests.live import places, world
from tests.live.hosts import CHECKOUT, Hosts, listens, wait_until
from tests.live.process import conftest as build

pytestmark = pytest.mark.live
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="an ordinary user runs these tests: the others cover it"
)


@dataclass(frozen=True, slots=True)
class Somebody:
    """Runs the command as a user without any right of root's, in a home of its own.

    In its user namespace it is an ordinary one, and still may read a checkout that lies in root's home.
    """

    home: Path
    keeper: int

    def run(self, verb: str, *arguments: str, **request: Any) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "--user", f"--target={self.keeper}", "--preserve-credentials"]
        return subprocess.run(
            [*enter, sys.executable, "-m", "belts", verb, *arguments],
            cwd=CHECKOUT,
            env={"HOME": str(self.home), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def somebody() -> Iterator[Somebody]:
    home = places.temporary("b-t-u-")
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "sleep", "600"]
    with subprocess.Popen(command) as keeper:
        wait_until(lambda: _command(keeper.pid) == "sleep", "the namespace is there")
        somebody = Somebody(home, keeper.pid)
        yield somebody
        somebody.run("remove", "--all", "--root", str(home / "hosts"), "blue")
        keeper.kill()
    shutil.rmtree(home)


@as_root
def test_an_ordinary_user(somebody: Somebody, ports: Ports) -> None:
    """A belt comes up, survives a kill, heals and goes, without one thing that only root may do."""
    root, port = str(somebody.home / "hosts"), ports.one()
    wanted = {"version": 1, "part": "postgres", "root": root, "belt": "blue", **build.postgres(port)}
    up = somebody.run("apply", **wanted)
    assert up.returncode == 0, up.stderr
    seen = json.loads(somebody.run("status", "--json", "--root", root).stdout)["belts"]["blue"]
    postgres = seen["parts"]["postgres"]["programs"]["postgres"]
    assert _user_namespace(postgres) == _user_namespace(somebody.keeper), "it runs as who started it"
    os.kill(seen["supervisor"], signal.SIGKILL)
    wait_until(lambda: not listens(port), "Postgres dies with its supervisor")
    healed = somebody.run("heal", "--root", root)
    assert healed.returncode == 0, healed.stderr
    gone = somebody.run("remove", **wanted)
    assert gone.returncode == 0, gone.stderr
    assert not listens(port)
    assert not list((somebody.home / "hosts").iterdir())


@as_root
@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_an_ordinary_users_indexer(somebody: Somebody, hosts: Hosts, ports: Ports) -> None:
    """It indexes, and reads nothing of its own user's other belt, nor ends it, nor speaks to a supervisor."""
    root = somebody.home / "hosts"
    rpc = world.chains(hosts, ports, world.BLUE, events=600)
    at: dict[str, Any] = {"version": 1, "root": str(root)}
    blue = {**at, "part": "postgres", "belt": "red", **build.postgres(ports.one())}
    assert somebody.run("apply", **blue).returncode == 0
    seen = json.loads(somebody.run("status", "--json", "--root", str(root)).stdout)["belts"]["red"]
    pid = seen["parts"]["postgres"]["programs"]["postgres"]
    tried = {
        "files": [str(root / "red" / "secrets.json"), str(root / "blue" / "secrets.json")],
        "folders": [str(root / "red"), str(root / "red" / "postgres" / "data")],
        "shared": [],
        "modes": False,
        "pids": {"postgres of red": pid},
        "ptrace": 101,
        "sockets": [str(root / belt / "supervisor" / control.SOCKET) for belt in ("red", "blue")],
    }
    project = somebody.home / "project"
    shutil.copytree(world.PROJECT, project, ignore=shutil.ignore_patterns("generated", "node_modules"))
    handler = project / "src" / "points.ts"
    handler.write_text(handler.read_text() + Path(__file__).with_name("hostile.js").read_text())
    fields = world.indexer_fields(rpc, port=ports.one()) | {
        "project": str(project),
        "digest": envio.read(project, "config.blue.yaml").digest,
    }
    fields["env"] |= {"BELTS_AIMS": json.dumps(tried)}
    for part, each in (
        ("postgres", build.postgres(ports.one())),
        ("engine", build.engine(ports.one())),
        ("indexer", fields),
    ):
        up = somebody.run("apply", **at, part=part, belt="blue", **each)
        assert up.returncode == 0, up.stderr
    [told] = (root / "blue" / "indexer").glob("*/work/told.json")
    ended = json.loads(told.read_text())["told"]
    assert ended.pop("its own folder") == "done: undefined"
    assert not {name: how for name, how in ended.items() if how.startswith("done")}
    said = somebody.run("status", "--root", str(root)).stdout
    assert "blue: its indexer has no user of its own, and Landlock keeps it to its files" in said
    for belt in ("blue", "red"):
        assert somebody.run("remove", "--all", "--root", str(root), belt).returncode == 0


@as_root
def test_root_where_user_namespaces_are_denied(
    hosts: Hosts, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postgres runs as nobody, to whom the belt's directories let it pass; where it may not, that is told."""
    monkeypatch.setattr(identity, "for_postgres", lambda: "nobody")
    request = from_json(hosts.request("postgres", **build.postgres(ports.one())))
    binary = toolchain.postgres("postgres")
    if not all(place.stat().st_mode & stat.S_IXOTH for place in binary.parents):
        with pytest.raises(Refused, match="nobody else may come near it"):
            verbs.apply(request)
        return
    result = verbs.apply(request)
    pid = hosts.pids()["postgres"]
    assert (Path("/proc") / str(pid)).stat().st_uid == launch.NOBODY
    supervisor = supervisord.pid(request.layout)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not listens(result["port"]), "Postgres dies with its supervisor, as nobody too")
    assert verbs.apply(request) == result
    assert not (hosts.root / "blue" / "secrets.json").stat().st_mode & 0o077


@pytest.mark.parametrize("user", ["same", *(["namespace", "nobody"] if os.geteuid() == 0 else [])])
def test_the_tie_to_the_parent_survives_the_change_of_user(hosts: Hosts, user: str) -> None:
    """A program dies with who started it, whatever user it became on its way."""
    script = (
        "import json, os, subprocess, sys, time\n"
        "spec = {'argv': ['/bin/sleep', '60'], 'cwd': '/', 'env': {}}\n"
        "spec |= {'user': sys.argv[2], 'parent': os.getpid()}\n"
        "open(sys.argv[3], 'w').write(json.dumps(spec))\n"
        "child = subprocess.Popen([sys.executable, '-I', '-S', sys.argv[1], sys.argv[3], 'x'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    spec = hosts.root / ".spec"
    with subprocess.Popen(
        [sys.executable, "-c", script, launch.__file__, user, str(spec)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until(lambda: _command(child) == "sleep", "the child has become another program")
        os.kill(parent.pid, signal.SIGKILL)
        wait_until(lambda: _command(child) != "sleep", "the child dies with its parent")
    spec.unlink()


def _user_namespace(pid: int) -> Path:
    return (Path("/proc") / str(pid) / "ns" / "user").readlink()


def _command(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def test_a_parent_that_died_before(hosts: Hosts) -> None:
    """Who was to be died before the tie was made: the program does not start."""
    spec = hosts.root / ".spec"
    text = {"argv": ["/bin/sleep", "60"], "cwd": "/", "env": {}, "user": "same", "parent": 1}
    spec.write_text(json.dumps(text))
    done = subprocess.run([sys.executable, "-I", "-S", launch.__file__, str(spec), "x"], check=False)
    spec.unlink()
    assert done.returncode == launch.CANNOT_START


def test_a_superuser_is_needed_for_nothing(hosts: Hosts, ports: Ports) -> None:
    """No role that is handed out is one."""
    fields = build.postgres(ports.one())
    result = hosts.apply("postgres", **fields)
    for role, password in result["passwords"].items():
        dsn = f"host=127.0.0.1 port={fields['port']} user={role} password={password} dbname=belts"
        with psycopg.connect(dsn) as connection:
            assert connection.execute("show is_superuser").fetchone() == ("off",)
