"""Whose a log is: proved by the root of the transactions, and by nothing that a provider merely says."""

from typing import Any

import pytest
from eth_hash.auto import keccak

from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header
from gate.probes.rpc.provider import Provider
from gate.probes.rpc.receipts import MismatchError
from gate.probes.rpc.transactions import demand_hashes, encoded, root_of
from gate.probes.unseen import UnseenError
from gate.secret import Address
from tests.unit.gate.chain.strict import URL, Strict, world

EMPTY = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
WORD, WHO = "0x" + "ab" * 32, "0x" + "c0" * 20
ACCESSES = [{"address": WHO, "storageKeys": [WORD, "0x" + "00" * 32]}]
AUTHORIZED = [{"chainId": "0x1", "address": WHO, "nonce": "0x0", "yParity": "0x1", "r": WORD, "s": "0x1"}]
SENT = {"nonce": "0x8", "gas": "0x5208", "to": WHO, "value": "0x0", "input": "0x70", "r": WORD, "s": "0x1"}
FEES = {"maxFeePerGas": "0x20", "maxPriorityFeePerGas": "0x1"}
TYPED = {"chainId": "0x1", "accessList": ACCESSES, "yParity": "0x0", "v": "0x0"}
BLOBS = {"maxFeePerBlobGas": "0x3", "blobVersionedHashes": [WORD]}
LEGACY: dict[str, Any] = SENT | {"type": "0x0", "gasPrice": "0x9", "v": "0x25"}
EACH: list[tuple[dict[str, Any], str]] = [
    (LEGACY, "0x3dcb7eed015267c75790bc35547c07d581baf8ee1caec3e0bdd883f28f3d0a3c"),
    (LEGACY | {"to": None}, "0xcc4a58737548e8ddd35b0d4a206da56d540945f27d765d21f83f88243841cab2"),
    (
        SENT | TYPED | {"type": "0x1", "gasPrice": "0x9"},
        "0xc0fa0a7d101dc0f0b729f9bccc6fb2249d4280b4ba8fa32770403dd47e834dfa",
    ),
    (
        SENT | TYPED | FEES | {"type": "0x2"},
        "0x8c3bf11a642d6e9796bdf3ea9ea56cb8aa1ec277f17a316a1b89c4b02bc83d35",
    ),
    (
        SENT | TYPED | FEES | BLOBS | {"type": "0x3"},
        "0x7b1f8a95fe3c96239528965720c5c1b1e32a3ab57b623282c9d2a61380be7ee3",
    ),
    (
        SENT | TYPED | FEES | {"type": "0x4", "authorizationList": AUTHORIZED},
        "0x21ce77e879f073353d29d6ad92939294b970d11a370472c528591b612856f08d",
    ),
]
"""One transaction of each standard type, and its hash."""


class Telling(Strict):
    """A provider that gives one block whole."""

    def __init__(self, transactions: Any) -> None:
        super().__init__()
        self.transactions = transactions

    def eth_getBlockByNumber(self, _: object, block: str, whole: bool) -> Any:  # noqa: N802
        assert (block, whole) == ("0x1", True)
        return {"transactions": self.transactions}


def hash_of(transaction: dict[str, Any]) -> str:
    return "0x" + keccak(encoded(transaction)).hex()


async def demand(given: Any, root: str, *told: str) -> None:
    """Demands that the logs of a block are of its transactions: one log of each that is told."""
    header = Header(
        number=1,
        hash="0x01",
        parent="0x00",
        genuine=True,
        timestamp=1,
        receipts_root="",
        transactions_root=root,
        bloom=1,
    )
    provider = Provider(world=world(Telling(given).handle), address=Address(URL), chain=1)
    await demand_hashes(provider, header, [{"logs": [{"transactionHash": one}]} for one in told])


@pytest.mark.parametrize(("transaction", "hashed"), EACH)
def test_each_standard_type(transaction: dict[str, Any], hashed: str) -> None:
    """All that a transaction holds is hashed, its type before it."""
    assert hash_of(transaction) == hashed
    for name in transaction.keys() - {"type", "yParity", "v"}:
        assert hash_of(transaction | {name: [] if isinstance(transaction[name], list) else "0x77"}) != hashed


def test_an_old_node() -> None:
    """It calls the parity of a signature `v`, and nothing else."""
    [typed] = [one for one, _ in EACH if one["type"] == "0x2"]
    assert hash_of({name: value for name, value in typed.items() if name != "yParity"}) == hash_of(typed)


async def test_logs_of_their_own_transactions() -> None:
    """What the header's root commits to is believed; a block without any has the root of nothing."""
    given = [one for one, _ in EACH]
    await demand(given, root_of([encoded(one) for one in given]), *map(hash_of, given))
    await demand([], EMPTY)


@pytest.mark.parametrize("change", [{"nonce": "0x9"}, {"type": "0x1", **TYPED}])
async def test_transactions_of_another_block(change: dict[str, Any]) -> None:
    """What the root does not commit to proves nothing."""
    with pytest.raises(MismatchError, match="the transactions have"):
        await demand([LEGACY | change], root_of([encoded(LEGACY)]), hash_of(LEGACY | change))


@pytest.mark.parametrize("told", [["0x" + "ee" * 32], [], [hash_of(LEGACY)] * 2])
async def test_logs_under_other_transactions(told: list[str]) -> None:
    """A hash that a provider only says, or receipts of more or fewer transactions than there are."""
    with pytest.raises(MismatchError, match="under other transactions"):
        await demand([LEGACY], root_of([encoded(LEGACY)]), *told)


@pytest.mark.parametrize(
    "given", [None, [hash_of(LEGACY)], [LEGACY | {"type": "0x7e"}], [LEGACY | {"s": None}], [{}]]
)
async def test_transactions_that_are_not_given_whole(given: Any) -> None:
    """Without what the root is made of, nobody can tell whose a log is; that is what the words say."""
    with pytest.raises(UnseenError, match="whose a log is cannot be proved") as raised:
        await demand(given, root_of([encoded(LEGACY)]), hash_of(LEGACY))
    assert raised.value.unobserved.cause is Cause.UNDECIDABLE
