"""Asks every expected chain for the policy's logs, and the candidate for their rows."""

import asyncio
import time
from dataclasses import replace

from gate.observations.progress import Progress
from gate.observations.truth import (
    BeginningSeen,
    Below,
    BlocksSeen,
    ChainSeen,
    ContractSeen,
    ProviderSeen,
    Truth,
)
from gate.observations.unobserved import NOT_LOOKED, Cause, Unobserved
from gate.policy.chains import DEFAULT_REORG_DEPTH, ExpectedChain, Finality, provider_of
from gate.policy.groundtruth import GroundTruth
from gate.policy.proof import Extent
from gate.probes.rpc import blocks
from gate.probes.rpc.provider import Provider, chain_id
from gate.probes.truth.beginning import before, beginning
from gate.probes.truth.chain import Chain, Range
from gate.probes.truth.goldens import golden_seen
from gate.probes.truth.holders import Holder, Received, holder
from gate.probes.truth.lineage import blocks_seen
from gate.probes.truth.sampling import windows_seen
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World


@unseen_as_value
async def look(world: World) -> Truth:
    """Observes all expected chains in parallel, with one snapshot of the candidate."""
    async with holder(world) as candidate:
        held = await candidate.progress()
        received = await _received(world, candidate, held)
        chains = await asyncio.gather(
            *(_chain(world, expected, candidate, held, received) for expected in world.policy.chains)
        )
    return Truth(seed=world.seed, chains=tuple(chains))


async def _chain(
    world: World,
    expected: ExpectedChain,
    candidate: Holder,
    held: Progress,
    received: Received | Unobserved,
) -> ChainSeen:
    providers = [Provider(world=world, address=address, chain=expected.id) for address in expected.rpc]
    told = await asyncio.gather(*(_told(provider) for provider in providers))
    good = [provider for provider, chain in zip(providers, told, strict=True) if chain == expected.id]
    independent = tuple(provider for provider in good if provider.address in expected.independent)
    chain = Chain(
        world=world,
        expected=expected,
        providers=(*independent, *(provider for provider in good if provider not in independent)),
        independent=independent,
    )
    span = await _range(chain, held)
    contracts = [
        await _contract(chain, truth, candidate, span)
        for truth in world.policy.ground_truth
        if truth.chain == expected.id
    ]
    return ChainSeen(
        chain=expected.id,
        new=expected.new,
        providers=tuple(
            _seen(expected, provider, one) for provider, one in zip(providers, told, strict=True)
        ),
        contracts=tuple(contracts),
        sources=await _sources(world, expected),
        blocks=await _blocks(chain, candidate, held, received),
        below=await _below(world, expected, span, held),
    )


async def _below(
    world: World, expected: ExpectedChain, span: Range | Unobserved, held: Progress
) -> Below | None:
    """How far below the candidate samples end; the time in between is skipped for few blocks."""
    row = held.of(expected.id)
    if isinstance(span, Unobserved) or row is None or row.height is None:
        return None
    below = Below(height=span.height, reached=row.height)
    if below.distance <= DEFAULT_REORG_DEPTH:
        return below
    first, last = [await blocks.second(world, expected.id, block) for block in (span.height, row.height)]
    if first is None:
        return below
    return replace(below, behind=max(0, (int(time.time()) if last is None else last) - first))


async def _sources(world: World, expected: ExpectedChain) -> tuple[ProviderSeen, ...]:
    """The belts' sources, with the chain that each says it serves."""
    known = [Provider(world=world, address=address, chain=expected.id) for address in expected.indexed_from]
    told = await asyncio.gather(*(_told(provider) for provider in known))
    return tuple(_seen(expected, provider, one) for provider, one in zip(known, told, strict=True))


@unseen_as_value
async def _received(world: World, candidate: Holder, held: Progress) -> Received:
    """The received blocks that are too deep to be rewritten."""
    reached = {chain.id: _settled(chain, held) for chain in world.policy.chains}
    heights = {chain: height for chain, height in reached.items() if height is not None}
    return await candidate.received(heights, world.seed)


def _settled(chain: ExpectedChain, held: Progress) -> int | None:
    """The block up to which a chain is never rewritten, whatever it calls final."""
    row = held.of(chain.id)
    return None if row is None or row.height is None else row.height - chain.reorg_depth


async def _blocks(
    chain: Chain, candidate: Holder, held: Progress, received: Received | Unobserved
) -> BlocksSeen | Unobserved:
    """Compares the blocks that are too deep to be rewritten, whatever the chain calls final."""
    height = _settled(chain.expected, held)
    if height is None:
        return BlocksSeen()
    if isinstance(received, Unobserved):
        return received
    return await blocks_seen(chain, candidate, height, received.get(chain.expected.id, {}))


@unseen_as_value
async def _told(provider: Provider) -> int:
    return await chain_id(provider)


def _seen(expected: ExpectedChain, provider: Provider, told: int | Unobserved) -> ProviderSeen:
    return ProviderSeen(
        address=str(provider),
        provider=provider_of(provider.address),
        independent=provider.address in expected.independent,
        chain=told,
    )


@unseen_as_value
async def _range(chain: Chain, held: Progress) -> Range:
    """From the candidate's first block to its last one that can no longer be rewritten."""
    row = held.of(chain.expected.id)
    if row is None or row.height is None:
        raise UnseenError(
            f"the candidate has not committed a block of chain {chain.expected.id}", Cause.UNDECIDABLE
        )
    final = await blocks.finalized(chain.world, chain.expected.id)
    height = row.height - chain.expected.reorg_depth
    if chain.expected.finality is Finality.TAG and final is not None:
        height = min(row.height, final)
    if height < row.start_block:
        raise UnseenError(
            f"the height {height} to which chain {chain.expected.id} cannot be rewritten lies below its start"
            f" {row.start_block}",
            Cause.UNDECIDABLE,
        )
    return Range(start=row.start_block, height=height, final=final)


async def _contract(
    chain: Chain, truth: GroundTruth, candidate: Holder, span: Range | Unobserved
) -> ContractSeen:
    if chain.world.policy.proof is Extent.WHOLE:
        return await _goldens(chain, truth, candidate, span)
    begin = await _beginning(chain, truth, span)
    if not isinstance(span, Unobserved) and not isinstance(begin, Unobserved):
        span = _from(span, begin.block)
    start = 0 if isinstance(begin, Unobserved) else begin.block
    goldens = [await golden_seen(chain, truth, golden, candidate, start) for golden in truth.goldens]
    sampled = await windows_seen(chain, truth, candidate, span, goldens)
    place = await _place(truth, candidate)
    seen = ContractSeen(
        contract=truth.contract,
        event=truth.event.text,
        entity=truth.entity,
        goldens=tuple(goldens),
        windows=sampled if isinstance(sampled, Unobserved) else sampled.windows,
        beginning=begin,
        compared=tuple(sorted({column for _, column in truth.columns} | set(place))),
        searched=0 if isinstance(sampled, Unobserved) else sampled.searched,
    )
    if isinstance(sampled, Unobserved) or any(window.logs != 0 for window in sampled.windows):
        return seen
    kin = await candidate.kin(truth)
    return replace(seen, events=kin.events, contracts=kin.contracts)


async def _goldens(
    chain: Chain, truth: GroundTruth, candidate: Holder, span: Range | Unobserved
) -> ContractSeen:
    """Checks only goldens if the whole history is proved elsewhere, without windows."""
    start = 0 if isinstance(span, Unobserved) else span.start
    goldens = [await golden_seen(chain, truth, golden, candidate, start) for golden in truth.goldens]
    return ContractSeen(
        contract=truth.contract,
        event=truth.event.text,
        entity=truth.entity,
        goldens=tuple(goldens),
        windows=(),
        beginning=NOT_LOOKED,
    )


async def _place(truth: GroundTruth, candidate: Holder) -> tuple[str, ...]:
    """The columns that are compared with the place of a row's log; empty if there is no such entity."""
    try:
        return (await candidate.place(truth)).columns
    except UnseenError:
        return ()


@unseen_as_value
async def _beginning(chain: Chain, truth: GroundTruth, span: Range | Unobserved) -> BeginningSeen:
    """Where the history begins, and whether the candidate leaves out a part of it."""
    if isinstance(span, Unobserved):
        raise UnseenError(span.reason, span.cause)
    found = await beginning(chain, truth, span.height)
    return BeginningSeen(
        block=found.block,
        words=found.words,
        code=found.code,
        started=span.start,
        earlier=await before(chain, truth, found.block, min(span.start, span.height + 1)),
    )


def _from(span: Range, block: int) -> Range | Unobserved:
    if block <= span.height:
        return replace(span, start=block)
    return Unobserved(
        reason=f"the history begins at block {block}, above the height {span.height} that can be compared",
        cause=Cause.UNDECIDABLE,
    )
