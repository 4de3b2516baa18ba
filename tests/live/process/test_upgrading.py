"""Every command of the page about upgrading, from a version that knew none of it to this one, and back."""

import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Ports
from tests.live.hosts import CHECKOUT, Hosts, command_line
from tests.live.process.conftest import caddy, engine, postgres

pytestmark = pytest.mark.live

SINCE = "365d790"
"""The oldest version of which every recorded form is read as it was written then."""
PAGE = (CHECKOUT / "docs" / "upgrading.md").read_text()
SET_UP = (".venv", ".tools", "node_modules")


def git(*arguments: str, at: Path = CHECKOUT) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=at, capture_output=True, text=True, check=True
    ).stdout.strip()


def commands(heading: str) -> list[str]:
    """The first block below a heading of the page."""
    return PAGE.partition(f"\n## {heading}\n")[2].split("```")[1].strip().splitlines()


@dataclass(kw_only=True)
class Operator:
    """Types what the page says, and stands where it leads."""

    hosts: Hosts
    old: Path
    version: str
    at: Path = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.old

    def types(self, *lines: str) -> str:
        """What the last of them said; all of them must end well."""
        said = ""
        for line in lines:
            names = {"VERSION": self.version, "ROOT": self.hosts.root, "BELT": "blue", "OLD": self.old}
            text = re.sub(r"\b(VERSION|ROOT|BELT|OLD)\b", lambda found: str(names[found[0]]), line)  # noqa: B023
            if text.startswith("cd "):
                self.at = (self.at / text.removeprefix("cd ")).resolve()
            elif (
                text == "make setup"
            ):  # tests/live/tools has it; here the packages are those of this checkout
                for name in SET_UP:
                    (self.at / name).symlink_to(CHECKOUT / name)
            else:
                said = self.runs(*text.split())
        return said

    def runs(self, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            words,
            cwd=self.at,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            | {"PATH": f"{self.at}/.venv/bin:{os.environ['PATH']}"},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def applies(self, part: str, belt: str, **fields: Any) -> dict[str, Any]:
        asked = self.hosts.request(part, belt=belt, **fields)
        request = json.dumps({key: value for key, value in asked.items() if key not in LATER})
        said = self.runs("python", "-m", "belts", "apply", stdin=request)
        result: dict[str, Any] = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
        return result

    def started_by(self) -> dict[str, str]:
        """Of every program that runs, the code that it runs by: for those of ours where that code lies."""
        found = {}
        for belt in ("blue", "gateway"):
            for name, pid in self.hosts.pids(belt).items():
                if name == "engine":
                    environ = (Path("/proc") / str(pid) / "environ").read_bytes().decode().split("\0")
                    [found[name]] = [each[11:] for each in environ if each.startswith("PYTHONPATH=")]
                else:
                    found[f"{name} of {belt}"] = command_line(pid).split()[0]
        return found


LATER = frozenset({"tcp", "budget"})
"""What the version that is upgraded knows nothing of."""


@pytest.fixture
def operator(hosts: Hosts, tmp_path: Path) -> Operator:
    try:
        git("cat-file", "-e", f"{SINCE}^{{commit}}")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"without the history that {SINCE} is in, no earlier version can be upgraded")
    home, old = tmp_path / "home", tmp_path / "belts"
    git("clone", "--quiet", "--shared", "--no-checkout", str(CHECKOUT), str(home))
    git("worktree", "add", str(old), SINCE, at=home)
    version = git("stash", "create") or git("rev-parse", "HEAD")  # what is not committed yet is of it, too
    operator = Operator(hosts=hosts, old=old, version=version)
    operator.types("make setup")
    return operator


def test_what_the_version_it_begins_with_wrote_is_on_record() -> None:
    """Each form that it recorded stands as it was; newer ones stand beside it."""
    try:
        listed = git("ls-tree", "--name-only", f"{SINCE}:tests/golden").splitlines()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"there is no history that {SINCE} is in")
    golden = CHECKOUT / "tests" / "golden"
    for name in listed:
        assert git("show", f"{SINCE}:tests/golden/{name}") == (golden / name).read_text().strip()


def test_every_command_of_the_page(operator: Operator, ports: Ports) -> None:
    """What runs stays as it is until the page's `bind`, keeps its data then, and goes back."""
    hosts, old = operator.hosts, operator.old
    asked = {"postgres": postgres(ports.one()), "engine": engine(ports.one())}
    made = {part: operator.applies(part, "blue", **fields) for part, fields in asked.items()}
    operator.applies("caddy", "gateway", **caddy(ports.one()))
    with _superuser(hosts, asked["postgres"]["port"]) as connection:
        connection.execute("create table kept as select 7 as number")
    pids, before = (hosts.pids("blue"), hosts.pids("gateway")), operator.started_by()
    assert before["engine"] == str(old)

    said = operator.types(*commands("The new version beside the old one"))
    assert operator.at == old.parent / "belts-next"
    for belt in ("blue", "gateway"):
        assert f"{belt}: kept by the toolchain in {old}" in said
    operator.types("python -m belts heal --root ROOT")
    assert (hosts.pids("blue"), hosts.pids("gateway")) == pids, "what runs was changed"

    os.kill(hosts.pids("blue")["supervisord"], signal.SIGKILL)
    operator.types("python -m belts heal --root ROOT BELT")
    assert operator.started_by() == before, "what died came back as another version"
    assert operator.applies("postgres", "blue", **asked["postgres"]) == made["postgres"]
    assert operator.started_by() == before, "an update was not handed over"

    forth = [*commands("Belts"), *commands("The gateway")]
    assert "kept by" not in operator.types(*forth)
    after = operator.started_by()
    assert Path(after["engine"]).parent == operator.at / ".tools" / "code"
    # A supervisor is known by the packages that it runs from, wherever a link to them lies.
    packages = str((operator.at / ".venv").resolve())
    own = {name: packages if name in supervisors(after) else str(operator.at) for name in after}
    assert [name for name, code in after.items() if not code.startswith(own[name])] == []
    now = operator.applies("postgres", "blue", **asked["postgres"])
    assert {key: now[key] for key in made["postgres"]} == made["postgres"]
    socket = str(hosts.root / "blue" / "sockets" / "host")
    with _superuser(hosts, asked["postgres"]["port"], host=socket) as connection:
        assert connection.execute("select number from kept").fetchall() == [(7,)]

    # A version that knows no `bind` yet takes back what it is asked to heal, as the page says.
    back = [line.replace("belts bind", "belts heal") for line in commands("Back")]
    operator.types(*back)
    assert operator.at == old
    assert {**operator.started_by(), **supervisors(after)} == {**before, **supervisors(after)}

    operator.at = old.parent / "belts-next"
    operator.types(*forth)
    for name in SET_UP:  # they are those of this checkout, and not to be dropped
        (old / name).unlink()
    operator.types(*commands("When nothing is kept by the old version"))
    assert not old.exists()


def supervisors(started_by: dict[str, str]) -> dict[str, str]:
    """A version without `bind` leaves the supervisor that it finds."""
    return {name: code for name, code in started_by.items() if name.startswith("supervisord")}


def _superuser(hosts: Hosts, port: int, *, host: str = "127.0.0.1") -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=host, port=port, user="postgres", dbname="belts", autocommit=True,
        password=hosts.secrets("blue")["superuser"],
    )  # fmt: skip
