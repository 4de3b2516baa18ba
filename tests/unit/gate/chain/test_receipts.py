"""The root of a block's receipts, by the rules of the chain."""

import pytest

from gate.observations.unobserved import Cause
from gate.probes.rpc.receipts import encoded, root_of
from gate.probes.unseen import UnseenError

EMPTY = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
RECEIPT = {
    "transactionIndex": "0x0",
    "type": "0x0",
    "status": "0x1",
    "cumulativeGasUsed": "0x5208",
    "logsBloom": "0x" + "00" * 256,
    "logs": [],
}


def test_a_block_without_transactions() -> None:
    """Its root is that of the empty trie."""
    assert root_of([]) == EMPTY


def test_a_block_of_one_transfer() -> None:
    """The root that Ethereum's blocks with one plain transfer share."""
    assert root_of([RECEIPT]) == "0x056b23fbba480696b65fe5a59b8f2148a1299103c4f57df839233af2cf4ca2d2"


@pytest.mark.parametrize("kind", ["0x1", "0x2", "0x3", "0x4"])
def test_a_typed_receipt(kind: str) -> None:
    """A type stands before the fields, and makes another root."""
    typed = RECEIPT | {"type": kind}
    assert encoded(typed) == bytes([int(kind, 16)]) + encoded(RECEIPT)
    assert root_of([typed]) != root_of([RECEIPT])


def test_a_receipt_from_before_there_was_a_status() -> None:
    """It holds the state's root instead."""
    old = {name: value for name, value in RECEIPT.items() if name != "status"} | {"root": "0x" + "ab" * 32}
    assert bytes.fromhex("ab" * 32) in encoded(old)


@pytest.mark.parametrize("change", [{"type": "0x7e"}, {"cumulativeGasUsed": None}, {"logs": None}])
def test_a_receipt_that_is_not_standard(change: dict[str, object]) -> None:
    """No root can be told for it, rather than a wrong one."""
    with pytest.raises(UnseenError) as raised:
        root_of([RECEIPT | change])
    assert raised.value.unobserved.cause is Cause.UNSUPPORTED
