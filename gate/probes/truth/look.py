"""Asks every expected chain for the logs of the policy, and the candidate for their rows."""

import asyncio

from gate.observations.progress import Progress
from gate.observations.truth import BlocksSeen, ChainSeen, ContractSeen, ProviderSeen, Truth
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import ExpectedChain, Finality, provider_of
from gate.policy.groundtruth import GroundTruth
from gate.probes.rpc import blocks
from gate.probes.rpc.provider import Provider, chain_id
from gate.probes.truth.chain import Chain, Range
from gate.probes.truth.goldens import golden_seen
from gate.probes.truth.holders import Holder, holder
from gate.probes.truth.lineage import blocks_seen
from gate.probes.truth.sampling import windows_seen
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World


@unseen_as_value
async def look(world: World) -> Truth:
    """Every expected chain at once; the candidate in one snapshot, as it was when the gate began with it."""
    async with holder(world) as candidate:
        held = await candidate.progress()
        chains = await asyncio.gather(
            *(_chain(world, expected, candidate, held) for expected in world.policy.chains)
        )
    return Truth(seed=world.seed, chains=tuple(chains))


async def _chain(world: World, expected: ExpectedChain, candidate: Holder, held: Progress) -> ChainSeen:
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
        blocks=await _blocks(chain, candidate, held),
    )


async def _blocks(chain: Chain, candidate: Holder, held: Progress) -> BlocksSeen | Unobserved:
    """Of the blocks that lie deeper than the chain is ever rewritten, whatever it calls final."""
    row = held.of(chain.expected.id)
    if row is None or row.height is None:
        return BlocksSeen()
    return await blocks_seen(chain, candidate, row.height - chain.expected.reorg_depth)


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
    """From the candidate's first block to the last one of its that can no longer be rewritten."""
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
    start = 0 if isinstance(span, Unobserved) else span.start
    goldens = [await golden_seen(chain, truth, golden, candidate, start) for golden in truth.goldens]
    return ContractSeen(
        contract=truth.contract,
        event=truth.event.text,
        entity=truth.entity,
        goldens=tuple(goldens),
        windows=await windows_seen(chain, truth, candidate, span, goldens),
    )
