"""One run of the gate: every probe at once under one deadline, then every check over what was seen."""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from gate.agent import HEADERS
from gate.all_probes import PROBES
from gate.boundary import held, words_of
from gate.checks import CHECKS
from gate.checks.check import Check
from gate.claims import Claim
from gate.connections import client_options
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.finding import Finding, untold
from gate.observations import Cause, Observations, Unobserved
from gate.policy import Policy
from gate.probes.http import EXCHANGE_SECONDS
from gate.probes.probe import Probe
from gate.probes.world import World
from gate.verdict import Verdict, accepting

# How long a cancelled probe has to close its connections before the gate speaks without it.
GRACE_SECONDS = 3.0
CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=32)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """The gate, ready to run: what it looks with, and what it judges by."""

    probes: Sequence[Probe] = PROBES
    checks: Sequence[Check] = CHECKS
    cache: Store | None = None
    repeats: bool = False
    """Whether a run that looked at all of the same has just ended, as a preview has before an update."""

    async def run(
        self,
        endpoints: Endpoints,
        policy: Policy,
        *,
        seed: int,
        only: frozenset[Claim] = frozenset(),
        ends: float | None = None,
    ) -> Verdict:
        """Looks at both belts and the chains, and judges the candidate.

        `ends` is on the clock of `time.monotonic`, where the run is only a part of what has a deadline.
        """
        began, start = datetime.now(UTC), time.monotonic()
        checks = [check for check in self.checks if not only or check.claim in only]
        wanted = {check.claim for check in checks}
        async with connected() as http:
            world = World(
                endpoints=endpoints,
                policy=policy,
                http=http,
                seed=seed,
                began=began,
                ends=start + policy.deadline.total_seconds() if ends is None else ends,
                cache=self.cache,
                repeats=self.repeats,
            )
            seen = await observe(world, [probe for probe in self.probes if probe.claims & wanted])
        if self.cache is not None:
            self.cache.forget_unused()
        return Verdict(
            findings=tuple(accepting(judged(check, seen, policy), policy) for check in checks),
            only=only,
            began=began,
            seconds=time.monotonic() - start,
            seed=seed,
            policy=policy,
        )


def connected() -> httpx.AsyncClient:
    """The connections of one look: belts know by the agent that no consumer asks."""
    patience = httpx.Timeout(EXCHANGE_SECONDS)
    return httpx.AsyncClient(
        **client_options(limits=CONNECTIONS), timeout=patience, follow_redirects=False, headers=HEADERS
    )


async def observe(world: World, probes: Sequence[Probe]) -> Observations:
    """What the probes saw until the deadline; a probe that is late or that broke has seen nothing."""
    tasks = {probe.field: asyncio.create_task(held(partial(probe.look, world))) for probe in probes}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=world.remaining)
    finally:
        await _end(world, tasks.values())
    seen: dict[str, Any] = {field: _result(task) for field, task in tasks.items()}
    return Observations(began=world.began, endpoints=world.endpoints, **seen)


def judged(check: Check, seen: Observations, policy: Policy) -> Finding:
    """What a check finds, with an undecided point for every part that it says nothing about."""
    try:
        finding = check.judge(seen, policy)
    except Exception as error:  # noqa: BLE001 - a check that breaks has proved nothing
        finding = _broken(check, error)
    return finding.complete_with(check.parts)


def _broken(check: Check, error: Exception) -> Finding:
    """The finding of a check that raised."""
    points = tuple(
        untold(
            part,
            expected=part.sentence,
            observed=f"the check broke: {words_of(error)}",
            advice="Report this as a defect of the gate.",
        )
        for part in check.parts
    )
    return Finding(claim=check.claim, points=points)


async def _end(world: World, tasks: Collection[asyncio.Task[object]]) -> None:
    """Stops whatever still looks, and gives it a moment to close what it has opened."""
    running = {task for task in (*tasks, *world.readings) if not task.done()}
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running, timeout=GRACE_SECONDS)


def _result(task: asyncio.Task[object]) -> object:
    """What a probe saw; one that does not even stop when it is told to has seen nothing."""
    if not task.done():
        return Unobserved(reason="it did not stop when the gate's time was up", cause=Cause.DEADLINE)
    if task.cancelled():
        return Unobserved(reason="the gate's time was up before it began", cause=Cause.DEADLINE)
    return task.result()
