"""A log known to exist: found on the chain, and in the candidate's entity, not only among its raw events."""

from dataclasses import replace

from gate.observations.rows import Value
from gate.observations.truth import GoldenSeen, LogSeen
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.groundtruth import Golden, GroundTruth
from gate.probes.rpc import blocks
from gate.probes.rpc.logs import log_of
from gate.probes.truth.arguments import unequal
from gate.probes.truth.chain import Chain, nobody, row_key
from gate.probes.truth.holders import Holder, Row
from gate.probes.unseen import UnseenError, unseen_as_value


async def golden_seen(
    chain: Chain, truth: GroundTruth, golden: Golden, candidate: Holder, start: int
) -> GoldenSeen:
    log = await _golden_log(chain, golden, start)
    seen = GoldenSeen(transaction=golden.transaction, log_index=golden.log_index, log=log)
    if not isinstance(log, LogSeen):
        return seen
    key = row_key(truth, log)
    held = await _row(candidate, truth, key)
    events = await _events(candidate, truth, log)
    raw = isinstance(events, frozenset) and log.place in events
    if isinstance(held, Unobserved):
        return replace(seen, key=key, row=held, raw=raw)
    wrong = _wrong(truth, log, held[key]) if key in held else ()
    if isinstance(wrong, Unobserved):
        return replace(seen, key=key, row=wrong, raw=raw)
    return replace(seen, key=key, row=key in held, wrong=wrong, raw=raw)


@unseen_as_value
async def _golden_log(chain: Chain, golden: Golden, start: int) -> LogSeen | None:
    """The log by the first provider that has it; one that has not may have dropped the block it is in."""
    faults: list[UnseenError] = []
    for provider in chain.believable:
        try:
            log = await log_of(provider, golden.transaction, golden.log_index)
            if log is not None:
                return log
            await blocks.header(provider, start)
        except UnseenError as unseen:
            faults.append(unseen)
    if faults:
        raise faults[0]
    if not chain.believable:
        raise UnseenError(nobody(chain), Cause.NOT_GIVEN)
    return None


@unseen_as_value
async def _row(candidate: Holder, truth: GroundTruth, key: str) -> dict[str, Row]:
    return await candidate.rows(truth, [key])


@unseen_as_value
async def _events(candidate: Holder, truth: GroundTruth, log: LogSeen) -> frozenset[tuple[int, int]] | None:
    return await candidate.events(truth, log.block, log.block)


def _wrong(truth: GroundTruth, log: LogSeen, row: Row) -> tuple[Value, ...] | Unobserved:
    try:
        return unequal(truth, log, row)
    except UnseenError as unseen:
        return unseen.unobserved
