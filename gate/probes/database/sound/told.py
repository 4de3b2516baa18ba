"""Asks the chains whether a block is undone or invented, and when the newest one was made."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from gate.observations.unobserved import Cause
from gate.probes.rpc import blocks
from gate.probes.rpc.provider import Provider, provider_of
from gate.probes.unseen import UnseenError
from gate.probes.world import World

Hashes = Mapping[int, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The questions that the chains answer.

    `second` returns when a block was made, `None` if that is unknown. `hashes` returns the chain's hashes of
    some blocks, `None` for a block that it does not have; it raises `UnseenError` if no provider answers.
    """

    second: Callable[[int, int], Awaitable[int | None]]
    hashes: Callable[[int, Collection[int]], Awaitable[Hashes]]


def told_to(world: World) -> Told:
    """Asks for one run of the gate, through providers that the belts do not index from."""
    return Told(
        second=lambda chain, block: blocks.second(world, chain, block),
        hashes=lambda chain, numbers: _hashes(world, chain, numbers),
    )


async def _hashes(world: World, chain: int, numbers: Collection[int]) -> Hashes:
    """The hashes from the first independent provider that answers."""
    expected = world.policy.chain(chain)
    why = UnseenError(f"the policy names no provider of chain {chain}", Cause.NOT_GIVEN)
    for address in expected.heard if expected else ():
        try:
            provider = await world.once(provider_of, address, chain)
            return await _of_provider(provider, sorted(numbers))
        except UnseenError as unseen:
            why = unseen
    raise why


async def _of_provider(provider: Provider, numbers: list[int]) -> Hashes:
    answers = await provider.calls([("eth_getBlockByNumber", (hex(number), False)) for number in numbers])
    try:
        return {
            number: None if answer is None else str(answer["hash"]).lower()
            for number, answer in zip(numbers, answers, strict=True)
        }
    except (KeyError, TypeError):
        raise UnseenError(f"{provider} answers for a block with something else", Cause.BAD_ANSWER) from None
