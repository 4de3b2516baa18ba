"""Reads the transactions of a block and proves them complete by comparing their root.

Receipt roots commit to the contents of logs but not to their transactions: nothing else proves the hash of
the transaction that a log is given with.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header
from gate.probes.rpc.octets import data, quantity
from gate.probes.rpc.provider import Provider
from gate.probes.rpc.receipts import MismatchError
from gate.probes.unseen import UnseenError

Encode = Callable[[Any], Any]


def _accesses(listed: Any) -> list[Any]:
    return [[data(one["address"]), [data(key) for key in one["storageKeys"]]] for one in listed]


def _hashes(listed: Any) -> list[bytes]:
    return [data(one) for one in listed]


def _authorizations(listed: Any) -> list[Any]:
    return [
        [
            quantity(one["chainId"]),
            data(one["address"]),
            quantity(one["nonce"]),
            quantity(one["yParity"]),
            quantity(one["r"]),
            quantity(one["s"]),
        ]
        for one in listed
    ]


def _to(text: Any) -> bytes:
    """The recipient; empty for the creation of a contract."""
    return b"" if text is None else data(text)


_BEGUN: tuple[tuple[str, Encode], ...] = (("chainId", quantity), ("nonce", quantity))
_FEES: tuple[tuple[str, Encode], ...] = (("maxPriorityFeePerGas", quantity), ("maxFeePerGas", quantity))
_SENT: tuple[tuple[str, Encode], ...] = (("gas", quantity), ("to", _to), ("value", quantity), ("input", data))
_SIGNED: tuple[tuple[str, Encode], ...] = (("yParity", quantity), ("r", quantity), ("s", quantity))
_ACCESSES: tuple[tuple[str, Encode], ...] = (("accessList", _accesses),)
FIELDS: Mapping[int, tuple[tuple[str, Encode], ...]] = {
    0: (
        ("nonce", quantity),
        ("gasPrice", quantity),
        *_SENT,
        ("v", quantity),
        ("r", quantity),
        ("s", quantity),
    ),
    1: (*_BEGUN, ("gasPrice", quantity), *_SENT, *_ACCESSES, *_SIGNED),
    2: (*_BEGUN, *_FEES, *_SENT, *_ACCESSES, *_SIGNED),
    3: (
        *_BEGUN,
        *_FEES,
        *_SENT,
        *_ACCESSES,
        ("maxFeePerBlobGas", quantity),
        ("blobVersionedHashes", _hashes),
        *_SIGNED,
    ),
    4: (*_BEGUN, *_FEES, *_SENT, *_ACCESSES, ("authorizationList", _authorizations), *_SIGNED),
}
"""The hashed fields of each standard type, in order; the receipts of these types are standard too."""


async def demand_hashes(provider: Provider, header: Header, receipts: Sequence[Mapping[str, Any]]) -> None:
    """Proves that each log of a block's receipts has the hash of its own transaction.

    The receipts are those that the header's root proves, in order.
    """
    hashes = await proved_hashes(provider, header)
    told = [{str(log.get("transactionHash")).lower() for log in receipt["logs"]} for receipt in receipts]
    if len(told) != len(hashes) or any(
        not said <= {hashed} for said, hashed in zip(told, hashes, strict=True)
    ):
        raise MismatchError(
            f"{provider} gives logs of block {header.number} under other transactions than theirs, which the"
            " transactions root of its header proves",
            Cause.BAD_ANSWER,
        )


async def proved_hashes(provider: Provider, header: Header) -> list[str]:
    """The hashes of a block's transactions, in order, proved by the header's root."""
    answer = await provider.call("eth_getBlockByNumber", hex(header.number), True)  # noqa: FBT003 - the wire's
    try:
        raw = [encoded(one) for one in answer["transactions"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UnseenError(
            f"{provider} gives the transactions of block {header.number} without what their root is made of"
            f" ({error!r}): whose a log is cannot be proved",
            Cause.UNDECIDABLE,
            advice="Name a second provider of the chain",
        ) from None
    root = root_of(raw)
    if root != header.transactions_root:
        raise MismatchError(
            f"{provider}: the header of block {header.number} has the transactions root"
            f" {header.transactions_root}, the transactions have {root}",
            Cause.BAD_ANSWER,
        )
    return ["0x" + keccak(one).hex() for one in raw]


def root_of(raw: Sequence[bytes]) -> str:
    """The root of the transactions trie, as in the header of a standard chain."""
    trie = HexaryTrie({}, prune=True)
    for place, one in enumerate(raw):
        trie[rlp.encode(place)] = one
    return "0x" + trie.root_hash.hex()


def encoded(transaction: Any) -> bytes:
    """One transaction as the chain hashes it: its type before its fields, unless it is a legacy one."""
    if not isinstance(transaction, dict):
        raise TypeError(f"{type(transaction).__name__} is no transaction")
    kind = int(transaction.get("type") or "0x0", 16)
    if kind not in FIELDS:
        raise ValueError(f"type {kind} is not standard")
    fields = [encode(_said(transaction, name)) for name, encode in FIELDS[kind]]
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields, infer_serializer=False))


def _said(transaction: Mapping[str, Any], name: str) -> Any:
    """One field. Old nodes call a signature's parity `v`; contract creations have no recipient."""
    if name == "yParity" and transaction.get(name) is None:
        return transaction["v"]
    return transaction.get("to") if name == "to" else transaction[name]
