"""What belts cost keeps back one that comes new, and nothing that is there already."""

import json
import os
import signal

import pytest

from tests.conftest import Ports
from tests.live.hosts import Hosts, wait_until
from tests.live.process import conftest as build

pytestmark = pytest.mark.live

TIGHT = {"siblings": 1, "ceiling": 0}


def test_a_further_belt(hosts: Hosts, ports: Ports) -> None:
    """Refused before anything of it is there; the belt that is there comes back, over every limit."""
    blue, green = build.postgres(ports.one()), build.postgres(ports.one())
    hosts.apply("postgres", belt="blue", **blue)
    request = hosts.root / "blue" / "requests" / "postgres.json"
    request.write_text(json.dumps(json.loads(request.read_text()) | {"budget": TIGHT}))
    for verb in ("check", "apply"):
        answer = hosts.ask(verb, "postgres", belt="green", **green)
        assert answer.code == 1
        assert "green: one belt more than may be alive" in answer.said
        assert "pulumi destroy --run-program --stack blue" in answer.said
    assert hosts.belts() == ["blue"]
    assert json.loads((hosts.root / "blue" / "born.json").read_text())["at"]
    request.write_text(json.dumps(json.loads(request.read_text()) | {"budget": {"siblings": 2}}))
    hosts.apply("postgres", belt="green", **green)
    request.write_text(json.dumps(json.loads(request.read_text()) | {"budget": TIGHT}))
    os.kill(hosts.pids()["supervisord"], signal.SIGKILL)
    wait_until(lambda: hosts.status()["supervisor"] is None, "blue is dead")
    healed = hosts.run("heal", "--root", str(hosts.root), "blue")
    assert healed.code == 0, healed.said
    assert hosts.status()["parts"]["postgres"]["state"] == "up"
    told = hosts.run("status", "--root", str(hosts.root)).said
    assert "of 0.00 a month, 2 of 1 belts" in told
    assert hosts.run("remove", "--all", "--root", str(hosts.root), "green").code == 0
