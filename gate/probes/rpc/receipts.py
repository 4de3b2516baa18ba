"""Reads the receipts of a block and proves them complete by comparing their root with the header's."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_utils.conversions import to_int
from trie.hexary import HexaryTrie

from gate.amounts import amount
from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header
from gate.probes.rpc.octets import data, quantity
from gate.probes.rpc.provider import Provider, number
from gate.probes.unseen import UnseenError

# Legacy, access list, dynamic fee, blob and set-code transactions; other types have no standard receipts.
STANDARD_TYPES = frozenset({0, 1, 2, 3, 4})


class MismatchError(UnseenError):
    """The receipts that a provider returned are not those of the block."""


TOGETHER = 8  # blocks per request: the receipts of each may be a megabyte


async def proved(provider: Provider, header: Header) -> list[Mapping[str, Any]]:
    """The receipts of a block, proved by the header's root."""
    [receipts] = [found async for found in all_proved(provider, [header])]
    return receipts


async def all_proved(provider: Provider, headers: Sequence[Header]) -> AsyncIterator[list[Mapping[str, Any]]]:
    """The receipts of several blocks, in order, each proved by its header's root."""
    for start in range(0, len(headers), TOGETHER):
        part = headers[start : start + TOGETHER]
        answers = await provider.calls([("eth_getBlockReceipts", (hex(header.number),)) for header in part])
        for header, answer in zip(part, answers, strict=True):
            yield _proved(provider, header, answer)


def _proved(provider: Provider, header: Header, answer: Any) -> list[Mapping[str, Any]]:
    if not isinstance(answer, list) or not all(isinstance(receipt, dict) for receipt in answer):
        raise UnseenError(f"{provider} answers with no receipts for block {header.number}", Cause.BAD_ANSWER)
    root = root_of(answer)
    if root != header.receipts_root:
        raise MismatchError(
            f"{provider}: the header of block {header.number} has the receipts root {header.receipts_root},"
            f" the receipts have {root}",
            Cause.BAD_ANSWER,
        )
    ordered = _ordered(provider, header, answer)
    _demand_numbered(provider, header, ordered)
    return ordered


def _ordered(
    provider: Provider, header: Header, receipts: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """One receipt per transaction, in order; duplicates, of which the root would hide one, raise an error."""
    places = {to_int(hexstr=receipt["transactionIndex"]): receipt for receipt in receipts}
    if len(places) < len(receipts) or places.keys() != set(range(len(receipts))):
        raise MismatchError(
            f"{provider} gives {amount(len(receipts), 'receipt')} of block {header.number}, and not one for"
            " each transaction",
            Cause.BAD_ANSWER,
        )
    return [places[place] for place in range(len(receipts))]


def _demand_numbered(provider: Provider, header: Header, receipts: Sequence[Mapping[str, Any]]) -> None:
    """Checks the log indexes within the block, as the root commits to the order of the logs."""
    numbers = [
        number(log.get("logIndex"), provider, "a log") for receipt in receipts for log in receipt["logs"]
    ]
    if numbers != list(range(len(numbers))):
        raise UnseenError(
            f"{provider} numbers the logs of block {header.number} otherwise than in their order",
            Cause.UNDECIDABLE,
        )


def root_of(receipts: Sequence[Mapping[str, Any]]) -> str:
    """The root of the receipts trie, as in the header of a standard chain."""
    trie = HexaryTrie({}, prune=True)
    try:
        for receipt in receipts:
            trie[rlp.encode(to_int(hexstr=receipt["transactionIndex"]))] = encoded(receipt)
    except (KeyError, TypeError, ValueError) as error:
        raise UnseenError(f"a receipt lacks what its root is made of: {error!r}", Cause.UNSUPPORTED) from None
    return "0x" + trie.root_hash.hex()


def encoded(receipt: Mapping[str, Any]) -> bytes:
    """One receipt as the chain hashes it: its type before its fields, unless it is a legacy one."""
    kind = to_int(hexstr=receipt.get("type") or "0x0")
    if kind not in STANDARD_TYPES:
        raise ValueError(f"type {kind} is not standard")
    fields = [
        _outcome(receipt),
        quantity(receipt["cumulativeGasUsed"]),
        data(receipt["logsBloom"]),
        [
            [data(log["address"]), [data(topic) for topic in log["topics"]], data(log["data"])]
            for log in receipt["logs"]
        ],
    ]
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields, infer_serializer=False))


def _outcome(receipt: Mapping[str, Any]) -> bytes:
    """The status, or the state root of older receipts."""
    if receipt.get("status") is not None:
        return quantity(receipt["status"])
    return data(receipt["root"])
