"""Reads logs from a provider, in ranges that it accepts, and checks them against the request."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from belts.provider.wordings import Meaning
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header, header
from gate.probes.rpc.provider import Provider, RefusedError, number
from gate.probes.unseen import LargeError, SlowError, UnseenError

MANY_LOGS = 5_000
MANY_BYTES = 16 * 1024 * 1024
"""Larger answers are bad for both sides: the next request asks for less."""
ADDRESS, WORD, DATA = (
    re.compile(f"0x{digits}") for digits in ("[0-9a-f]{40}", "[0-9a-f]{64}", "([0-9a-f]{2})*")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Selects logs by contracts and by topics at each position; an empty selection matches all."""

    addresses: tuple[str, ...] = ()
    topics: tuple[tuple[str, ...], ...] = ()

    def wants(self, log: LogSeen) -> bool:
        """True if a log matches."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(log.topics) < len(self.topics):
            return False
        return all(
            not wanted or topic in wanted for wanted, topic in zip(self.topics, log.topics, strict=False)
        )

    def may_be_in(self, header: Header) -> bool:
        """False proves that a block has no matching log."""
        places = (self.addresses, *self.topics)
        return all(not wanted or any(map(header.may_hold, wanted)) for wanted in places)

    @property
    def question(self) -> dict[str, object]:
        """The filter in the provider's format."""
        asked: dict[str, object] = {"topics": [list(wanted) or None for wanted in self.topics]}
        if self.addresses:
            asked["address"] = self.addresses[0] if len(self.addresses) == 1 else list(self.addresses)
        return asked


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """All logs of a range of blocks, both ends included, in order."""

    first: int
    last: int
    logs: tuple[LogSeen, ...]


async def logs(provider: Provider, wanted: Filter, first: int, last: int) -> tuple[LogSeen, ...]:
    """All logs of a range of blocks, in order."""
    return tuple([log async for page in pages(provider, wanted, first, last) for log in page.logs])


async def pages(provider: Provider, wanted: Filter, first: int, last: int) -> AsyncIterator[Page]:
    """All logs of a range of blocks in pages, each as many blocks as the provider accepts.

    A refused range is halved, whatever the error says; after a success it grows again. One block is the
    smallest request: if even that is too much, the logs are read from its receipts.
    """
    span = provider.span
    while first <= last:
        end = min(last, first + span.now - 1)
        try:
            found, size = await _asked(provider, wanted, first, end)
        except (RefusedError, SlowError, LargeError) as fault:
            if end > first and _may_be_too_much(fault):
                span.refused(end - first + 1)
                continue
            raise _named(provider, first, fault) from None
        if len(found) > MANY_LOGS or size > MANY_BYTES:
            span.heavy()
        elif end - first + 1 == span.now:
            span.held()
        yield Page(first=first, last=end, logs=found)
        first = end + 1


async def _asked(
    provider: Provider, wanted: Filter, first: int, last: int
) -> tuple[tuple[LogSeen, ...], int]:
    """The logs of a range, and the size of the answer."""
    question = {**wanted.question, "fromBlock": hex(first), "toBlock": hex(last)}
    try:
        told = await replace(provider, hasty=last > first).told("eth_getLogs", question)
    except RefusedError as refused:
        if last > first or refused.meaning is not Meaning.TOO_MUCH:
            raise
        return _checked(provider, wanted, await _in_receipts(provider, wanted, first), first, last), 0
    return _checked(provider, wanted, _standing(provider, told.document), first, last), told.size


def _may_be_too_much(fault: UnseenError) -> bool:
    """True if a smaller request may succeed: an unknown error may mean that too."""
    return not isinstance(fault, RefusedError) or fault.meaning in {Meaning.TOO_MUCH, Meaning.OTHER}


def _named(provider: Provider, block: int, fault: UnseenError) -> UnseenError:
    gone = isinstance(fault, RefusedError) and fault.meaning is Meaning.GONE
    return _gone(provider, block) if gone else fault


async def _in_receipts(provider: Provider, wanted: Filter, block: int) -> list[LogSeen]:
    """The logs of one block that has more of them than the provider returns at once."""
    answer = await provider.call("eth_getBlockReceipts", hex(block))
    if not isinstance(answer, list) or not all(isinstance(receipt, dict) for receipt in answer):
        raise UnseenError(f"{provider} answers with no receipts for block {block}", Cause.BAD_ANSWER)
    return list(logs_in(provider, answer, wanted))


def _checked(
    provider: Provider, wanted: Filter, found: Sequence[LogSeen], first: int, last: int
) -> tuple[LogSeen, ...]:
    """The logs of an answer, if each one matches the request and occurs once."""
    if any(not wanted.wants(log) or not first <= log.block <= last for log in found):
        raise UnseenError(f"{provider} answers eth_getLogs with logs that nobody asked for", Cause.BAD_ANSWER)
    _demand_once(provider, found)
    return tuple(sorted(found, key=lambda log: log.place))


def _demand_once(provider: Provider, found: Sequence[LogSeen]) -> None:
    """Raises if a log occurs twice, or a block has two hashes."""
    hashes = {log.block: log.block_hash for log in found}
    if any(hashes[log.block] != log.block_hash for log in found):
        raise UnseenError(f"{provider} gives logs of one block under two hashes", Cause.BAD_ANSWER)
    if len({log.place for log in found}) < len(found):
        raise UnseenError(f"{provider} gives one log twice", Cause.BAD_ANSWER)


async def log_of(provider: Provider, transaction: str, log_index: int) -> LogSeen | None:
    """One log by its transaction and its index within the block; `None` if the chain has no such log."""
    receipt = await provider.call("eth_getTransactionReceipt", transaction)
    if receipt is None:
        return None
    if (
        not isinstance(receipt, dict)
        or str(receipt.get("transactionHash", "")).lower() != transaction.lower()
    ):
        raise UnseenError(f"{provider} answers with another receipt than it was asked for", Cause.BAD_ANSWER)
    return next((log for log in _logs(provider, receipt.get("logs")) if log.log_index == log_index), None)


async def logs_of_block(provider: Provider, block: int) -> tuple[LogSeen, ...]:
    """Every log of one block, by its hash, so that a node that lags behind cannot omit any."""
    head = await header(provider, block)
    answer = await provider.call("eth_getLogs", {"blockHash": head.hash})
    return tuple(_standing(provider, answer))


async def logs_by_hash(provider: Provider, wanted: Filter, blocks: Sequence[Header]) -> list[LogSeen]:
    """The matching logs of some blocks, each requested by its hash, so that no other block can answer."""
    asked = [("eth_getLogs", ({**wanted.question, "blockHash": block.hash},)) for block in blocks]
    found: list[LogSeen] = []
    for block, answer in zip(blocks, await provider.calls(asked), strict=True):
        logs = _checked(provider, wanted, _standing(provider, answer), block.number, block.number)
        if any(log.block_hash != block.hash for log in logs):
            raise UnseenError(f"{provider} answers with logs of another block", Cause.BAD_ANSWER)
        found += logs
    return found


def logs_in(provider: Provider, receipts: Iterable[Mapping[str, Any]], wanted: Filter) -> tuple[LogSeen, ...]:
    """The matching logs in a block's receipts."""
    found = (log for receipt in receipts for log in _logs(provider, receipt.get("logs")))
    return tuple(log for log in found if wanted.wants(log))


def _gone(provider: Provider, block: int) -> UnseenError:
    return UnseenError(f"{provider} no longer holds block {block}", Cause.UNSUPPORTED)


def _logs(provider: Provider, answer: Any) -> list[LogSeen]:
    """Every log of an answer, including `removed` ones, as nothing commits to that flag."""
    if not isinstance(answer, list):
        raise UnseenError(f"{provider} answers with something that is not a list of logs", Cause.BAD_ANSWER)
    return [_log(provider, log) for log in answer]


def _standing(provider: Provider, answer: Any) -> list[LogSeen]:
    """The logs of an answer; raises if it includes removed ones."""
    found = _logs(provider, answer)
    if any(log.get("removed") for log in answer):
        raise UnseenError(f"{provider} answers eth_getLogs with logs that were removed", Cause.BAD_ANSWER)
    return found


def _log(provider: Provider, log: Any) -> LogSeen:
    try:
        return LogSeen(
            block=number(log["blockNumber"], provider, "a log"),
            block_hash=_hex(WORD, log["blockHash"]),
            log_index=number(log["logIndex"], provider, "a log"),
            transaction=_hex(WORD, log["transactionHash"]),
            address=_hex(ADDRESS, log["address"]),
            topics=tuple(_hex(WORD, topic) for topic in log["topics"]),
            data=_hex(DATA, log["data"]),
        )
    except (KeyError, TypeError, ValueError):
        raise UnseenError(f"{provider} answers with a log that is none", Cause.BAD_ANSWER) from None


def _hex(form: re.Pattern[str], value: Any) -> str:
    """Hexadecimal digits in lower case; raises `ValueError` for anything else."""
    text = value.lower() if isinstance(value, str) else ""
    if form.fullmatch(text) is None:
        raise ValueError
    return text
