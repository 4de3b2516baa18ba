"""Reads the head of a chain from providers that the belts do not index from, or from the only node."""

import asyncio

from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import ExpectedChain
from gate.probes.rpc.provider import number, provider_of
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World
from gate.secret import Address


async def head(world: World, chain: ExpectedChain) -> int | Unobserved:
    """The highest head of all providers, so that one that lags behind makes no candidate look good."""
    told = await asyncio.gather(*(_head(world, address, chain.id) for address in chain.heard))
    numbers = [number for number in told if isinstance(number, int)]
    faults = [fault for fault in told if isinstance(fault, Unobserved)]
    if numbers:
        return max(numbers)
    nobody = Unobserved(reason="every provider is one that the belts index from", cause=Cause.NOT_GIVEN)
    return faults[0] if faults else nobody


async def told(world: World, chain: ExpectedChain) -> dict[str, int]:
    """The head that each independent provider reports."""
    found = await asyncio.gather(*(_head(world, address, chain.id) for address in chain.heard))
    return {
        str(address): head for address, head in zip(chain.heard, found, strict=True) if isinstance(head, int)
    }


@unseen_as_value
async def _head(world: World, address: Address, chain: int) -> int:
    """One provider's head, if it serves this chain; not retried, because the watch asks again."""
    provider = await provider_of(world, address, chain, attempts=1)
    return number(await provider.call("eth_blockNumber"), provider, "eth_blockNumber")
