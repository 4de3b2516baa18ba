"""The head of a chain, told by those providers that the belts do not index from."""

import asyncio

from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import ExpectedChain
from gate.probes.http import post
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.redact import beginning
from gate.secret import Address


async def head(world: World, chain: ExpectedChain) -> int | Unobserved:
    """The highest block that any of them knows: one that lags behind makes no candidate look good."""
    told = await asyncio.gather(*(_head(world, address, chain.id) for address in chain.independent))
    numbers = [number for number in told if isinstance(number, int)]
    faults = [fault for fault in told if isinstance(fault, Unobserved)]
    if numbers:
        return max(numbers)
    nobody = Unobserved(reason="every provider is one that the belts index from", cause=Cause.NOT_GIVEN)
    return faults[0] if faults else nobody


@unseen_as_value
async def _head(world: World, address: Address, chain: int) -> int:
    """One provider's head, if it is one of this chain."""
    told = await _number(world, address, "eth_chainId")
    if told != chain:
        raise UnseenError(f"{address} is a provider of chain {told}, not of {chain}", Cause.BAD_ANSWER)
    return await _number(world, address, "eth_blockNumber")


async def _number(world: World, address: Address, method: str) -> int:
    """The answer to one question whose answer is a number."""
    question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}
    document = (await post(world, address, question, {})).json(address)
    result = document.get("result") if isinstance(document, dict) else None
    try:
        return int(result, 16) if isinstance(result, str) else int("")
    except ValueError as error:
        said = beginning(str(document), address)
        raise UnseenError(f"{address} answers {method} with {said}", Cause.BAD_ANSWER) from error
