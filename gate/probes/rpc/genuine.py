"""Checks a header by recomputing its hash from all its fields."""

from collections.abc import Mapping
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_hash.auto import keccak

from gate.probes.rpc.octets import data, quantity

FIXED: tuple[tuple[str, bool], ...] = (
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
)
"""The fields of every header in hashing order, and whether each is a number."""
LATER: tuple[tuple[str, bool], ...] = (
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
"""Fields that upgrades have appended: if one is missing, so are those after it."""


def is_genuine(block: Mapping[str, Any]) -> bool:
    """True if a block's hash matches its header; false for chains with non-standard headers."""
    return hash_of(block) == str(block.get("hash")).lower()


def hash_of(block: Mapping[str, Any]) -> str:
    """The hash of all fields of a header; empty for a non-standard one."""
    later = [field for field in LATER if block.get(field[0]) is not None]
    if later != list(LATER[: len(later)]):
        return ""
    try:
        fields = [quantity(block[name]) if number else data(block[name]) for name, number in (*FIXED, *later)]
    except (KeyError, TypeError, ValueError):
        return ""
    return "0x" + keccak(rlp.encode(fields, infer_serializer=False)).hex()
