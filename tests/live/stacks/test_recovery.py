"""The serving belt is gone for good, and `pulumi up` leads consumers to the next one without it."""

import os
import signal
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo import gate
from tests.conftest import Ports
from tests.live import plain
from tests.live.hosts import wait_until
from tests.live.stacks.standing import entries
from tests.live.stacks.world import World, alive

pytestmark = [pytest.mark.live, pytest.mark.deep]

SPARE = "spare"


def recovering(hosts: Path, rpc: Mapping[int, str]) -> dict[str, Any]:
    """The promise of the way from blue to green, by somebody who has given blue up."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    return {
        **gate.policy(hosts, rpc),
        "recovery": {"belt": "blue", "reason": "its disk is gone", "expires": tomorrow},
        "accept": [
            {"part": "content.rows", "reason": "green has rows that blue never had"},
            {"part": "content.footprint", "reason": "nobody can ask blue which events it had"},
        ],
    }


@pytest.fixture
def spare(green: World, ports: Ports) -> Iterator[World]:
    """A second gateway, which leads to blue; blue comes back afterwards."""
    green.config(SPARE, like="gateway", caddy={"port": ports.one()}, ledger={"port": ports.one()})
    green.init(SPARE)
    policy = green.policy.read_text()
    green.promise(gate.first)
    green.up(SPARE)
    yield green
    green.policy.write_text(policy)
    green.up("blue")
    green.synced("blue")
    green.set(SPARE, "decommission", "true")
    green.up(SPARE)
    green.destroy(SPARE)


def test_serving_belt_gone_for_good(spare: World) -> None:
    """Refused while blue answers; once it is dead, done, told, and written down as what it was."""
    alias = spare.outputs(SPARE)["url"]
    spare.set(SPARE, "upstream", "green")
    spare.promise(recovering)
    early = spare.preview(SPARE)
    pids = spare.pids("blue")
    os.kill(pids["supervisor"], signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in pids.values()), "blue to be dead")
    dead = plain.post(alias, json={"query": "{ __typename }"}, timeout=10)
    said = spare.up(SPARE)
    answer = plain.post(alias, json={"query": "{ __typename }"}, timeout=10)

    assert early.code != 0
    assert "expected: blue to be dead, as the policy's `recovery` says" in early.text
    assert (dead.status_code, dead.headers["x-belt"]) == (502, "blue")
    assert "blue is dead" in said
    assert (answer.status_code, answer.headers["x-belt"]) == (200, "green")
    assert [(move.belt, move.mode, move.result) for move in entries(spare, SPARE)] == [
        ("blue", "parity", "served"),
        ("green", "recovery", "served"),
    ]
