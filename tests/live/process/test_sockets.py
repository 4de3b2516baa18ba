"""Where the parts of a belt meet: nobody else enters, takes a port in between, or speaks for the gateway."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from belts.runtimes.process.confine import landlock
from belts.runtimes.process.files import sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import control
from tests.conftest import Ports
from tests.live import plain
from tests.live.hosts import Hosts, answers, listens, wait_until

pytestmark = pytest.mark.live
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")

ANOTHER = 54_321
KNOCK = """
import errno, os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
for path in sys.argv[2:]:
    with socket.socket(socket.AF_UNIX) as client:
        print(errno.errorcode.get(client.connect_ex(path), "entered"))
"""
GRAB = """
import itertools, os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
options = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
ways = [chosen for number in range(3) for chosen in itertools.combinations(options, number)]
for chosen in ways:
    with socket.socket() as other:
        for option in chosen:
            other.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            other.bind(("127.0.0.1", int(sys.argv[2])))
            other.listen()
        except OSError:
            continue
        print("grabbed", chosen)
"""
ASKS_CONTROL = """
import socket
with socket.socket(socket.AF_UNIX) as client:
    client.connect("{path}")
print("entered")
"""


def as_another(code: str, *arguments: object) -> list[str]:
    """What somebody else of this host sees; he needs no file of this checkout."""
    command = ["/usr/bin/python3", "-I", "-c", code, str(ANOTHER), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=True)
    return done.stdout.split("\n")[:-1]


def opened_for_all(layout: Layout) -> None:
    """Even where the directories above can be passed: what counts are the folders themselves."""
    for place in (layout.root, layout.home):
        place.chmod(0o711)


@as_root
def test_another_user(hosts: Hosts, ports: Ports) -> None:
    """Enters no folder, whatever is above it; a database has no port for him to try."""
    port, engine = ports.block(2)
    hosts.apply("postgres", port=port, tcp=False)
    hosts.apply("engine", port=engine)
    layout = Layout(root=hosts.root, belt="blue")
    opened_for_all(layout)
    paths = (*sockets.all_of_postgres(layout, port), sockets.of_engine(layout))
    assert all(path.is_socket() for path in paths)
    assert as_another(KNOCK, *paths) == ["EACCES"] * 3
    assert not listens(port)


@as_root
def test_a_port_while_its_engine_is_down(hosts: Hosts, ports: Ports) -> None:
    """Stopped or killed, its port is nobody's: who asks is refused, and who would listen there is, too."""
    port, engine = ports.block(2)
    hosts.apply("postgres", port=port, tcp=False)
    url = hosts.apply("engine", port=engine)["graphql"].replace("/v1/graphql", "/healthz")
    layout = Layout(root=hosts.root, belt="blue")
    with control.connect(layout) as connected:
        connected.stop(["engine"])
        assert not listens(engine)
        assert as_another(GRAB, engine) == []
        connected.rouse("engine")
    wait_until(lambda: answers(url), "the engine answers again")
    before = hosts.pids()["engine"]
    os.kill(before, signal.SIGKILL)
    seen = []
    while not answers(url):
        seen += as_another(GRAB, engine)
        time.sleep(0.01)
    assert seen == []
    assert hosts.pids()["engine"] != before
    hosts.remove("engine", port=engine)
    assert as_another(GRAB, engine) != []


def test_who_speaks_for_the_gateway(hosts: Hosts, ports: Ports) -> None:
    """Over loopback everybody is who he is; whoever enters the gateway's socket says whose request it is."""
    port, engine = ports.block(2)
    hosts.apply("postgres", port=port, tcp=False)
    served = hosts.apply("engine", port=engine)
    layout = Layout(root=hosts.root, belt="blue")
    assert served["dial"] == f"unix/{sockets.of_engine(layout)}"
    body = '{"query":"{ __typename }"}'
    command = ["curl", "-sS", "--max-time", "20", "-H", "x-belts-client: 10.9.9.9", "-d", body]
    for agent, way in (("over-tcp", ()), ("by-socket", ("--unix-socket", str(sockets.of_engine(layout))))):
        to = [served["graphql"], "-A", agent, *way]
        told = subprocess.run([*command, *to], capture_output=True, text=True, check=True).stdout
        assert "query_root" in told
    readers = plain.get(
        served["graphql"].replace("/graphql", "/readers"),
        headers={"x-hasura-admin-secret": served["adminSecret"]},
        timeout=10,
    ).json()["readers"]
    assert {each["agent"]: each["address"] for each in readers} == {
        "over-tcp": "127.0.0.1",
        "by-socket": "10.9.9.9 through the gateway",
    }


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
def test_a_superuser_of_the_cluster(hosts: Hosts, ports: Ports) -> None:
    """Reads no file but of its own cluster, runs no program that does, and meets no other part."""
    port = ports.one()
    hosts.apply("postgres", port=port, tcp=False)
    layout = Layout(root=hosts.root, belt="blue")
    secret = hosts.secrets("blue")["admin"]
    script = layout.of_part("postgres") / "data" / "knock.py"
    script.write_text(ASKS_CONTROL.format(path=layout.supervisor / control.SOCKET))
    script.chmod(0o644)
    programs = (
        f"cat {layout.secrets}",
        f"cat {layout.programs}/*.json",
        f"/usr/bin/python3 -I {script}",
        "cat /etc/shadow",
        f"echo x > {layout.home}/made",
    )
    where = make_conninfo(
        host=str(sockets.for_host(layout)),
        port=port,
        dbname="belts",
        user="postgres",
        password=hosts.secrets("blue")["superuser"],
    )
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute("create temporary table said (line text)")
        for path in (layout.secrets, Path("/etc/shadow")):
            with pytest.raises(psycopg.Error):
                connection.execute("select pg_read_file(%s)", [str(path)])
        for program in programs:
            with pytest.raises(psycopg.Error):
                connection.execute(f"copy said from program '{program}'".encode())
        connection.execute("copy said from program 'echo it runs'")
        assert connection.execute("select line from said").fetchall() == [("it runs",)]
        assert secret not in str(connection.execute("select * from said").fetchall())
    assert not (layout.home / "made").exists()
