"""Asks the gate and the writer as the alias resource does, without an engine."""

import json
import subprocess
import sys
from typing import Any

from tests.live.stacks.world import Run, World
from tools.environment import environment


def order(world: World, upstream: str, *others: str, **changes: Any) -> dict[str, Any]:
    """The order that the gateway's stack would give for this belt, with changes."""
    return {
        "version": 1,
        "gateway": "gateway",
        "stack": "organization/belts/gateway",
        "runtime": "process",
        "hosts": str(world.hosts),
        "directory": str(world.hosts / "gateway" / "alias"),
        "url": f"{world.url(20530)}/v1/graphql",
        "policy": str(world.policy),
        "deadline": 300.0,
        "lift": None,
        "ledger": None,
        "decommission": False,
        "upstream": belt(world, upstream),
        "belts": [belt(world, other) for other in others],
        **changes,
    }


def belt(world: World, name: str) -> dict[str, Any]:
    """A belt as an order describes it."""
    told = world.outputs(name)
    return {
        "belt": name,
        **{key: told[key] for key in ("dial", "graphql", "adminSecret", "metrics", "identity", "sources")},
        "database": told["databases"]["gate"],
    }


def ask(world: World, command: str, wanted: dict[str, Any], *flags: str) -> Run:
    """What `gate judge` or `gate move` answers, and how it ends."""
    done = subprocess.run(
        [sys.executable, "-m", "gate", command, *flags],
        cwd=world.directory,
        env=environment(state=world.state),
        input=json.dumps(wanted),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=180,
    )
    return Run(done.returncode, done.stdout)
