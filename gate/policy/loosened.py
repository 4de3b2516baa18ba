"""Everything in a policy that asks less of a candidate than the defaults do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from belts.reading.duration import shown
from gate.amounts import amount
from gate.policy import alias, served
from gate.policy.chains import (
    DEFAULT_COMPARE_WITHIN,
    DEFAULT_LAG_LIMIT,
    DEFAULT_REORG_DEPTH,
    ExpectedChain,
    Finality,
)
from gate.policy.entities import EntityPolicy
from gate.policy.groundtruth import DEFAULT_WINDOWS, GroundTruth
from gate.policy.model import DEFAULT_SETTLE, DEFAULT_SOAK, Policy
from gate.policy.proof import Extent
from gate.policy.sound import loosened as sound
from gate.policy.unproved import loosened as unproved

EXCEEDED = frozenset({"budget.siblings", "budget.month"})
"""Parts that a policy accepts also where they were seen not to hold: they are about money, not about rows."""
NAMED = 3
"""Chains that are listed by their ids; of more it is said how many they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Looser:
    """One limit that asks less than its default, on one chain where it is about one."""

    words: str
    chain: int | None = None


def loosened(policy: Policy) -> Policy:
    """The policy with the list of its loosened limits; what holds on several chains is said once."""
    return replace(policy, loosened=grouped(_all(policy), every=[chain.id for chain in policy.chains]))


def grouped(limits: Iterable[Looser], *, every: Iterable[int]) -> tuple[str, ...]:
    """The limits as lines, in the order in which each appears first."""
    found: dict[str, list[int]] = {}
    for limit in limits:
        chains = found.setdefault(limit.words, [])
        if limit.chain is not None and limit.chain not in chains:
            chains.append(limit.chain)
    whole = set(every)
    return tuple(f"{words}{_where(chains, whole)}" for words, chains in found.items())


def _where(chains: list[int], every: set[int]) -> str:
    if not chains:
        return ""
    if len(chains) == 1:
        return f", on chain {chains[0]}"
    if set(chains) == every:
        return f", on all {amount(len(chains), 'chain')}"
    if len(chains) <= NAMED:
        return f", on chains {', '.join(map(str, sorted(chains)))}"
    return f", on {len(chains)} of {amount(len(every), 'chain')}"


def _all(policy: Policy) -> Iterator[Looser]:
    """Every loosened limit, in the order of the file."""
    if policy.recovery is not None:
        dead = policy.recovery
        yield Looser(
            words=(
                f"recovery of {dead.belt} until {dead.expires}: while it is {dead.what}, what needs it is "
                f"decided by its last certificate: {dead.reason}"
            )
        )
    if policy.settle < DEFAULT_SETTLE:
        yield Looser(words=f"settle {shown(policy.settle)} instead of {shown(DEFAULT_SETTLE)}")
    if policy.soak < DEFAULT_SOAK:
        yield Looser(words=f"soak {shown(policy.soak)} instead of {shown(DEFAULT_SOAK)}")
    for chain in policy.chains:
        yield from _chain(chain)
    for entity in policy.entities:
        yield from _entity(entity)
    if policy.proof is Extent.SAMPLING:
        yield Looser(words="proof is sampling: ranges of blocks are drawn instead of the whole history")
    for entry in policy.ground_truth:
        yield from _ground_truth(entry)
        if policy.proof is Extent.SAMPLING:
            yield from _windows(entry)
    for words in (*served.loosened(policy.served), *alias.loosened(policy.alias), *sound(policy.sound)):
        yield Looser(words=words)
    yield from _left_out(policy)


def _chain(chain: ExpectedChain) -> Iterator[Looser]:
    """One chain's limits."""
    if chain.lag_limit > DEFAULT_LAG_LIMIT:
        words = f"lagLimit {chain.lag_limit} instead of {amount(DEFAULT_LAG_LIMIT, 'block')}"
        yield Looser(words=words, chain=chain.id)
    if chain.reorg_depth != DEFAULT_REORG_DEPTH:
        words = f"reorgDepth {chain.reorg_depth} instead of {amount(DEFAULT_REORG_DEPTH, 'block')}"
        if chain.reorg_depth > DEFAULT_REORG_DEPTH:
            words = f"{words}: what lies between is compared by nobody"
        yield Looser(words=words, chain=chain.id)
    if chain.compare_within > DEFAULT_COMPARE_WITHIN:
        words = f"compareWithin {shown(chain.compare_within)} instead of {shown(DEFAULT_COMPARE_WITHIN)}"
        yield Looser(words=words, chain=chain.id)
    if chain.end_block is not None:
        yield Looser(words=f"nothing above block {chain.end_block} is asked for", chain=chain.id)
    if chain.finality is Finality.DEPTH:
        yield Looser(words="the finalized tag is not asked for", chain=chain.id)
    if chain.one_node:
        words = "oneNode: nobody else is asked for heads, and logs count by receipts roots alone"
        yield Looser(words=words, chain=chain.id)
    if chain.several_nodes:
        words = f"severalNodes: ports of one host count as several providers: {chain.several_nodes}"
        yield Looser(words=words, chain=chain.id)


def _entity(entity: EntityPolicy) -> Iterator[Looser]:
    """One entity's limits."""
    if entity.overrides:
        words = f"{entity.name}: {entity.overrides} as the policy says, whatever the tables show"
        yield Looser(words=words)
    if entity.floor:
        yield Looser(
            words=f"{entity.name}: the candidate may hold {amount(entity.floor, 'row')} fewer on each chain"
        )
    for allowed in entity.may_differ:
        columns = ", ".join(allowed.columns)
        yield Looser(words=f"{entity.name}: {columns} may differ {allowed.where}: {allowed.reason}")
    if entity.across is not None and entity.across.order:
        columns = ", ".join(entity.across.order)
        reason = entity.across.reason
        yield Looser(words=f"{entity.name}: {columns} may differ with the order of the chains: {reason}")


def _ground_truth(entry: GroundTruth) -> Iterator[Looser]:
    """What is not asked for."""
    if entry.place.left_out:
        names = ", ".join(entry.place.left_out)
        yield Looser(words=f"{entry.entity}: no column is compared with its log's {names}", chain=entry.chain)
    if entry.start:
        words = f"{entry.entity}: what lies below block {entry.start} is not asked for"
        yield Looser(words=words, chain=entry.chain)
    if entry.topics:
        names = ", ".join(argument for argument, _ in entry.topics)
        yield Looser(words=f"{entry.entity}: only logs with {names} as listed count", chain=entry.chain)


def _windows(entry: GroundTruth) -> Iterator[Looser]:
    """How little is sampled."""
    if entry.windows.count < DEFAULT_WINDOWS.count:
        words = f"{entry.entity}: {amount(entry.windows.count, 'window')} instead of {DEFAULT_WINDOWS.count}"
        yield Looser(words=words, chain=entry.chain)
    if entry.windows.blocks < DEFAULT_WINDOWS.blocks:
        words = (
            f"{entry.entity}: windows of {entry.windows.blocks} instead of"
            f" {amount(DEFAULT_WINDOWS.blocks, 'block')}"
        )
        yield Looser(words=words, chain=entry.chain)


def _left_out(policy: Policy) -> Iterator[Looser]:
    """What is not asked for at all."""
    if policy.runtime.version is None:
        yield Looser(words="no indexer version is pinned")
    if policy.runtime.heap_mb is None:
        yield Looser(words="no heap is declared")
    for acceptance in policy.accepts:
        beyond = "be exceeded, or stay undecided" if acceptance.part in EXCEEDED else "stay undecided"
        yield Looser(words=f"{acceptance.part} may {beyond}: {acceptance.reason}")
    for words in unproved(policy.unproved):
        yield Looser(words=words)
