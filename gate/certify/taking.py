"""Reads from a candidate what its certificate will record."""

import asyncio
import time

from gate.alias.certificate.memory import Memory
from gate.all_probes import PROBES
from gate.endpoints import Endpoints
from gate.looking import alone, observe
from gate.observations import Unobserved
from gate.policy import Policy
from gate.probes.database import marks, own_state

FIELDS = frozenset(
    {"candidate_schema", "candidate_enums", "candidate_limits", "candidate_forms", "candidate_metadata"}
)


async def take(
    endpoints: Endpoints, policy: Policy, *, ends: float, begun: asyncio.Event
) -> Memory | Unobserved:
    """The candidate as it is now, or why its rows cannot be read.

    The rows are those of the moment at which `begun` is set, whatever changes after it.
    """
    try:
        async with alone(endpoints, policy, ends=ends) as here:
            found = await marks.look(here)
            if isinstance(found, Unobserved):
                return found
            start = time.monotonic()
            state = await own_state.take(here, begun)
            if isinstance(state, Unobserved):
                return state
            seconds = time.monotonic() - start
            seen = await observe(here, [probe for probe in PROBES if probe.field in FIELDS])
    finally:
        begun.set()
    return Memory(
        state=state,
        schema=seen.candidate_schema,
        enums=seen.candidate_enums,
        limits=seen.candidate_limits,
        marks=found,
        seconds=seconds,
        forms=seen.candidate_forms,
        metadata=seen.candidate_metadata,
    )
