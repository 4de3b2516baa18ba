"""Everything in a policy that asks less of a candidate than the defaults do."""

from collections.abc import Iterator
from dataclasses import replace

from gate.policy.chains import DEFAULT_LAG_LIMIT, DEFAULT_REORG_DEPTH, ExpectedChain, Finality
from gate.policy.entities import EntityPolicy
from gate.policy.groundtruth import DEFAULT_WINDOWS, GroundTruth
from gate.policy.model import DEFAULT_SETTLE, DEFAULT_SOAK, Policy


def loosened(policy: Policy) -> Policy:
    """The policy with the list of its loosened limits."""
    return replace(policy, loosened=tuple(_all(policy)))


def _all(policy: Policy) -> Iterator[str]:
    """Every loosened limit, in the order of the file."""
    if policy.recovery is not None:
        dead = policy.recovery
        yield (
            f"recovery of {dead.belt} until {dead.expires}: while it is dead, what needs it is decided by "
            f"its last certificate: {dead.reason}"
        )
    if policy.settle < DEFAULT_SETTLE:
        yield f"settle is {policy.settle}, by default {DEFAULT_SETTLE}"
    if policy.soak < DEFAULT_SOAK:
        yield f"soak is {policy.soak}, by default {DEFAULT_SOAK}"
    for chain in policy.chains:
        yield from _chain(chain)
    for entity in policy.entities:
        yield from _entity(entity)
    for entry in policy.ground_truth:
        yield from _ground_truth(entry)
    yield from _left_out(policy)


def _chain(chain: ExpectedChain) -> Iterator[str]:
    """One chain's limits."""
    name = f"chain {chain.id}"
    if chain.lag_limit > DEFAULT_LAG_LIMIT:
        yield f"{name}: lagLimit is {chain.lag_limit} blocks, by default {DEFAULT_LAG_LIMIT}"
    if chain.reorg_depth < DEFAULT_REORG_DEPTH:
        yield f"{name}: reorgDepth is {chain.reorg_depth} blocks, by default {DEFAULT_REORG_DEPTH}"
    if chain.finality is Finality.DEPTH:
        yield f"{name}: the finalized tag is not asked for"


def _entity(entity: EntityPolicy) -> Iterator[str]:
    """One entity's limits."""
    if entity.floor:
        yield f"{entity.name}: the candidate may hold {entity.floor} rows fewer on each chain"
    for allowed in entity.may_differ:
        yield f"{entity.name}: {', '.join(allowed.columns)} may differ: {allowed.reason}"


def _ground_truth(entry: GroundTruth) -> Iterator[str]:
    """How much is sampled."""
    name = f"{entry.entity} on chain {entry.chain}"
    if entry.windows.count < DEFAULT_WINDOWS.count:
        yield f"{name}: {entry.windows.count} windows are sampled, by default {DEFAULT_WINDOWS.count}"
    if entry.windows.blocks < DEFAULT_WINDOWS.blocks:
        yield f"{name}: windows of {entry.windows.blocks} blocks, by default {DEFAULT_WINDOWS.blocks}"


def _left_out(policy: Policy) -> Iterator[str]:
    """What is not asked for at all."""
    if policy.runtime.version is None:
        yield "no indexer version is pinned"
    if policy.runtime.heap_mb is None:
        yield "no heap is declared"
    for acceptance in policy.accepts:
        yield f"{acceptance.part} may stay undecided: {acceptance.reason}"
