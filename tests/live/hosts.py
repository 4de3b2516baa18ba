"""Drives `python -m belts` as an operator's machine does, and sees to it that nothing of it is left."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from belts.runtimes.process.files import host_identity
from tests.live import places

CHECKOUT = Path(__file__).resolve().parents[2]
PREFIX = "b-t-"


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    result: dict[str, Any]
    said: str


@dataclass(frozen=True, slots=True)
class Hosts:
    root: Path

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator["Hosts"]:
        hosts = cls(places.temporary(PREFIX))
        (hosts.root / ".run").write_text(str(os.getpid()))
        try:
            yield hosts
        finally:
            hosts.tear_down()

    def apply(self, part: str, *, belt: str = "blue", **fields: Any) -> dict[str, Any]:
        """The result of a part that must come up."""
        answer = self.ask("apply", part, belt=belt, **fields)
        assert answer.code == 0, answer.said
        return answer.result

    def remove(self, part: str, *, belt: str = "blue", **fields: Any) -> None:
        answer = self.ask("remove", part, belt=belt, **fields)
        assert answer.code == 0, answer.said

    def ask(self, verb: str, part: str, *, belt: str = "blue", **fields: Any) -> Answer:
        return self.run(verb, stdin=json.dumps(self.request(part, belt=belt, **fields)))

    def request(self, part: str, *, belt: str = "blue", **fields: Any) -> dict[str, Any]:
        """Most tests look into the Postgres of a belt from outside, by its port."""
        told = {"tcp": True} if part == "postgres" else {}
        return {"version": 1, "part": part, "root": str(self.root), "belt": belt, **told, **fields}

    def run(self, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "belts", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, **(environment or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        line = done.stdout.strip()
        return Answer(
            done.returncode, json.loads(line) if line.startswith("{") else {}, done.stderr + done.stdout
        )

    def secrets(self, belt: str) -> dict[str, str]:
        held: dict[str, str] = json.loads((self.root / belt / "secrets.json").read_text())
        return held

    def status(self, belt: str = "blue") -> dict[str, Any]:
        """What `status --json` says of one belt."""
        answer = self.run("status", "--json", "--root", str(self.root), belt)
        assert answer.code == 0, answer.said
        known: dict[str, Any] = answer.result["belts"][belt]
        return known

    def pids(self, belt: str = "blue") -> dict[str, int]:
        """The process of every program of a belt, supervisord among them."""
        seen = self.status(belt)
        programs = {name: pid for part in seen["parts"].values() for name, pid in part["programs"].items()}
        return programs | {"supervisord": seen["supervisor"]}

    def belts(self) -> list[str]:
        return sorted(place.name for place in self.root.iterdir() if place.is_dir())

    def tear_down(self) -> None:
        """Removes every belt by the command itself, then asserts that no process and no file is left.

        A run that was killed has left aliases, and leases of gateways that are gone for good.
        """
        for held in (*self.root.glob("*/leases"), *self.root.glob("*/alias")):
            shutil.rmtree(held)
        said = [self.run("remove", "--all", "--root", str(self.root), belt).said for belt in self.belts()]
        left = [pid for pid in processes() if mentions(pid, self.root)]
        files = [place for place in self.root.iterdir() if place.name not in {".run", host_identity.FILE}]
        shutil.rmtree(self.root)
        assert not left, f"processes outlived their belt: {[command_line(pid) for pid in left]}\n{said}"
        assert not files, f"files outlived their belt: {files}\n{said}"


def sweep() -> None:
    """Ends what killed runs have left, once: each place is claimed before it is cleared.

    What another run, or another worker of this one, removes meanwhile is none of it.
    """
    for place in places.all_of(PREFIX):
        with suppress(FileNotFoundError, PermissionError, BlockingIOError), (place / ".run").open() as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            text = owner.read()
            if place.stat().st_uid == os.geteuid() and text.isdigit() and not (Path("/proc") / text).exists():
                Hosts(place).tear_down()


def wait_until(true: Callable[[], object], what: str, *, deadline_s: float = 30.0) -> None:
    """Until something holds; at the deadline the test fails, and says what did not come about."""
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end, f"not within {deadline_s:.0f} s: {what}"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def processes() -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def command_line(pid: int) -> str:
    try:
        return (
            (Path("/proc") / str(pid) / "cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode(errors="replace")
            .strip()
        )
    except OSError:
        return ""


def mentions(pid: int, root: Path) -> bool:
    """Whether a process has to do with the directory.

    By its arguments, by where it stands, or by its environment.
    """
    place = Path("/proc") / str(pid)
    if pid == os.getpid():
        return False
    try:
        seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        return str(root).encode() in seen or (place / "cwd").readlink().is_relative_to(root)
    except OSError:
        return False
