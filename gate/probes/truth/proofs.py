"""Proves the logs of a window, by the chain's own commitments or by two providers that agree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from belts.refusal import Caught
from gate.amounts import amount
from gate.observations.truth import LogSeen, Proof
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header, header, headers
from gate.probes.rpc.logs import Filter, logs_in
from gate.probes.rpc.provider import Provider
from gate.probes.rpc.receipts import MismatchError, all_proved
from gate.probes.rpc.transactions import demand_hashes
from gate.probes.truth.windows import Window
from gate.probes.unseen import UnseenError

MOST_RECEIPTS = 256  # blocks of one window whose receipts are fetched if no other provider confirms them
FEW_RECEIPTS = 64  # blocks whose receipts are fetched if two providers agree
NO_RECEIPTS = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
"""The root of an empty receipts trie."""
HELD = 3  # of more blocks with logs, how many are proved if two providers agree


Said = tuple[object, ...]


class DisputeError(Caught):
    """A provider contradicts the chain, itself or another provider."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The logs of a window from one provider."""

    provider: Provider
    logs: tuple[LogSeen, ...]


async def by_commitments(
    answered: Answered,
    wanted: Filter,
    window: Window,
    *,
    agreed: bool,
    own: bool = False,
    hashed: bool = False,
) -> tuple[tuple[LogSeen, ...], Proof]:
    """Proves a window by blooms and receipts roots of its headers; returns the logs with their times.

    A bloom proves that a block has no such log. Every other block is proved by its receipts, whether it has
    logs or none, and so are the logs' contents. If another provider `agreed`, a sample is enough. The belts'
    `own` source proves something only by headers that match their hashes. `hashed` means that the hashes of
    the logs' transactions matter, which no receipts root commits to.
    """
    provider = answered.provider
    seen = await headers(provider, range(window.first, window.last + 1))
    allowed = [header for header in seen if wanted.may_be_in(header)]
    _demand_consistent(answered, seen, allowed)
    if own and not agreed and not all(header.genuine for header in seen):
        raise UnseenError(
            f"{provider}, which the belts index from, gives headers that have other hashes than they are"
            " given under: receipts roots in them prove nothing",
            Cause.UNDECIDABLE,
            advice="Name a second provider of the chain",
        )
    chosen = _chosen(answered, allowed, window, agreed=agreed)
    await _demand_proved(answered, wanted, chosen, hashed=hashed)
    times = {header.number: header.timestamp for header in seen}
    spoken = len({log.block for log in answered.logs})
    return tuple(replace(log, time=times[log.block]) for log in answered.logs), Proof(
        words=(
            f"logsBloom of {amount(len(seen), 'header')}, and the receipts roots of {len(chosen):,} of"
            f" {amount(len(allowed), 'block')} that may hold a log ({spoken:,} with one), by {provider}"
        ),
        receipts=len(chosen),
        blocks=len(allowed),
        providers=(str(provider),),
        bound=len(chosen) == len(allowed) and all(header.genuine for header in seen) and _told(seen),
    )


def _told(seen: Sequence[Header]) -> bool:
    """True if the blooms of these headers are meaningful: on some chains all of them are empty.

    One that is not empty shows that they are. If all are, only blocks without receipts have no log.
    """
    return any(header.bloom for header in seen) or all(header.receipts_root == NO_RECEIPTS for header in seen)


async def by_agreement(answers: Sequence[Answered], window: Window) -> tuple[tuple[LogSeen, ...], Proof]:
    """Proves a window by two providers without a common source that both have its last block."""
    one, other = answers[:2]
    demand_agreement(one, other, window)
    await _demand_one_end(one.provider, other.provider, window)
    return one.logs, Proof(
        words=f"{one.provider} and {other.provider} agree",
        providers=(str(one.provider), str(other.provider)),
    )


async def timed(provider: Provider, logs: Sequence[LogSeen]) -> tuple[LogSeen, ...]:
    """The logs with the times of their blocks."""
    unknown = sorted({log.block for log in logs if log.time is None})
    times = {header.number: header.timestamp for header in await headers(provider, unknown)}
    return tuple(replace(log, time=times.get(log.block, log.time)) for log in logs)


def demand_agreement(one: Answered, other: Answered, window: Window) -> None:
    """Raises unless two providers return the same logs of the same blocks."""
    ours, theirs = set(one.logs), set(other.logs)
    if ours != theirs:
        place = min(log.place for log in ours ^ theirs)
        raise DisputeError(
            f"of blocks {window.first} to {window.last}, {one.provider} gives {amount(len(ours), 'log')} and"
            f" {other.provider} {len(theirs)}; they differ first at log {place[1]} of block {place[0]}"
        )


async def _demand_one_end(one: Provider, other: Provider, window: Window) -> None:
    """Raises unless both know the window's last block: two lagging nodes agree about what neither has."""
    ends = [(await header(provider, window.last)).hash for provider in (one, other)]
    if ends[0] != ends[1]:
        raise DisputeError(
            f"{one} calls block {window.last} {ends[0]}, {other} calls it {ends[1]}: they are of two chains"
        )


def _demand_consistent(answered: Answered, seen: Sequence[Header], allowed: Sequence[Header]) -> None:
    hashes = {header.number: header.hash for header in seen}
    numbers = {header.number for header in allowed}
    made_up = [header for header in seen if not header.genuine]
    if 0 < len(made_up) < len(seen):  # if all are, the chain has non-standard headers
        raise DisputeError(
            f"{answered.provider} gives a header of block {made_up[0].number} that has another hash than the"
            f" {made_up[0].hash} it is given under"
        )
    for one, other in pairwise(seen):
        if other.parent != one.hash:
            raise DisputeError(
                f"{answered.provider} gives two headers that do not hang together: block {other.number}"
                f" follows {other.parent}, and block {one.number} is {one.hash}"
            )
    for log in answered.logs:
        if log.block_hash != hashes[log.block]:
            raise DisputeError(
                f"{answered.provider} gives a log of block {log.block} under the hash {log.block_hash}, and"
                f" the header has {hashes[log.block]}"
            )
        if log.block not in numbers:
            raise DisputeError(
                f"{answered.provider} gives a log of block {log.block}, whose logsBloom says there is none"
            )


def _chosen(
    answered: Answered, allowed: Sequence[Header], window: Window, *, agreed: bool
) -> Sequence[Header]:
    """The blocks whose receipts are fetched: all, or a sample if two providers agree."""
    if len(allowed) <= (FEW_RECEIPTS if agreed else MOST_RECEIPTS):
        return allowed
    if not agreed:
        raise UnseenError(
            f"{answered.provider} alone speaks of blocks {window.first} to {window.last}, and the blooms of"
            f" {len(allowed)} of them allow for a log: too many to prove each by its receipts",
            Cause.UNDECIDABLE,
        )
    known = {log.block for log in answered.logs}
    silent = [header for header in allowed if header.number not in known][:FEW_RECEIPTS]
    spoken = [header for header in allowed if header.number in known]
    return sorted([*silent, *spoken[:: max(1, len(spoken) // HELD)][:HELD]], key=lambda header: header.number)


async def _demand_proved(
    answered: Answered, wanted: Filter, chosen: Sequence[Header], *, hashed: bool
) -> None:
    """Raises unless each block's receipts match its header's root and hold exactly the given logs."""
    provider = answered.provider
    try:
        at = 0
        async for receipts in all_proved(provider, chosen):
            block = chosen[at].number
            if hashed:
                await demand_hashes(provider, chosen[at], receipts)
            held = {_said(log, hashed=hashed) for log in logs_in(provider, receipts, wanted)}
            given = {_said(log, hashed=hashed) for log in answered.logs if log.block == block}
            _demand_equal(provider, block, given, held)
            at += 1
    except MismatchError as mismatch:
        raise DisputeError(str(mismatch)) from None


def _said(log: LogSeen, *, hashed: bool) -> Said:
    return (*log.said, *((log.transaction,) if hashed else ()))


def _demand_equal(provider: Provider, block: int, given: set[Said], held: set[Said]) -> None:
    if len(given) != len(held):
        raise DisputeError(
            f"{provider} gives {amount(len(given), 'log')} of block {block}, and the receipts of that"
            " block, proved by"
            f" its receipts root, hold {len(held)}"
        )
    if given != held:
        raise DisputeError(
            f"{provider} gives logs of block {block} that say something else than the receipts of that block,"
            " proved by its receipts root"
        )
