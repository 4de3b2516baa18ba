"""Checks that what was stored is of this chain: final blocks are linked, so the newest speaks for all."""

from collections.abc import Sequence

from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import headers
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.said import Said

Looks = dict[tuple[int, str], bool]
"""Whether a block has a hash; each is looked up once."""


async def last_common(providers: Sequence[Provider], records: Sequence[Said], looks: Looks) -> int:
    """The highest end of a record that the chain still has under its stored hash; -1 for none.

    One look is enough if nothing has changed. If the newest differs, the first one that differs is searched
    for: every block above it has another past.
    """
    marks = sorted({said.span.last: said.hash for said in records}.items())
    if not marks:
        return -1
    if await _has(providers, marks[-1], looks):
        return marks[-1][0]
    low, high = -1, len(marks) - 1  # `low` is on the chain, `high` is not
    while high - low > 1:
        middle = (low + high) // 2
        if await _has(providers, marks[middle], looks):
            low = middle
        else:
            high = middle
    return marks[low][0] if low >= 0 else -1


async def hash_of(providers: Sequence[Provider], block: int) -> str:
    """The hash of a block from the first provider that has it."""
    fault = UnseenError("no provider can be asked for a block", Cause.NOT_GIVEN)
    for provider in providers:
        try:
            [found] = await headers(provider, [block])
        except UnseenError as unseen:
            fault = unseen
        else:
            return found.hash
    raise fault


async def _has(providers: Sequence[Provider], mark: tuple[int, str], looks: Looks) -> bool:
    if mark not in looks:
        looks[mark] = await hash_of(providers, mark[0]) == mark[1]
    return looks[mark]
