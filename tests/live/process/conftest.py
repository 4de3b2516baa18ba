"""A belt, a gateway and chains that may be killed: one set for each file of tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import control
from tests.conftest import Ports
from tests.live import world
from tests.live.hosts import Hosts


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Everything that can stand on a host, with the requests that made it."""

    hosts: Hosts
    requests: dict[str, dict[str, Any]]

    def pids(self) -> dict[str, int]:
        return self.hosts.pids()


@pytest.fixture(scope="module")
def standing(ports: Ports) -> Iterator[Standing]:
    with Hosts.temporary() as hosts:
        yield stand(hosts, ports)


def stand(hosts: Hosts, ports: Ports) -> Standing:
    requests = {"postgres": postgres(ports.one()), "engine": engine(ports.one()), "caddy": caddy(ports.one())}
    rpc = world.chains(hosts, ports, world.BLUE, events=600)
    requests["indexer"] = world.indexer_fields(rpc, port=ports.one())
    for part in ("postgres", "engine", "indexer", "caddy"):
        hosts.apply(part, **requests[part])
    return Standing(hosts=hosts, requests=requests)


def postgres(port: int, **changed: Any) -> dict[str, Any]:
    small = {"port": port, "sharedBuffersMb": 32, "maxConnections": 40, "memoryMb": 128}
    return small | {"budget": world.MANY} | changed


def engine(port: int, **changed: Any) -> dict[str, Any]:
    return {"port": port, "memoryMb": 128} | changed


def caddy(port: int, **changed: Any) -> dict[str, Any]:
    """A gateway's door without an alias: it answers that nobody is there."""
    return {"port": port} | changed


def stop_by_hand(hosts: Hosts, program: str) -> None:
    """What an operator does with supervisorctl."""
    with control.connect(Layout(root=hosts.root, belt="blue")) as connected:
        connected.stop([program])
