"""Checks a known log on the chain and in the candidate's entity, not only among its raw events."""

from dataclasses import replace

from gate.observations.truth import GoldenSeen, LogSeen
from gate.observations.unobserved import Cause
from gate.policy.groundtruth import Golden, GroundTruth
from gate.probes.rpc.logs import log_of
from gate.probes.truth.arguments import unequal
from gate.probes.truth.chain import Chain, filter_of, nobody, row_key
from gate.probes.truth.dropped import finds_transactions
from gate.probes.truth.holders import Holder
from gate.probes.truth.proofs import timed
from gate.probes.truth.spelling import rows_of
from gate.probes.unseen import UnseenError, unseen_as_value


async def golden_seen(
    chain: Chain, truth: GroundTruth, golden: Golden, candidate: Holder, start: int
) -> GoldenSeen:
    """One golden; a log of another event is not looked up, because no row can be its."""
    log = await _golden_log(chain, golden, start)
    seen = GoldenSeen(transaction=golden.transaction, log_index=golden.log_index, log=log)
    if not isinstance(log, LogSeen) or not filter_of(truth).wants(log):
        return seen
    try:
        return await _held(truth, candidate, log, seen)
    except UnseenError as unseen:
        return replace(seen, row=unseen.unobserved)


async def _held(truth: GroundTruth, candidate: Holder, log: LogSeen, seen: GoldenSeen) -> GoldenSeen:
    """Checks the entity and the raw events for the log: one does not prove the other."""
    key = row_key(truth, log)
    rows = await rows_of(candidate, truth, [key])
    place = await candidate.place(truth)
    events = await candidate.events(truth, log.block, log.block)
    return replace(
        seen,
        key=key,
        row=key in rows,
        wrong=(*unequal(truth, log, rows[key]), *place.wrong(truth.chain, log, rows[key]))
        if key in rows
        else (),
        raw=log.place in {event.place for event in events or ()},
    )


@unseen_as_value
async def _golden_log(chain: Chain, golden: Golden, start: int) -> LogSeen | None:
    """The log from the first provider that has it; others may have dropped old logs."""
    faults: list[UnseenError] = []
    for provider in chain.believable:
        try:
            log = await log_of(provider, golden.transaction, golden.log_index)
            if log is not None:
                [log] = await timed(provider, [log])
                return log
            await finds_transactions(provider, first=start)
        except UnseenError as unseen:
            faults.append(unseen)
    if faults:
        raise faults[0]
    if not chain.believable:
        raise UnseenError(nobody(chain), Cause.NOT_GIVEN)
    return None
