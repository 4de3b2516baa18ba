"""No good candidate is refused in fifty runs, while every chain and every belt moves, on busy cores too."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.live.gate.scene import Scene, Twin, doors

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(900)]

LONG = "10m"
"""Other tests want the cores as well: what is tried here is what the gate says, not how soon."""
RUNS = 50
BUSY = 20
"""Runs while something else keeps every core busy."""
SPIN = "while True: pass"


@contextmanager
def busy_cores() -> Iterator[None]:
    """One process a core that does nothing but use it."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


async def judged(scene: Scene, twin: Twin, run: int) -> None:
    """Green as an expansion, the twin as blue's equal, in turns; one in five knows nothing of the chains."""
    cache = scene.kept if run % 10 > 1 else None
    if run % 2:
        parity = scene.parity(deadline=LONG)
        found = await scene.judge(scene.endpoints(candidate=doors(twin.belt)), parity, cache=cache)
    else:
        found = await scene.judge(policy=scene.policy(deadline=LONG), cache=cache)
    assert found.passed, found.text


@pytest.mark.parametrize("run", range(RUNS - BUSY))
async def test_a_run(scene: Scene, twin: Twin, run: int) -> None:
    """It passes."""
    await judged(scene, twin, run)


@pytest.mark.parametrize("run", range(BUSY))
async def test_a_run_on_busy_cores(scene: Scene, twin: Twin, run: int) -> None:
    """It passes while two processes more than the cores carry want them."""
    with busy_cores():
        await judged(scene, twin, run)
