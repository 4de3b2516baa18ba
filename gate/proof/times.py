"""Determines when blocks were made, from headers: receipts roots and logs do not contain it."""

from collections.abc import Iterable, Sequence

from gate.observations.history import Difference, Unlike
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header, header, headers
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.footprint import Asked
from gate.proof.form import Field


async def made_at(provider: Provider, logs: Iterable[LogSeen], *, alone: bool) -> dict[int, int]:
    """The times of the blocks of some logs, by the headers of exactly these blocks.

    If a provider is `alone`, only headers count that match their hashes.
    """
    hashes = {log.block: log.block_hash for log in logs}
    found = await headers(provider, sorted(hashes))
    for block in found:
        if block.hash != hashes[block.number]:
            raise UnseenError(f"{provider} gives block {block.number} under two hashes", Cause.BAD_ANSWER)
        if alone:
            demand_genuine(provider, block)
    return {block.number: block.timestamp for block in found}


def demand_genuine(provider: Provider, block: Header) -> None:
    """Raises for a header that does not match its hash, which only its provider vouches for."""
    if not block.genuine:
        raise UnseenError(
            f"{provider} gives a header of block {block.number} that has another hash than it is given under:"
            " when the block was made is its word alone",
            Cause.UNDECIDABLE,
            advice="Name a second provider of the chain",
        )


def hangs_on_time(asked: Iterable[Asked], one: Difference) -> bool:
    """True if a difference is in the time of a block."""
    return any(field.template.holds("blockTimestamp") for field in _differing(asked, one))


def _differing(asked: Iterable[Asked], one: Difference) -> list[Field]:
    """The column that differs; the key, if a row or a log has no counterpart."""
    forms = [each.form for each in asked if each.form is not None and each.form.entity == one.entity]
    if one.kind is Unlike.CHANGED:
        return [field for form in forms for field in form.fields if field.column == one.column]
    return [form.key for form in forms]


async def doubt_of(speaker: Provider, others: Sequence[Provider], block: int, hashed: str, made: int) -> str:
    """Why the time of a block is unsure; empty if it is confirmed.

    Another provider confirms it, or else the header itself, if it matches its hash.
    """
    for provider in (*others, speaker):
        try:
            found = await header(provider, block)
        except UnseenError:
            continue
        if provider is speaker and not (found.genuine and found.hash == hashed):
            continue
        if found.timestamp == made:
            return ""
        return f"{speaker} says that block {block} was made at {made}, {provider} at {found.timestamp}"
    return f"{speaker} alone says when block {block} was made"
