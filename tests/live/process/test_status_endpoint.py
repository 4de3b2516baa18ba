"""The status endpoint as a part of a gateway: what it is given, that it comes back, that nothing is left."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process.wire.request import written
from belts.spec.gateway import Caddy, GatewaySpec, StatusEndpoint, Watched
from gate.alias.directory import Directory
from gate.alias.state import Standing, first
from tests.live import plain
from tests.live.gate.signals.servers import belt, chain, serving
from tests.live.hosts import Hosts, command_line, processes, wait_until
from tests.live.world import World

pytestmark = pytest.mark.live

KEY = "k3y-4711-0815"


def watching(hosts: Hosts, port: int, *chains: Watched) -> GatewaySpec:
    return GatewaySpec(
        name="gateway", root=hosts.root, caddy=Caddy(port=port), status_endpoint=StatusEndpoint(chains=chains)
    )


def bring_up(hosts: Hosts, spec: GatewaySpec, **secrets: str) -> None:
    """The gateway's Caddy and its status endpoint, as a stack asks for them."""
    for request in written(spec).values():
        environment = {"BELTS_SECRETS": json.dumps(secrets)}
        answer = hosts.run("apply", stdin=json.dumps(request), environment=environment)
        assert answer.code == 0, answer.said


def serve(spec: GatewaySpec, dial: str, heights: dict[int, int]) -> None:
    to = Standing(belt="blue", identity="blue", dial=dial, heights=heights)
    served = first(to, since="2026-01-01T00:00:00.000+00:00", move=1, certificate="c-1")
    Directory(spec.alias, "gateway").swap(served)


def told(spec: GatewaySpec) -> dict[str, Any]:
    answer = plain.get(f"{spec.url}/_belt", timeout=10)
    assert answer.status_code == 200, answer.text
    word: dict[str, Any] = answer.json()
    return word


def came_back(hosts: Hosts, before: int) -> bool:
    return hosts.pids("gateway").get("status-endpoint") not in {0, None, before}


def test_a_gateway_with_a_status_endpoint(hosts: Hosts, free_port: Callable[[], int]) -> None:
    """Killed, or with its supervisor, it comes back with what it was given, and its key shows nowhere."""
    with serving(belt(c1=5, c10=6)) as blue, serving(chain(1, 7)) as one, serving(chain(10, 8)) as ten:
        spec = watching(hosts, free_port(), Watched(id=1, rpc=one.url), Watched(id=10, secret=True))
        bring_up(hosts, spec, RPC_10=f"{ten.url}/{KEY}")
        serve(spec, f"127.0.0.1:{blue.port}", {1: 5})
        chains = {"1": {"committed": 5, "head": 7, "lag": 2}, "10": {"committed": 6, "head": 8, "lag": 2}}
        wait_until(lambda: told(spec)["chains"] == chains, "what the status endpoint sees")

        for victim in ("status-endpoint", "supervisord"):
            before = hosts.pids("gateway")
            os.kill(before[victim], signal.SIGKILL)
            if victim == "supervisord":
                assert hosts.run("heal", "--root", str(hosts.root), "gateway").code == 0
            wait_until(partial(came_back, hosts, before["status-endpoint"]), "another status endpoint")
            wait_until(
                lambda: plain.get(f"{spec.url}/_belt").status_code == 200, "an answer of the status endpoint"
            )
            wait_until(lambda: told(spec)["chains"] == chains, "what the status endpoint sees again")

        assert ten.asked[-1].path == f"/{KEY}"
        home = hosts.root / "gateway"
        holding = {
            path.relative_to(home).as_posix()
            for path in home.rglob("*")
            if path.is_file() and KEY.encode() in path.read_bytes()
        }
        assert holding == {"secrets.json", "supervisor/programs/status-endpoint.json"}
        assert [pid for pid in processes() if KEY in command_line(pid)] == []
        assert KEY not in plain.get(f"{spec.url}/_belt").text


def test_what_the_gateways_processes_hold(hosts: Hosts, free_port: Callable[[], int]) -> None:
    """Neither Caddy nor the status endpoint is given any secret of the host, the ledger's among them."""
    spec = watching(hosts, free_port())
    hosts.apply("ledger", belt="gateway", port=free_port())
    bring_up(hosts, spec)
    held = [secret.encode() for secret in hosts.secrets("gateway").values()]
    pids = hosts.pids("gateway")
    for name in ("caddy", "status-endpoint"):
        environment = (Path("/proc") / str(pids[name]) / "environ").read_bytes()
        assert environment
        assert [secret for secret in held if secret in environment] == [], name


def test_a_secret_that_is_missing(hosts: Hosts, free_port: Callable[[], int]) -> None:
    """It is refused by name, and what stands in its place is not shown."""
    spec = watching(hosts, free_port(), Watched(id=10, secret=True))
    for secrets in ({}, {"RPC_10": KEY}):
        answer = hosts.run(
            "apply",
            stdin=json.dumps(written(spec)["status-endpoint"]),
            environment={"BELTS_SECRETS": json.dumps(secrets)},
        )
        assert answer.code == 1
        assert "the status endpoint has no URL of chain 10" in answer.said
        assert KEY not in answer.said
    hosts.remove("status-endpoint", belt="gateway")


def test_a_path_that_is_long(hosts: Hosts, free_port: Callable[[], int]) -> None:
    """Caddy and its status endpoint meet at a socket whose whole path is longer than a socket's may be."""
    deep = Hosts(hosts.root / ("d" * 60) / ("e" * 60))
    deep.root.mkdir(parents=True)
    spec = watching(deep, free_port())
    try:
        bring_up(deep, spec)
        assert len(str(deep.root / "gateway" / "status-endpoint" / "status.sock")) > 107
        assert plain.get(f"{spec.url}/_belt").json() == {
            "belt": None,
            "reason": "no belt has been promoted yet",
        }
    finally:
        shutil.rmtree(deep.root / "gateway" / "alias", ignore_errors=True)
        assert deep.run("remove", "--all", "--root", str(deep.root), "gateway").code == 0
        deep.root.rmdir()
        deep.root.parent.rmdir()


def test_a_real_belt_on_real_chains(world: World, hosts: Hosts, free_port: Callable[[], int]) -> None:
    """What is said of a belt is what its database holds, and what its chains say of themselves."""
    chains = [Watched(id=number, rpc=url) for number, url in world.rpc.items()]
    spec = watching(hosts, free_port(), *chains)
    bring_up(hosts, spec)
    before = world.blue.progress()
    serve(spec, world.blue.graphql.removeprefix("http://").partition("/")[0], before)
    said = told(spec)["chains"]
    after = world.blue.progress()

    assert set(said) == {str(number) for number in world.rpc}
    for number, seen in said.items():
        if int(number) in before:
            assert before[int(number)] <= seen["committed"] <= after[int(number)]
            assert 0 <= seen["lag"] == max(0, seen["head"] - seen["committed"])
        else:
            assert seen["unseen"] == {"committed": "the belt does not index this chain"}
            assert seen["head"] > 0
