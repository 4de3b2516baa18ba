"""What happens to the parts of a belt when something kills them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import psycopg
import pytest

from belts.runtimes.process.database import shared_memory
from belts.runtimes.process.supervise import door
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live import plain
from tests.live.hosts import (
    CHECKOUT,
    Hosts,
    answers,
    command_line,
    listens,
    mentions,
    processes,
    wait_until,
)
from tests.live.process import conftest as build
from tests.live.process.conftest import Standing

pytestmark = pytest.mark.live


def ready(standing: Standing, part: str) -> bool:
    """Whether a part serves, asked from outside."""
    port = standing.requests[part]["port"]
    if part == "postgres":
        try:
            secret = standing.hosts.secrets("blue")["gate"]
            psycopg.connect(host="127.0.0.1", port=port, user="gate", password=secret, dbname="belts").close()
        except psycopg.OperationalError:
            return False
        return True
    if part == "caddy":  # without an alias it answers that nobody is there
        return listens(port)
    return answers(f"http://127.0.0.1:{port}{'/metrics' if part == 'indexer' else '/healthz'}")


def all_ready(standing: Standing) -> bool:
    return all(ready(standing, part) for part in standing.requests)


@pytest.mark.parametrize("part", one_of_each(["postgres", "engine", "caddy", "indexer"]))
def test_a_part_is_killed(standing: Standing, part: str) -> None:
    """It comes back and serves without a command, as another process."""
    wait_until(lambda: ready(standing, part), f"{part} serves before it is killed")
    before = standing.pids()[part]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: standing.pids().get(part) not in {0, None, before}, f"{part} is started again")
    wait_until(lambda: ready(standing, part), f"{part} serves again")
    wait_until(lambda: all_ready(standing), "all others serve too")


@pytest.mark.deep
def test_no_row_is_lost_with_postgres(standing: Standing) -> None:
    """The indexer goes on from its memory: what it was told is written has to be there afterwards."""
    for _ in range(3):
        before = sum(_progress(standing).values())
        time.sleep(1.0)
        os.kill(standing.pids()["postgres"], signal.SIGKILL)
        wait_until(lambda: ready(standing, "postgres"), "Postgres is back")
        wait_until(lambda: sum(_progress(standing).values()) > before + 8, "the indexer goes on")  # noqa: B023
    with _connect(standing) as connection:
        connection.execute("set transaction isolation level repeatable read")
        heights = connection.execute("select id::int8, progress_block from envio_chains").fetchall()
        kept = connection.execute(
            "select chain_id::int8, block_number::int8, count(*) from raw_events group by 1, 2"
        ).fetchall()
        emitters = connection.execute("select distinct src_address from raw_events").fetchall()
    indexed = {(chain, block): rows for chain, block, rows in kept}
    assert indexed == _logged(standing, dict(heights), [address for (address,) in emitters])


@pytest.mark.deep
def test_a_chain_is_killed(standing: Standing) -> None:
    """It comes back with its id, from what it had saved."""
    before = standing.hosts.pids("chains")["chain-10"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: standing.hosts.pids("chains")["chain-10"] not in {0, before}, "another anvil")
    port = standing.hosts.status("chains")["parts"]["chains"]["ports"][1]
    wait_until(lambda: listens(port), "it listens again")


def test_supervisord_is_killed(standing: Standing) -> None:
    """Nothing of the belt outlives it: no process, no group, no port; `heal` brings all of it back."""
    before = standing.pids()
    groups = {os.getpgid(pid) for pid in before.values()}
    ports = [fields["port"] for fields in standing.requests.values()]
    os.kill(before["supervisord"], signal.SIGKILL)
    home = standing.hosts.root / "blue"
    wait_until(lambda: not [pid for pid in processes() if mentions(pid, home)], "no process is left")
    wait_until(lambda: not [pid for pid in processes() if _group(pid) in groups], "no group is left")
    assert not [port for port in ports if listens(port)]
    assert "bring it back with `python -m belts heal" in _status(standing.hosts)

    healed = standing.hosts.run("heal", "--root", str(standing.hosts.root), "blue")
    assert healed.code == 0, healed.said
    wait_until(lambda: all_ready(standing), "all parts serve")


@pytest.mark.deep
def test_supervisord_is_killed_and_one_part_is_applied(standing: Standing) -> None:
    """Any apply of the belt brings back the supervisor with every part it keeps."""
    os.kill(standing.pids()["supervisord"], signal.SIGKILL)
    standing.hosts.apply("engine", **standing.requests["engine"])
    wait_until(lambda: all_ready(standing), "all parts serve")


def test_orphans_of_a_supervisor_that_died(standing: Standing) -> None:
    """A process with the mark of the belt but no supervisor is ended before its port is needed."""
    supervisor = standing.pids()["supervisord"]
    mark = {"BELTS_PROGRAM": f"{standing.hosts.root / 'blue'}:engine"}
    with subprocess.Popen(["sleep", "300"], env=mark, start_new_session=True) as orphan:
        os.kill(supervisor, signal.SIGKILL)
        answer = standing.hosts.run("heal", "--root", str(standing.hosts.root), "blue")
        try:
            assert orphan.wait(5) == -signal.SIGKILL
        finally:
            orphan.kill()
    assert f"ended engine (pid {orphan.pid})" in answer.said


def test_everything_is_applied_again(standing: Standing) -> None:
    """Nothing differs, so nothing is started, stopped or written: the same processes and files."""
    wait_until(lambda: all_ready(standing), "all parts serve")
    before, files = standing.pids(), _written(standing.hosts)
    for part, fields in standing.requests.items():
        standing.hosts.apply(part, **fields)
    assert standing.pids() == before
    assert _written(standing.hosts) == files


def test_one_part_changes(standing: Standing) -> None:
    """Only that part is started anew; the others keep their processes."""
    before = standing.pids()
    standing.hosts.apply("engine", **standing.requests["engine"] | {"stringifyNumeric": False})
    after = standing.pids()
    assert {name for name in before if before[name] != after[name]} == {"engine"}
    standing.hosts.apply("engine", **standing.requests["engine"])


def test_the_gateways_config_changes(standing: Standing) -> None:
    """Caddy takes it without being started anew."""
    before, fields = standing.pids()["caddy"], standing.requests["caddy"]
    standing.hosts.apply("caddy", **build.caddy(fields["port"], maxBodyMb=7))
    running = door.ask(standing.hosts.root / "blue" / "caddy", "admin.sock", "GET", "/config/")
    assert isinstance(running, door.Answer)
    assert f'"max_size":{7 * 1024 * 1024}' in running.text
    assert standing.pids()["caddy"] == before
    standing.hosts.apply("caddy", **fields)


def test_a_part_was_stopped_by_hand(standing: Standing) -> None:
    """The next apply starts it."""
    build.stop_by_hand(standing.hosts, "engine")
    assert standing.hosts.status()["parts"]["engine"]["state"] == "down"
    standing.hosts.apply("engine", **standing.requests["engine"])
    wait_until(lambda: ready(standing, "engine"), "the engine serves")


def test_two_applies_at_once(hosts: Hosts, ports: Ports) -> None:
    """They follow each other: both succeed, with one cluster and one supervisor."""
    request = json.dumps(hosts.request("postgres", **build.postgres(ports.one())))
    both = [_begin(hosts, request) for _ in range(2)]
    results = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    assert results[0][0] == results[1][0]
    assert len([pid for pid in processes() if f"-c {hosts.root}" in command_line(pid)]) == 1


@pytest.mark.parametrize("after_s", one_of_each([0.5, 0.2, 0.9, 1.3]))
def test_an_apply_is_interrupted(hosts: Hosts, ports: Ports, after_s: float) -> None:
    """The next one goes on from there, whatever was half done."""
    fields = build.postgres(ports.one())
    process = _begin(hosts, json.dumps(hosts.request("postgres", **fields)))
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert hosts.apply("postgres", **fields)["systemIdentifier"]


@pytest.mark.deep
def test_a_directory_deeper_than_a_sockets_path_may_be(hosts: Hosts, ports: Ports) -> None:
    """Sockets are reached by a short way, so a belt can stand however deep its checkout lies."""
    root = hosts.root / ("d" * 60) / ("e" * 60) / "hosts"
    deep, fields = Hosts(root), build.caddy(ports.one())
    try:
        assert deep.apply("caddy", belt="gateway", **fields)["url"]
        assert deep.status("gateway")["supervisor"]
        deep.remove("caddy", belt="gateway", **fields)
        assert not list(root.iterdir())
    finally:
        deep.run("remove", "--all", "--root", str(root), "gateway")
        shutil.rmtree(root.parent.parent)


def test_parts_are_removed_one_by_one(hosts: Hosts, ports: Ports) -> None:
    """Each leaves no process, port or file of its own, and the last takes the belt's directory with it."""
    wanted = {"postgres": build.postgres(ports.one()), "engine": build.engine(ports.one())}
    for part, fields in wanted.items():
        hosts.apply(part, **fields)
    hosts.remove("engine", **wanted["engine"])
    assert not listens(wanted["engine"]["port"])
    assert listens(wanted["postgres"]["port"])
    assert not list((hosts.root / "blue").rglob("*engine*"))
    hosts.remove("postgres", **wanted["postgres"])
    assert [place.name for place in hosts.root.iterdir()] == [".run"]
    hosts.remove("postgres", **wanted["postgres"])
    assert [place.name for place in hosts.root.iterdir()] == [".run"]


@pytest.mark.deep
def test_a_belt_is_removed_after_its_supervisor_was_killed(hosts: Hosts, ports: Ports) -> None:
    """A dead supervisor is not woken, and nothing is left, nor of what the kernel held for Postgres."""
    fields = build.postgres(ports.one())
    hosts.apply("postgres", **fields)
    pids = hosts.pids()
    shared = list((hosts.root / "blue" / "postgres" / "data" / "pg_dynshmem").glob("mmap.*"))
    assert str(pids["postgres"]) in {segment.maker for segment in shared_memory.segments()}
    assert shared
    os.kill(pids["supervisord"], signal.SIGKILL)
    hosts.remove("postgres", **fields)
    assert not listens(fields["port"])
    assert [place.name for place in hosts.root.iterdir()] == [".run"]
    assert str(pids["postgres"]) not in {segment.maker for segment in shared_memory.segments()}


def _begin(hosts: Hosts, request: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "belts", "apply"],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(request)
    process.stdin.close()
    process.stdin = None
    return process


def _status(hosts: Hosts) -> str:
    return hosts.run("status", "--root", str(hosts.root)).said


def _written(hosts: Hosts) -> dict[str, Any]:
    """When the host's own files of the belt were last written; not what the parts themselves write."""
    home = hosts.root / "blue"
    own = [
        *(home / "requests").iterdir(),
        *(home / "supervisor" / "programs").iterdir(),
        home / "secrets.json",
    ]
    own += [home / "supervisor" / "supervisord.conf", home / "postgres" / "postgresql.conf"]
    return {str(file): file.stat().st_mtime_ns for file in own}


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _connect(standing: Standing) -> "psycopg.Connection[Any]":
    """To the belt's database, as the role that may read all of it."""
    port, secret = standing.requests["postgres"]["port"], standing.hosts.secrets("blue")["gate"]
    return psycopg.connect(host="127.0.0.1", port=port, user="gate", password=secret, dbname="belts")


def _progress(standing: Standing) -> dict[int, int]:
    with _connect(standing) as connection:
        return dict(connection.execute("select id::int8, progress_block from envio_chains").fetchall())


def _logged(standing: Standing, heights: dict[int, int], emitters: list[str]) -> dict[tuple[int, int], int]:
    """How many logs of these contracts each block has on the chains themselves, up to these heights."""
    found: Counter[tuple[int, int]] = Counter()
    for chain, height in heights.items():
        asked = {"fromBlock": "0x0", "toBlock": hex(height), "address": emitters}
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [asked]}
        url = standing.requests["indexer"]["env"][f"BELTS_RPC_{chain}"]
        logs = plain.post(url, json=body, timeout=30).json()["result"]
        found.update((chain, int(log["blockNumber"], 16)) for log in logs)
    return dict(found)
