"""The indexer's process, by the metrics of any release."""

import time
from typing import Any

import httpx
import pytest

from gate.endpoints import Side
from gate.observations.metrics import MetricsSeen
from gate.probes import metrics
from gate.probes.world import World
from tests.unit.gate.core.builders import NOW, endpoints, policy

NAMED = 'envio_info{version="%s"} 1\n'
OWN, OFFICIAL = "envio_process_start_time_seconds %s\n", "process_start_time_seconds %s\n"


async def look(monkeypatch: pytest.MonkeyPatch, *looks: tuple[str, str | None]) -> MetricsSeen:
    """What is seen of answers at both paths, look by look; None is a path that is not there."""
    answers = [answer for both in looks for answer in both]
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        text = next(left)
        return httpx.Response(404 if text is None else 200, text=text or "")

    monkeypatch.setattr(metrics, "BETWEEN_LOOKS_SECONDS", 0.0)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        ends = time.monotonic() + 20
        world = World(endpoints=endpoints(), policy=policy(), http=http, seed=1, began=NOW, ends=ends)
        seen: Any = await metrics.look(world, Side.CANDIDATE)
    assert isinstance(seen, MetricsSeen), seen
    return seen


@pytest.mark.parametrize("shown", ["2.32.12", "v2.32.12"])
async def test_a_version(shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a project pins it, whatever letter a release puts before it."""
    one = (NAMED % shown, OFFICIAL % 5)
    assert (await look(monkeypatch, one, one)).version == "2.32.12"


async def test_a_process_beside_its_indexer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its start is taken from where it is official; where that is not there, by the other name."""
    both = (OWN % 5, OFFICIAL % 6)
    seen = await look(monkeypatch, both, both)
    assert seen.started is not None
    assert (seen.started.timestamp(), seen.started) == (6, seen.started_before)
    alone = (OWN % 5, None)
    seen = await look(monkeypatch, alone, alone)
    assert seen.started is not None
    assert seen.started.timestamp() == 5


async def test_a_name_that_only_one_look_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two names are not of the same instant: a process that goes on is not called one that restarted."""
    seen = await look(monkeypatch, (OWN % 5, None), (OWN % 5, OFFICIAL % 9))
    assert seen.started is not None
    assert (seen.started.timestamp(), seen.started) == (5, seen.started_before)
