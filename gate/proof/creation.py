"""Finds the block in which a contract was created, below which it cannot have logs."""

from gate.observations.unobserved import Cause
from gate.policy.chains import provider_of
from gate.probes.rpc.provider import Provider, RefusedError
from gate.probes.unseen import UnseenError
from gate.proof.store import Keeping

NOTHING = ("0x", "", None)


async def first_block(provider: Provider, contract: str, height: int, keeping: Keeping) -> int:
    """The first block with the contract's code if the provider has old state, else 0."""
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
    """Raises if the contract does not exist now: a mistyped address has no logs, which proves nothing."""
    if await provider.call("eth_getCode", contract, "latest") in NOTHING:
        raise UnseenError(
            f"chain {provider.chain} has no contract at {contract}, by {provider}: perhaps its address has a"
            " typo, or is that of another chain",
            Cause.UNDECIDABLE,
        )


async def _created(provider: Provider, contract: str, height: int) -> int:
    low, high = -1, height  # there is code at `high` or later
    while high - low > 1:
        middle = (low + high) // 2
        if await provider.call("eth_getCode", contract, hex(middle)) in NOTHING:
            low = middle
        else:
            high = middle
    return high
