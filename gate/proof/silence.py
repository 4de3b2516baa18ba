"""Makes a provider that returns no log of a range show that it holds the range at all."""

import random
from collections.abc import Awaitable, Callable, Sequence

from gate.amounts import amount
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header, header, headers
from gate.probes.rpc.logs import logs_of_block
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.spans import Span

DRAWN = 24
"""Blocks whose blooms are searched for one that is not empty."""
TOGETHER = 500


class UnshownError(UnseenError):
    """A provider returns no log of a range, and does not show that it holds the range."""


Busy = Callable[[], Awaitable[int | None]]
"""Finds a block of which a provider has returned a log."""


async def demand_shown(provider: Provider, span: Span, seed: int, busy: Busy) -> None:
    """Raises if a provider returns nothing of a range and does not show that it could.

    It has to return the logs of one block in the range, by that block's hash; or blooms show that no block
    has any. If the chain was young or is quiet, only the blooms of all blocks show that, and only if the
    chain fills its blooms at all.
    """
    dice = random.Random(f"{seed}/{span}")  # noqa: S311 - no secret
    numbers = {span.first, span.last, *(dice.randint(*span) for _ in range(DRAWN))}
    full = [block for block in await headers(provider, sorted(numbers)) if block.bloom]
    if full:
        return await _demand_held(provider, dice.choice(full))
    genuine = True
    for begin in range(span.first, span.last + 1, TOGETHER):
        for block in await headers(provider, range(begin, min(begin + TOGETHER, span.last + 1))):
            if block.bloom:
                return await _demand_held(provider, block)
            genuine = genuine and block.genuine
    if not await _fills_blooms(provider, dice, await busy(), genuine=genuine):
        await _demand_any(provider, sorted(numbers))
    return None


async def _fills_blooms(provider: Provider, dice: random.Random, busy: int | None, *, genuine: bool) -> bool:
    """True if an empty bloom is meaningful: on some chains all of them are empty.

    A block with a log decides it. Without one, headers that match their hashes are believed, and of others
    some must have a bloom that is not empty.
    """
    if busy is not None:
        return bool((await header(provider, busy)).bloom)
    if genuine:
        return True
    newest = (await header(provider, "latest")).number
    numbers = {newest, *(dice.randint(0, newest) for _ in range(DRAWN))}
    return any(block.bloom for block in await headers(provider, sorted(numbers)))


async def _demand_any(provider: Provider, numbers: Sequence[int]) -> None:
    """Without meaningful blooms, requires some log of some block."""
    for number in numbers:
        if await logs_of_block(provider, number):
            return
    raise UnshownError(
        f"{provider} gives no log of that range, nor any of {amount(len(numbers), 'block')} in it, and that"
        " chain's blooms are empty whatever its blocks hold: nothing shows that it holds the range",
        Cause.UNSUPPORTED,
    )


async def _demand_held(provider: Provider, block: Header) -> None:
    if not await logs_of_block(provider, block.number):
        raise UnshownError(
            f"{provider} gives no log of block {block.number}, whose logsBloom says that it has some: it does"
            " not hold the logs of that range",
            Cause.UNSUPPORTED,
        )
