"""Whether the blocks that a candidate has taken its rows from are blocks of the chain."""

from collections.abc import Mapping

from gate.observations.truth import BlocksSeen
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import hashes
from gate.probes.truth.chain import Chain, nobody
from gate.probes.truth.holders import Holder
from gate.probes.unseen import UnseenError, unseen_as_value


@unseen_as_value
async def blocks_seen(chain: Chain, candidate: Holder, height: int) -> BlocksSeen:
    """Blocks up to a height that can no longer be rewritten, by their hashes, asked of independent providers.

    A hash that the first provider does not know is asked of every other one, before it is called a fork.
    """
    held = await candidate.hashes(chain.expected.id, height, chain.world.seed)
    if not held:
        return BlocksSeen()
    if not chain.independent:
        raise UnseenError(nobody(chain), Cause.NOT_GIVEN)
    told = {str(provider): await hashes(provider, held) for provider in chain.independent[:1]}
    [first] = told.values()
    strange = [block for block, hashed in held.items() if hashed != first[block]]
    if strange:
        for provider in chain.independent[1:]:
            told[str(provider)] = await hashes(provider, strange)
    return BlocksSeen(compared=len(held), forked=tuple(_words(block, held[block], told) for block in strange))


def _words(block: int, held: str, told: Mapping[str, Mapping[int, str]]) -> str:
    """What the candidate and each provider call one block."""
    says = ", ".join(f"{_short(named[block])} by {name}" for name, named in told.items() if block in named)
    return f"block {block} is {_short(held)} in the candidate, {says}"


def _short(value: str) -> str:
    return f"{value[:10]}…"
