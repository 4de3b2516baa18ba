"""The indexer's process as its metrics endpoint shows it.

Envio shows its version under `/metrics` and its process under `/metrics/runtime`. The limit of the heap, the
reseed flag, and the database that it writes into are shown by neither; belts that are started by this project
add them as `belts_heap_limit_bytes`, `belts_reseed_flag` and `belts_database_info`.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlunsplit

from prometheus_client.samples import Sample

from belts import samples
from belts.envio.release import METRICS
from gate.endpoints import Side
from gate.observations.metrics import MetricsSeen
from gate.observations.unobserved import Cause
from gate.probes.graphql.ask import belt_on
from gate.probes.http import get
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.secret import Address

BETWEEN_LOOKS_SECONDS = 2.0
MEBIBYTE = 1024 * 1024


@unseen_as_value
async def look(world: World, side: Side) -> MetricsSeen:
    """The process, looked at twice, so that one that restarts in between is seen to."""
    address = belt_on(world.endpoints, side).metrics
    if address is None:
        raise UnseenError(f"the endpoints give no metrics of the {side} belt", Cause.NOT_GIVEN)
    before = await _samples(world, address)
    await asyncio.sleep(min(BETWEEN_LOOKS_SECONDS, world.remaining / 2))
    now = await _samples(world, address)
    shown = next((name for name in METRICS.started if name in before and name in now), "")
    heap, reseeds = now.get("belts_heap_limit_bytes"), now.get("belts_reseed_flag")
    return MetricsSeen(
        at=datetime.now(UTC),
        version=_version(now),
        heap_limit_mb=int(heap.value) // MEBIBYTE if heap else None,
        reseeds=bool(reseeds.value) if reseeds else None,
        started=_started(now, shown),
        started_before=_started(before, shown),
        database=_database(now),
    )


async def _samples(world: World, address: Address) -> Mapping[str, Sample]:
    """The first sample of every name, from the endpoint and from the one for the process beside it."""
    samples = await _read(world, address)
    if METRICS.started[0] in samples:
        return samples
    parts = address.parts
    runtime = Address(urlunsplit(parts._replace(path=parts.path.rstrip("/") + METRICS.process)))
    try:
        return {**await _read(world, runtime), **samples}
    except UnseenError:
        return samples


async def _read(world: World, address: Address) -> Mapping[str, Sample]:
    """One endpoint's samples by name."""
    text = (await get(world, address)).body.decode("utf-8", "replace")
    try:
        told = samples.read(text)
    except ValueError as error:
        raise UnseenError(f"{address} does not answer with metrics", Cause.BAD_ANSWER) from error
    if not told:
        raise UnseenError(f"{address} answers without a single metric", Cause.BAD_ANSWER)
    return {sample.name: sample for sample in reversed(told)}


def _database(samples: Mapping[str, Sample]) -> tuple[int, int] | None:
    """Which database the process writes into, as a belt of ours says."""
    sample = samples.get("belts_database_info")
    if sample is None:
        return None
    try:
        return int(sample.labels["system_identifier"]), int(sample.labels["database_oid"])
    except (KeyError, ValueError):
        return None


def _version(samples: Mapping[str, Sample]) -> str | None:
    """The version, as a project pins it."""
    told = samples[METRICS.info].labels.get(METRICS.version) if METRICS.info in samples else None
    return None if told is None else METRICS.plain(told)


def _started(samples: Mapping[str, Sample], name: str) -> datetime | None:
    """When the process started, under a name that both looks show: the others are not of the same instant."""
    sample = samples.get(name)
    return datetime.fromtimestamp(sample.value, UTC) if sample else None
