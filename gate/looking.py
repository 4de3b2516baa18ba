"""Runs probes over one set of connections, concurrently, until the deadline."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from gate.agent import HEADERS
from gate.boundary import held
from gate.connections import client_options
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.observations import Cause, Observations, Unobserved
from gate.policy import Policy
from gate.probes.http import EXCHANGE_SECONDS
from gate.probes.probe import Probe
from gate.probes.world import World

# How long a cancelled probe may take to close its connections before the gate goes on without it.
GRACE_SECONDS = 3.0
CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=32)


def connected() -> httpx.AsyncClient:
    """The client of one look; its user agent tells belts that it is no consumer."""
    patience = httpx.Timeout(EXCHANGE_SECONDS)
    return httpx.AsyncClient(
        **client_options(limits=CONNECTIONS), timeout=patience, follow_redirects=False, headers=HEADERS
    )


@asynccontextmanager
async def alone(
    endpoints: Endpoints, policy: Policy, *, ends: float, cache: Store | None = None
) -> AsyncIterator[World]:
    """A look at the candidate alone, until `ends` on the clock of `time.monotonic`."""
    async with connected() as http:
        yield World(
            endpoints=replace(endpoints, serving=None, alias=None),
            policy=policy,
            http=http,
            seed=secrets.randbits(32),
            began=datetime.now(UTC),
            ends=ends,
            cache=cache,
        )


async def observe(world: World, probes: Sequence[Probe]) -> Observations:
    """The results of the probes by the deadline; a probe that is late or failed is unobserved."""
    tasks = {probe.field: asyncio.create_task(held(partial(probe.look, world))) for probe in probes}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=world.remaining)
    finally:
        await _end(world, tasks.values())
    seen: dict[str, Any] = {field: _result(task) for field, task in tasks.items()}
    return Observations(began=world.began, endpoints=world.endpoints, **seen)


async def _end(world: World, tasks: Collection[asyncio.Task[object]]) -> None:
    """Cancels whatever still runs, and gives it a moment to close its connections."""
    running = {task for task in (*tasks, *world.readings) if not task.done()}
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running, timeout=GRACE_SECONDS)


def _result(task: asyncio.Task[object]) -> object:
    """The result of a probe; unobserved if it does not even stop when cancelled."""
    if not task.done():
        return Unobserved(reason="it did not stop when the gate's time was up", cause=Cause.DEADLINE)
    if task.cancelled():
        return Unobserved(reason="the gate's time was up before it began", cause=Cause.DEADLINE)
    return task.result()
