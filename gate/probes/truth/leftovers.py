"""Finds events left by a reorganisation: Envio rolls back rows but keeps the events of undone blocks."""

from collections.abc import Sequence

from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.policy.groundtruth import GroundTruth
from gate.probes.rpc.blocks import hashes
from gate.probes.truth.chain import Chain, names_in, row_key
from gate.probes.truth.holders import Event, Holder
from gate.probes.truth.spelling import rows_of
from gate.probes.unseen import UnseenError

PLACE = frozenset({"chainId", "blockNumber", "logIndex", "address"})


async def leftovers(
    chain: Chain, truth: GroundTruth, candidate: Holder, strange: Sequence[Event]
) -> frozenset[Event]:
    """The events whose block is not the chain's, and of which the candidate has no row.

    An event in a block of the chain is not left over: it never existed.
    """
    if not strange:
        return frozenset()
    told = await hashes(chain.believable[0], (event.block for event in strange))
    undone = [event for event in strange if event.block_hash != told[event.block]]
    keys = {event: _key(truth, event) for event in undone}
    rows = await rows_of(candidate, truth, keys.values())
    return frozenset(event for event, key in keys.items() if key not in rows)


def _key(truth: GroundTruth, event: Event) -> str:
    """The key that the event's row would have, had it not been rolled back."""
    known = PLACE | ({"transactionHash"} if event.transaction else frozenset())
    if unknown := sorted(names_in(truth) - known):
        raise UnseenError(
            f"log {event.log_index} of block {event.block} is of a block that the chain has undone, and"
            f" whether its row is gone cannot be told: `rowId` names {', '.join(unknown)},"
            " which raw events do not hold",
            Cause.UNDECIDABLE,
        )
    log = LogSeen(
        block=event.block,
        block_hash=event.block_hash,
        log_index=event.log_index,
        transaction=event.transaction or "",
        address=truth.contract.lower(),
        topics=(),
        data="",
    )
    return row_key(truth, log)
