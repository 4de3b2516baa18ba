"""Checks that the blocks behind a candidate's rows are blocks of the chain."""

from collections.abc import Collection, Mapping

from gate.observations.truth import BlocksSeen
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import hashes
from gate.probes.truth.chain import Chain, nobody
from gate.probes.truth.holders import Holder
from gate.probes.unseen import UnseenError, unseen_as_value


@unseen_as_value
async def blocks_seen(
    chain: Chain, candidate: Holder, height: int, received: Mapping[int, frozenset[str]]
) -> BlocksSeen:
    """Compares the hashes of final blocks with those of the providers that count.

    A hash that the first provider does not know is checked with every other one before it is called a fork.
    If another one knows it, the providers are of two chains, and it is undecided which is right.
    """
    held = await candidate.hashes(chain.expected.id, height, chain.world.seed)
    if not held and not received:
        return BlocksSeen()
    if not chain.heard:
        raise UnseenError(nobody(chain), Cause.NOT_GIVEN)
    told = {str(provider): await hashes(provider, {*held, *received}) for provider in chain.heard[:1]}
    [first] = told.values()
    forked = {block: frozenset({hashed}) for block, hashed in held.items() if hashed != first[block]}
    strange = {block: hashed for block, hashed in received.items() if first[block] not in hashed}
    if forked or strange:
        for provider in chain.heard[1:]:
            told[str(provider)] = await hashes(provider, {*forked, *strange})
    disputed = {
        block: hashed
        for block, hashed in (strange | forked).items()
        if any(named.get(block) in hashed for named in told.values())
    }
    return BlocksSeen(
        compared=len(held),
        forked=_named(forked, told, without=disputed),
        disputed=_named(disputed, told),
        received=len(received),
        strange=_named(strange, told, without=disputed),
    )


def _named(
    blocks: Mapping[int, Collection[str]],
    told: Mapping[str, Mapping[int, str]],
    *,
    without: Collection[int] = (),
) -> tuple[str, ...]:
    return tuple(_words(block, min(hashed), told) for block, hashed in blocks.items() if block not in without)


def _words(block: int, held: str, told: Mapping[str, Mapping[int, str]]) -> str:
    """The hashes of one block in the candidate and at each provider."""
    says = ", ".join(f"{_short(named[block])} by {name}" for name, named in told.items() if block in named)
    return f"block {block} is {_short(held)} in the candidate, {says}"


def _short(value: str) -> str:
    return f"{value[:10]}…"
