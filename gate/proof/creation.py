"""The block in which a contract was created: below it there can be no log of it."""

from gate.observations.unobserved import Cause
from gate.policy.chains import provider_of
from gate.probes.rpc.provider import Provider, RefusedError
from gate.probes.unseen import UnseenError
from gate.proof.store import Keeping

NOTHING = ("0x", "", None)


async def first_block(provider: Provider, contract: str, height: int, keeping: Keeping) -> int:
    """The first block with the contract's code, where the provider serves old state; else 0."""
    name = provider_of(provider.address)
    kept = keeping.created(provider.chain, contract, name)
    if kept is not None:
        return kept
    await demand_contract(provider, contract)
    try:
        block = await _created(provider, contract, height)
    except RefusedError:
        return 0
    keeping.create(provider.chain, contract, name, block)
    return block


async def demand_contract(provider: Provider, contract: str) -> None:
    """Raises where there is no such contract even now: an address with a typo has no log, proving nothing."""
    if await provider.call("eth_getCode", contract, "latest") in NOTHING:
        raise UnseenError(
            f"chain {provider.chain} has no contract at {contract}, by {provider}: perhaps its address has a"
            " typo, or is that of another chain",
            Cause.UNDECIDABLE,
        )


async def _created(provider: Provider, contract: str, height: int) -> int:
    low, high = -1, height  # there is code at `high`, or above it
    while high - low > 1:
        middle = (low + high) // 2
        if await provider.call("eth_getCode", contract, hex(middle)) in NOTHING:
            low = middle
        else:
            high = middle
    return high
