"""What comes back by itself: after a reboot, after the death of a supervisor, and when a part hangs."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from belts.files import write_private
from belts.runtimes.process import lease_files
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import control
from belts.spec.gateway import alias_of
from gate.alias.directory import Directory
from gate.alias.state import Standing, first
from tests.conftest import Ports
from tests.live import plain
from tests.live.hosts import CHECKOUT, Hosts, answers, mentions, processes, wait_until
from tests.live.process import conftest as build
from tests.live.small import small

pytestmark = pytest.mark.live

WITHIN_S = 120.0
PATIENCE_S = 6.0
WHO = {"query": "{ who { name } }"}
SINCE = "2026-01-01T00:00:00.000+00:00"


@pytest.fixture(scope="module")
def hosts(ports: Ports) -> Iterator[Hosts]:
    """A gateway that leads to blue, which serves, a candidate green, and red, which is removed."""
    with Hosts.temporary() as made:
        addresses = {belt: small(made, ports, belt) for belt in ("blue", "green")}
        caddy = ports.one()
        made.apply("ledger", belt="way", port=ports.one())
        made.apply("caddy", belt="way", **build.caddy(caddy))
        made.apply("postgres", belt="red", **build.postgres(ports.one()))
        assert made.run("remove", "--all", "--root", str(made.root), "red").code == 0
        to = Standing(belt="blue", identity="blue", dial=addresses["blue"], heights={1: 5})
        Directory(alias_of(made.root / "way"), "way").swap(first(to, since=SINCE, move=1, certificate="c-1"))
        lease_files.serve(made.root / "blue", gateway="way")
        yield made


def port(hosts: Hosts, belt: str, part: str) -> int:
    number: int = hosts.status(belt)["parts"][part]["ports"][0]
    return number


def served(url: str) -> str | None:
    """Which belt a consumer of the alias gets its rows from."""
    try:
        answer = plain.post(url, json=WHO, timeout=5)
        rows: list[dict[str, str]] = answer.json()["data"]["who"]
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
        return None
    return rows[0]["name"]


def boot_line() -> str:
    """The very line that the page gives for the crontab, with this checkout in place of the one there."""
    page = (CHECKOUT / "docs" / "host.md").read_text()
    (line,) = re.findall(r"^@reboot +(.+)$", page, re.MULTILINE)
    return str(line)


def hook(hosts: Hosts, *more: str) -> "subprocess.Popen[str]":
    """Runs it as cron does: by a shell, with next to no environment, and nobody at its side."""
    line = boot_line().replace("/srv/belts", str(CHECKOUT)).replace(".belts/hosts", str(hosts.root))
    line = line.replace(".belts/keep.log", str(hosts.root / ".run-log"))
    assert str(CHECKOUT) in line
    assert str(hosts.root) in line
    if more:
        line = line.replace(" >>", f" {' '.join(more)} >>")
    return subprocess.Popen(
        ["/bin/sh", "-c", line],
        env={"PATH": "/usr/bin:/bin", "HOME": str(hosts.root)},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@contextmanager
def kept(hosts: Hosts, *more: str) -> Iterator[int]:
    """While the keeper that the hook starts runs; gives its process."""
    shell = hook(hosts, *more)
    try:
        wait_until(lambda: keeper(hosts), "a keeper", deadline_s=WITHIN_S)
        yield keeper(hosts)
    finally:
        if (number := keeper(hosts)) != 0:
            os.kill(number, signal.SIGTERM)
        shell.communicate(timeout=60)
        (hosts.root / ".run-log").unlink(missing_ok=True)


def keeper(hosts: Hosts) -> int:
    answer = hosts.run("status", "--json", "--root", str(hosts.root))
    return int(answer.result["keeper"] or 0)


def log(hosts: Hosts) -> str:
    return (hosts.root / ".run-log").read_text()


def born(hosts: Hosts, belt: str) -> float:
    return psutil.Process(hosts.pids(belt)["supervisord"]).create_time()


def reboot(hosts: Hosts) -> None:
    """Every process of the host's belts and their keeper ends at once."""
    doomed = [pid for pid in processes() if mentions(pid, hosts.root)]
    assert len(doomed) > 10
    for pid in doomed:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not [pid for pid in processes() if mentions(pid, hosts.root)], "nothing runs")


@contextmanager
def broken(request: Path) -> Iterator[None]:
    before = request.read_bytes()
    request.write_text("{")
    try:
        yield
    finally:
        request.write_bytes(before)


def test_a_reboot(hosts: Hosts) -> None:
    """All comes back in its order, also where one request is broken, and once; what is removed stays away."""
    url = f"http://127.0.0.1:{port(hosts, 'way', 'caddy')}/v1/graphql"
    green = f"http://127.0.0.1:{port(hosts, 'green', 'engine')}"
    wait_until(lambda: served(url) == "blue", "the alias answers before it", deadline_s=WITHIN_S)
    said = hosts.run("status", "--root", str(hosts.root)).said
    assert "nobody keeps these belts: what dies with its supervisor or its host stays down" in said
    reboot(hosts)
    with broken(hosts.root / "green" / "requests" / "engine.json"), kept(hosts) as number:
        wait_until(lambda: served(url) == "blue", "the alias answers", deadline_s=WITHIN_S)
        wait_until(lambda: answers(f"{green}/healthz"), "green answers too", deadline_s=WITHIN_S)
        assert born(hosts, "way") <= born(hosts, "blue") <= born(hosts, "green")
        assert not (hosts.root / "red").exists()
        assert "nobody keeps these belts" not in hosts.run("status", "--root", str(hosts.root)).said
        before = {belt: hosts.pids(belt) for belt in ("way", "blue")}

        again = hook(hosts)
        assert again.wait(60) == 0
        assert f"these belts are kept already (pid {number})" in log(hosts)
        assert {belt: hosts.pids(belt) for belt in ("way", "blue")} == before

        os.kill(before["blue"]["supervisord"], signal.SIGKILL)
        wait_until(
            lambda: hosts.pids("blue")["supervisord"] not in {None, before["blue"]["supervisord"]},
            "another supervisor",
            deadline_s=WITHIN_S,
        )
        wait_until(lambda: served(url) == "blue", "the alias answers again", deadline_s=WITHIN_S)
        assert hosts.pids("way") == before["way"]
    before = {belt: hosts.pids(belt) for belt in ("way", "blue", "green")}
    assert all(pid for belt in before.values() for pid in belt.values()), (
        "a keeper that ends takes nothing along"
    )
    assert keeper(hosts) == 0


def test_what_was_stopped_by_hand(hosts: Hosts) -> None:
    """A program that rests is started again; one of a belt that is to go is not."""
    going = hosts.root / "green" / "leases" / lease_files.GOING
    url = f"http://127.0.0.1:{port(hosts, 'green', 'engine')}/healthz"
    with control.connect(Layout(root=hosts.root, belt="green")) as connected:
        connected.stop(["engine"])
    write_private(going, "")
    assert hosts.run("keep", "--once", "--root", str(hosts.root)).code == 0
    assert not answers(url)
    assert going.exists()
    going.unlink()
    with kept(hosts):
        wait_until(lambda: answers(url), "the engine is started again", deadline_s=WITHIN_S)


def test_a_part_that_hangs(hosts: Hosts) -> None:
    """It is restarted three times, then told and left; when it answers again, nothing is told any more."""
    url = f"http://127.0.0.1:{port(hosts, 'green', 'engine')}/healthz"
    others = {belt: hosts.pids(belt) for belt in ("way", "blue")}
    with kept(hosts, "--patience", str(PATIENCE_S)):
        for restart in (1, 2, 3):
            wait_until(lambda: answers(url), "the engine answers", deadline_s=WITHIN_S)
            before = hang(hosts, "engine")
            wait_until(
                lambda: hosts.pids("green")["engine"] not in {0, before},  # noqa: B023
                f"restart {restart}",
                deadline_s=WITHIN_S,
            )
        wait_until(lambda: answers(url), "the engine answers", deadline_s=WITHIN_S)
        before = hang(hosts, "engine")
        wait_until(lambda: told(hosts), "an alarm", deadline_s=WITHIN_S)
        assert "its engine has hung since" in told(hosts)[0]
        assert "it was restarted 3 times within an hour, which did not mend it" in told(hosts)[0]
        said = hosts.run("status", "--root", str(hosts.root), "green").said
        assert "green: its engine hung and was restarted (3 of 3 within an hour" in said
        assert hosts.pids("green")["engine"] == before
        os.kill(before, signal.SIGCONT)
        wait_until(lambda: not told(hosts), "no alarm", deadline_s=WITHIN_S)
    assert {belt: hosts.pids(belt) for belt in ("way", "blue")} == others


def test_a_postgres_that_hangs(hosts: Hosts) -> None:
    """Nobody restarts it, nor the engine that waits for it; it is told."""
    before = hosts.pids("blue")
    with kept(hosts, "--patience", str(PATIENCE_S)):
        postmaster = hang(hosts, "postgres", belt="blue")
        wait_until(lambda: told(hosts, "blue"), "an alarm", deadline_s=WITHIN_S)
        assert [words for words in told(hosts, "blue") if "its postgres has hung since" in words]
        assert "a Postgres is restarted by nobody but you" in told(hosts, "blue")[0]
        assert hosts.pids("blue") == before
        os.kill(postmaster, signal.SIGCONT)
        wait_until(lambda: not told(hosts, "blue"), "no alarm", deadline_s=WITHIN_S)
    assert hosts.pids("blue") == before


def hang(hosts: Hosts, program: str, *, belt: str = "green") -> int:
    number = hosts.pids(belt)[program]
    os.kill(number, signal.SIGSTOP)
    return number


def told(hosts: Hosts, belt: str = "green") -> list[str]:
    seen: Mapping[str, Any] = hosts.status(belt)
    return list(seen["hangs"])
