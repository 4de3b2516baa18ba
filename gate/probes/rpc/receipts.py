"""The receipts of a block, proved to be all of them: their root is recomputed and compared with the
header's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_utils.conversions import to_bytes, to_int
from trie.hexary import HexaryTrie

from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError

# Legacy, access list, dynamic fee, blob and set-code transactions; other types are no standard receipts.
STANDARD_TYPES = frozenset({0, 1, 2, 3, 4})


class MismatchError(UnseenError):
    """The receipts that a provider gives are not those of the block."""


async def proved(provider: Provider, header: Header) -> list[Mapping[str, Any]]:
    """The receipts of a block, whose root is the one that the header names."""
    answer = await provider.call("eth_getBlockReceipts", hex(header.number))
    if not isinstance(answer, list) or not all(isinstance(receipt, dict) for receipt in answer):
        raise UnseenError(f"{provider} answers with no receipts for block {header.number}", Cause.BAD_ANSWER)
    root = root_of(answer)
    if root != header.receipts_root:
        raise MismatchError(
            f"{provider}: the header of block {header.number} has the receipts root {header.receipts_root},"
            f" the receipts have {root}",
            Cause.BAD_ANSWER,
        )
    return answer


def root_of(receipts: Sequence[Mapping[str, Any]]) -> str:
    """The root of the trie of receipts, as the header of a standard chain holds it."""
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
        to_int(hexstr=receipt["cumulativeGasUsed"]),
        to_bytes(hexstr=receipt["logsBloom"]),
        [
            [
                to_bytes(hexstr=log["address"]),
                [to_bytes(hexstr=topic) for topic in log["topics"]],
                to_bytes(hexstr=log["data"]),
            ]
            for log in receipt["logs"]
        ],
    ]
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields))


def _outcome(receipt: Mapping[str, Any]) -> int | bytes:
    """The status, or the state's root before there was one."""
    if receipt.get("status") is not None:
        return to_int(hexstr=receipt["status"])
    return to_bytes(hexstr=receipt["root"])
