"""Logs, as a provider gives them: asked for in ranges that it accepts, and checked against the question."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import header
from gate.probes.rpc.provider import Provider, RefusedError, number
from gate.probes.rpc.wordings import Meaning
from gate.probes.unseen import UnseenError


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which logs: those of one contract's event."""

    address: str
    topic0: str

    def wants(self, log: LogSeen) -> bool:
        """Whether a log is one of those asked for."""
        return log.address == self.address and log.topics[:1] == (self.topic0,)


async def logs(provider: Provider, wanted: Filter, first: int, last: int) -> tuple[LogSeen, ...]:
    """All logs of a range of blocks, in their order.

    A provider that refuses a range is asked for its halves, whatever its words for that are; one block
    alone is the smallest question there is, so refused for that it cannot answer.
    """
    question = {
        "address": wanted.address,
        "topics": [wanted.topic0],
        "fromBlock": hex(first),
        "toBlock": hex(last),
    }
    try:
        answer = await provider.call("eth_getLogs", question)
    except RefusedError as refused:
        if refused.meaning is Meaning.GONE:
            raise _gone(provider, first) from None
        if refused.meaning is Meaning.UNSUPPORTED or first == last:
            raise
        middle = (first + last) // 2
        lower = await logs(provider, wanted, first, middle)
        return lower + await logs(provider, wanted, middle + 1, last)
    found = _logs(provider, answer)
    if any(not wanted.wants(log) or not first <= log.block <= last for log in found):
        raise UnseenError(f"{provider} answers eth_getLogs with logs that nobody asked for", Cause.BAD_ANSWER)
    return tuple(sorted(found, key=lambda log: log.place))


async def log_of(provider: Provider, transaction: str, log_index: int) -> LogSeen | None:
    """One log by its transaction and its index within the block; `None` where the chain has no such log."""
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
    """Every log of one block, by its hash, so that no node that lags behind can leave some out."""
    head = await header(provider, block)
    answer = await provider.call("eth_getLogs", {"blockHash": head.hash})
    return tuple(_logs(provider, answer))


def logs_in(provider: Provider, receipts: Iterable[Mapping[str, Any]], wanted: Filter) -> tuple[LogSeen, ...]:
    """The wanted ones among the logs of a block's receipts."""
    found = (log for receipt in receipts for log in _logs(provider, receipt.get("logs")))
    return tuple(log for log in found if wanted.wants(log))


def _gone(provider: Provider, block: int) -> UnseenError:
    return UnseenError(f"{provider} no longer holds block {block}", Cause.UNSUPPORTED)


def _logs(provider: Provider, answer: Any) -> list[LogSeen]:
    if not isinstance(answer, list):
        raise UnseenError(f"{provider} answers with something that is not a list of logs", Cause.BAD_ANSWER)
    return [_log(provider, log) for log in answer if not (isinstance(log, dict) and log.get("removed"))]


def _log(provider: Provider, log: Any) -> LogSeen:
    try:
        return LogSeen(
            block=number(log["blockNumber"], provider, "a log"),
            block_hash=str(log["blockHash"]).lower(),
            log_index=number(log["logIndex"], provider, "a log"),
            transaction=str(log["transactionHash"]).lower(),
            address=str(log["address"]).lower(),
            topics=tuple(str(topic).lower() for topic in log["topics"]),
            data=str(log["data"]).lower(),
        )
    except (KeyError, TypeError):
        raise UnseenError(f"{provider} answers with a log that is none", Cause.BAD_ANSWER) from None
