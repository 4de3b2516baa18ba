"""Whether what was kept is of this chain: finalized blocks hang together, so the newest speaks for all."""

from collections.abc import Sequence

from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import headers
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.said import Said

Looks = dict[tuple[int, str], bool]
"""Whether a block has a hash: each is looked at once."""


async def last_common(providers: Sequence[Provider], records: Sequence[Said], looks: Looks) -> int:
    """The highest end of a record that the chain still has under the hash that was kept; -1 for none.

    One look is enough where nothing has changed. Where the newest differs, the first that differs is searched
    for: every block above it has another past.
    """
    marks = sorted({said.span.last: said.hash for said in records}.items())
    if not marks:
        return -1
    if await _has(providers, marks[-1], looks):
        return marks[-1][0]
    low, high = -1, len(marks) - 1  # the one at `low` is the chain's, the one at `high` is not
    while high - low > 1:
        middle = (low + high) // 2
        if await _has(providers, marks[middle], looks):
            low = middle
        else:
            high = middle
    return marks[low][0] if low >= 0 else -1


async def hash_of(providers: Sequence[Provider], block: int) -> str:
    """What the first provider that has a block calls it."""
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
