"""Why the logs of a window are to be believed: the chain's own commitments, or two who agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.observations.truth import LogSeen, Proof
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header, headers
from gate.probes.rpc.logs import Filter, logs_in
from gate.probes.rpc.provider import Provider
from gate.probes.rpc.receipts import MismatchError, proved
from gate.probes.truth.windows import Window
from gate.probes.unseen import UnseenError

MOST_RECEIPTS = 64  # blocks of one window whose receipts are fetched
HELD = 3  # of the blocks that have logs, how many are proved


class DisputeError(Exception):
    """A provider contradicts the chain, itself or another provider."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The logs of a window as one provider gives them."""

    provider: Provider
    logs: tuple[LogSeen, ...]


async def by_commitments(answered: Answered, wanted: Filter, window: Window) -> Proof:
    """Proves a window by the blooms and receipts roots of its headers.

    A bloom proves that a block has no such log. Every other block either has logs, and then some of them are
    proved by their receipts, or it has none although its bloom allows for one, and then all are.
    """
    provider = answered.provider
    known = {log.block: log for log in answered.logs}
    seen = await headers(provider, range(window.first, window.last + 1))
    allowed = [header for header in seen if header.may_hold(wanted.address, wanted.topic0)]
    _demand_consistent(answered, seen, allowed)
    silent = [header for header in allowed if header.number not in known]
    spoken = [header for header in allowed if header.number in known]
    if len(silent) > MOST_RECEIPTS and not answered.logs:
        raise UnseenError(
            f"{provider} gives no log of blocks {window.first} to {window.last}, and the blooms of"
            f" {len(silent)} of them allow for one: too many to prove empty",
            Cause.UNDECIDABLE,
        )
    chosen = silent[:MOST_RECEIPTS] + spoken[:: max(1, len(spoken) // HELD)][:HELD]
    for header in chosen:
        await _demand_proved(answered, wanted, header)
    return Proof(
        words=(
            f"logsBloom of {len(seen)} headers and the receipts root of {len(chosen)} blocks"
            f" ({len(silent)} could hold a log and gave none), by {provider}"
        ),
        receipts=len(chosen),
        providers=(str(provider),),
    )


def by_agreement(answers: Sequence[Answered], window: Window) -> Proof:
    """Proves a window by two providers that do not share a source."""
    one, other = answers[:2]
    demand_agreement(one, other, window)
    return Proof(
        words=f"{one.provider} and {other.provider} agree",
        providers=(str(one.provider), str(other.provider)),
    )


def demand_agreement(one: Answered, other: Answered, window: Window) -> None:
    """Two providers give the same logs of the same blocks."""
    ours, theirs = set(one.logs), set(other.logs)
    if ours != theirs:
        place = min(log.place for log in ours ^ theirs)
        raise DisputeError(
            f"of blocks {window.first} to {window.last}, {one.provider} gives {len(ours)} logs and"
            f" {other.provider} {len(theirs)}; they differ first at log {place[1]} of block {place[0]}"
        )


def _demand_consistent(answered: Answered, seen: Sequence[Header], allowed: Sequence[Header]) -> None:
    hashes = {header.number: header.hash for header in seen}
    numbers = {header.number for header in allowed}
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


async def _demand_proved(answered: Answered, wanted: Filter, header: Header) -> None:
    """The receipts of a block hash to the root of its header, and hold the very logs that were given."""
    try:
        receipts = await proved(answered.provider, header)
    except MismatchError as mismatch:
        raise DisputeError(str(mismatch)) from None
    held = {log.place for log in logs_in(answered.provider, receipts, wanted)}
    given = {log.place for log in answered.logs if log.block == header.number}
    if held != given:
        raise DisputeError(
            f"{answered.provider} gives {len(given)} logs of block {header.number}, and the receipts of that"
            f" block, proved by its receipts root, hold {len(held)}"
        )
