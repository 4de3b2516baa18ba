"""Asks one provider for the logs of several events at once, page by page."""

from collections.abc import AsyncGenerator, Collection, Iterable, Sequence

from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.probes.rpc.logs import Filter, Page, logs, pages
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.footprint import Source
from gate.proof.spans import Span

ADDRESSES = 100
"""Contracts per request; few providers document their limit."""
ANYBODY = 1_000
"""With more contracts than this, all contracts are requested and their logs are filtered here."""
ROUND = 500
"""An answer with a multiple of this many logs may have been cut silently."""


def filters(sources: Sequence[Source], addresses: Collection[str]) -> list[Filter]:
    """Filters that match the logs of all sources, and perhaps more.

    `addresses` are the wanted contracts; empty means any. The handlers' topic filters are included if they
    are the same for all sources.
    """
    topics: list[tuple[str, ...]] = [tuple(sorted({source.event.topic0 for source in sources}))]
    kinds = {source.topics for source in sources}
    for position, words in sorted(next(iter(kinds))) if len(kinds) == 1 else ():
        topics += [()] * (position - len(topics))
        topics.append(words)
    wanted = sorted(addresses)
    if not wanted or len(wanted) > ANYBODY:
        return [Filter(topics=tuple(topics))]
    return [
        Filter(addresses=tuple(wanted[begin : begin + ADDRESSES]), topics=tuple(topics))
        for begin in range(0, len(wanted), ADDRESSES)
    ]


async def told(provider: Provider, asked: Sequence[Filter], span: Span) -> AsyncGenerator[Page]:
    """All logs that a provider returns for the filters, page by page, in order."""
    if not asked:
        return
    first, *others = asked
    async for page in pages(provider, first, span.first, span.last):
        found = list(await _complete(provider, first, Span(page.first, page.last), page.logs))
        for other in others:
            found += await logs(provider, other, page.first, page.last)
        yield Page(
            first=page.first, last=page.last, logs=_ordered(provider, found) if others else tuple(found)
        )


async def _complete(
    provider: Provider, wanted: Filter, span: Span, found: Sequence[LogSeen]
) -> Sequence[LogSeen]:
    """An answer, requested again in halves if it has the length of one that may have been cut."""
    if not found or len(found) % ROUND or span.blocks == 1:
        return found
    middle = (span.first + span.last) // 2
    halves: list[LogSeen] = []
    for half in (Span(span.first, middle), Span(middle + 1, span.last)):
        part = await logs(provider, wanted, half.first, half.last)
        halves += await _complete(provider, wanted, half, part)
    return halves if len(halves) > len(found) else found


def _ordered(provider: Provider, found: Iterable[LogSeen]) -> tuple[LogSeen, ...]:
    ordered = tuple(sorted(found, key=lambda log: log.place))
    if len({log.place for log in ordered}) < len(ordered):
        raise UnseenError(f"{provider} gives one log for two contracts", Cause.BAD_ANSWER)
    return ordered


def log_text(log: LogSeen) -> str:
    """The contents of a log as one text."""
    return f"{log.block}|{log.log_index}|{log.address}|{','.join(log.topics)}|{log.data}|{log.transaction}"
