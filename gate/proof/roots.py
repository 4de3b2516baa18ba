"""Proves logs by a block's own commitments: the bloom excludes logs, the receipts root proves them."""

from collections.abc import Callable, Collection, Sequence

from belts.refusal import Caught
from gate.amounts import amount
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header, header, headers
from gate.probes.rpc.logs import Filter, logs_in
from gate.probes.rpc.provider import Provider
from gate.probes.rpc.receipts import proved
from gate.probes.rpc.transactions import demand_hashes
from gate.probes.unseen import UnseenError
from gate.proof.asking import log_text
from gate.proof.spans import Span

TOGETHER = 500  # headers held in memory
EVERYTHING = Filter()


class ContradictedError(Caught):
    """A provider contradicts the chain, itself, or another provider."""


async def by_root(provider: Provider, block: Header, *, hashed: bool) -> tuple[LogSeen, ...]:
    """All logs of a block, by receipts whose root matches its header.

    `hashed` means that the hashes of their transactions matter, which the other root has to prove.
    """
    receipts = await proved(provider, block)
    if hashed:
        await demand_hashes(provider, block, receipts)
    return logs_in(provider, receipts, EVERYTHING)


async def demand_roots(
    provider: Provider,
    asked: Sequence[Filter],
    span: Span,
    given: Collection[LogSeen],
    wants: Callable[[LogSeen], bool],
    *,
    after: str,
    hashed: bool,
) -> str:
    """Proves that a range has exactly the given logs: every block, by its bloom or by its receipts.

    `after` is the hash of the block before it, empty if unknown; returns the hash of the last block.
    """
    by_block: dict[int, list[LogSeen]] = {}
    for log in given:
        by_block.setdefault(log.block, []).append(log)
    for begin in range(span.first, span.last + 1, TOGETHER):
        for block in await headers(provider, range(begin, min(begin + TOGETHER, span.last + 1))):
            _demand_linked(provider, block, after)
            after = block.hash
            held = by_block.get(block.number, [])
            possible = any(one.may_be_in(block) for one in asked)
            if held and not possible:
                raise UnseenError(
                    f"{provider} gives logs of block {block.number} that its logsBloom denies: blooms of that"
                    " chain do not show which blocks have none",
                    Cause.UNDECIDABLE,
                    advice="Name a second provider of the chain",
                )
            if held or possible:
                await demand_root(provider, block, held, wants, hashed=hashed)
    return after


def _demand_linked(provider: Provider, block: Header, after: str) -> None:
    """Raises unless a header matches its hash and follows the one before it."""
    if not block.genuine and after:
        raise ContradictedError(
            f"{provider} gives a header of block {block.number} that has another hash than the {block.hash}"
            " it is given under"
        )
    if not block.genuine:
        raise UnseenError(
            f"{provider} gives headers that have other hashes than they are given under: receipts roots in"
            " them prove nothing",
            Cause.UNDECIDABLE,
            advice="Name a second provider of the chain",
        )
    if after and block.parent != after:
        raise ContradictedError(
            f"{provider} gives two headers that do not hang together: block {block.number} follows"
            f" {block.parent}, and block {block.number - 1} is {after}"
        )


async def demand_root(
    provider: Provider,
    block: Header,
    given: Collection[LogSeen],
    wants: Callable[[LogSeen], bool],
    *,
    hashed: bool,
) -> None:
    """Proves that a block has exactly the given logs: their places and contents."""
    told = {log_text(log) for log in await by_root(provider, block, hashed=hashed) if wants(log)}
    if told != {log_text(log) for log in given}:
        raise ContradictedError(
            f"{provider} gives {amount(len(given), 'log')} of block {block.number}, and its receipts,"
            " proved by their"
            f" root, hold {len(told):,}, or others"
        )


async def root_of_block(provider: Provider, number: int, *, hashed: bool) -> tuple[LogSeen, ...]:
    """All logs of a block, by its number."""
    return await by_root(provider, await header(provider, number), hashed=hashed)
