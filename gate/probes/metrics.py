"""The indexer's process as its metrics endpoint shows it.

Envio shows its version under `/metrics` and its process under `/metrics/runtime`. The limit of the heap and
the reseed flag are shown by neither; belts that are started by this project add them as
`belts_heap_limit_bytes` and `belts_reseed_flag`.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlunsplit

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from gate.endpoints import Side
from gate.observations.metrics import MetricsSeen
from gate.observations.unobserved import Cause
from gate.probes.graphql.ask import belt_on
from gate.probes.http import get
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.secret import Address

BETWEEN_LOOKS_SECONDS = 3.0
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
    heap, reseeds = now.get("belts_heap_limit_bytes"), now.get("belts_reseed_flag")
    return MetricsSeen(
        at=datetime.now(UTC),
        version=now["envio_info"].labels.get("version") if "envio_info" in now else None,
        heap_limit_mb=int(heap.value) // MEBIBYTE if heap else None,
        reseeds=bool(reseeds.value) if reseeds else None,
        started=_started(now),
        started_before=_started(before),
    )


async def _samples(world: World, address: Address) -> Mapping[str, Sample]:
    """The first sample of every name, from the endpoint and from the one for the process beside it."""
    samples = await _read(world, address)
    if "process_start_time_seconds" in samples:
        return samples
    parts = address.parts
    runtime = Address(urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/runtime")))
    try:
        return {**await _read(world, runtime), **samples}
    except UnseenError:
        return samples


async def _read(world: World, address: Address) -> Mapping[str, Sample]:
    """One endpoint's samples by name."""
    text = (await get(world, address)).body.decode("utf-8", "replace")
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError as error:
        raise UnseenError(f"{address} does not answer with metrics", Cause.BAD_ANSWER) from error
    samples = {sample.name: sample for family in reversed(families) for sample in reversed(family.samples)}
    if not samples:
        raise UnseenError(f"{address} answers without a single metric", Cause.BAD_ANSWER)
    return samples


def _started(samples: Mapping[str, Sample]) -> datetime | None:
    """When the process started."""
    sample = samples.get("process_start_time_seconds")
    return datetime.fromtimestamp(sample.value, UTC) if sample else None
