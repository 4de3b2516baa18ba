"""What a provider cannot make true by how it says it: marks on a log, receipts twice, logs that are none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.observations.unobserved import Cause
from gate.probes.rpc.blocks import Header
from gate.probes.rpc.genuine import hash_of
from gate.probes.rpc.logs import Filter, logs, logs_in
from gate.probes.rpc.provider import Provider
from gate.probes.rpc.receipts import proved, root_of
from gate.probes.truth.proofs import Answered, by_commitments
from gate.probes.truth.windows import Window
from gate.probes.unseen import UnseenError
from gate.proof.roots import demand_roots
from gate.proof.spans import Span
from gate.secret import Address
from tests.unit.gate.chain.strict import CONTRACT, TOPIC, URL, Strict, log, world

WANTED = Filter(addresses=(CONTRACT,), topics=((TOPIC,),))


def receipt(index: int, *found: dict[str, Any]) -> dict[str, Any]:
    """One receipt of block 1."""
    return {
        "transactionIndex": hex(index),
        "type": "0x2",
        "status": "0x1",
        "cumulativeGasUsed": hex(21_000 * (index + 1)),
        "logsBloom": "0x" + "00" * 256,
        "logs": list(found),
    }


def block(root: str) -> Header:
    return Header(
        number=1,
        hash="0x01",
        parent="0x00",
        genuine=True,
        timestamp=1,
        receipts_root=root,
        transactions_root="",
        bloom=1,
    )


class Answering(Strict):
    """A provider that answers as it is told to."""

    def __init__(self, *, receipts: Any = None, found: Any = None) -> None:
        super().__init__()
        self.receipts, self.found = receipts, found
        self.header: Any = None

    def eth_getBlockByNumber(self, _: object, block: str, whole: bool) -> Any:  # noqa: N802
        assert (block, whole) == ("0x1", False)
        return self.header

    def eth_getBlockReceipts(self, _: object, block: str) -> Any:  # noqa: N802 - the method's own name
        assert block == "0x1"
        return self.receipts

    def eth_getLogs(self, number: object, asked: dict[str, Any]) -> Any:  # noqa: N802
        del number, asked
        return self.found


def behind(strict: Strict) -> Provider:
    return Provider(world=world(strict.handle), address=Address(URL), chain=1)


async def test_a_log_that_is_called_removed_is_in_its_receipts() -> None:
    """A root proves that the block has it: a mark beside it, which nothing commits to, takes nothing away."""
    held = log(1, 0) | {"removed": True}
    provider = behind(Answering())
    assert [one.log_index for one in logs_in(provider, [receipt(0, held)], WANTED)] == [0]


async def test_a_removed_log_in_a_range() -> None:
    """Logs are asked for of blocks that stand: a provider that speaks of others has not answered."""
    provider = behind(Answering(found=[log(1, 0), log(1, 1) | {"removed": True}]))
    with pytest.raises(UnseenError, match="removed"):
        await logs(provider, WANTED, 1, 1)


async def test_receipts_of_one_transaction_twice() -> None:
    """The root holds one of the two, and the logs of both would count."""
    true, forged = receipt(0, log(1, 1)), receipt(0, log(1, 0))
    provider = behind(Answering(receipts=[forged, true]))
    with pytest.raises(UnseenError):
        await proved(provider, block(root_of([true])))


@pytest.mark.parametrize("written", ["0x0", "0x00"])
async def test_receipts_in_any_order(written: str) -> None:
    """Receipts are told apart by their own numbers, however a provider writes and orders those."""
    both = [receipt(1, log(1, 1)), receipt(0, log(1, 0) | {"logIndex": written})]
    assert len(await proved(behind(Answering(receipts=both)), block(root_of(both)))) == 2


async def test_numbers_that_leave_one_out() -> None:
    """Logs are numbered in their order, within the block."""
    provider = behind(Answering(receipts=[receipt(0, log(1, 1))]))
    with pytest.raises(UnseenError, match="otherwise than in their order"):
        await proved(provider, block(root_of([receipt(0, log(1, 1))])))


@pytest.mark.parametrize(
    "change",
    [
        {"data": None},
        {"data": "0x1"},
        {"data": "7"},
        {"data": "0xzz"},
        {"topics": None},
        {"topics": TOPIC},
        {"topics": ["0x70"]},
        {"address": "0xc0"},
        {"blockHash": None},
        {"transactionHash": None},
        {"blockNumber": None},
        {"logIndex": None},
    ],
)
async def test_a_log_that_is_none(change: dict[str, Any]) -> None:
    """A pending log, or half of one, is a fault of the provider, and named as one."""
    with pytest.raises(UnseenError) as raised:
        await logs(behind(Answering(found=[log(1, 0) | change])), Filter(), 1, 1)
    assert raised.value.unobserved.cause is Cause.BAD_ANSWER


@given(data=st.binary(max_size=100), upper=st.booleans())
async def test_whatever_a_log_holds(data: bytes, upper: bool) -> None:
    """Any bytes are data, in either case."""
    text = data.hex().upper() if upper else data.hex()
    [found] = await logs(behind(Answering(found=[log(1, 0) | {"data": f"0x{text}"}])), Filter(), 1, 1)
    assert found.data == f"0x{data.hex()}"


def header_of(number: int, **changes: str) -> dict[str, Any]:
    """A header as a provider gives it, without a log in its block, and with the hash that it says."""
    words = dict.fromkeys(("parentHash", "sha3Uncles", "stateRoot", "transactionsRoot"), f"0x{0:064x}")
    empty = words | {
        "miner": "0x" + "00" * 20,
        "receiptsRoot": root_of([]),
        "logsBloom": "0x" + "00" * 256,
        "extraData": "0x",
        "mixHash": f"0x{0:064x}",
        "nonce": "0x" + "00" * 8,
        **dict.fromkeys(("difficulty", "gasLimit", "gasUsed", "timestamp"), "0x0"),
        "number": hex(number),
    }
    return empty | {"hash": hash_of(empty)} | changes


async def test_headers_that_commit_to_nothing() -> None:
    """Of the belts' own source they prove nothing; others may be of a chain with headers of its kind."""
    strict = Answering(found=[])
    answered = Answered(provider=behind(strict), logs=())
    window = Window(first=1, last=1, around=False)
    strict.header = header_of(1, hash=f"0x{7:064x}")
    with pytest.raises(UnseenError, match="prove nothing"):
        await by_commitments(answered, WANTED, window, agreed=False, own=True)
    _, by_another = await by_commitments(answered, WANTED, window, agreed=False)
    assert not by_another.bound
    strict.header = header_of(1)
    _, proof = await by_commitments(answered, WANTED, window, agreed=False, own=True)
    assert proof.bound


@pytest.mark.parametrize(("bloom", "sound"), [("ff", True), ("00", False)])
async def test_a_log_that_its_bloom_denies(bloom: str, sound: bool) -> None:
    """A chain that fills no blooms shows by none of them which of its blocks have no log."""
    strict = Answering(receipts=[receipt(0, log(1, 0))])
    filled = header_of(1) | {"logsBloom": "0x" + bloom * 256, "receiptsRoot": root_of(strict.receipts)}
    strict.header = filled | {"hash": hash_of(filled)}
    provider = behind(strict)
    given = logs_in(provider, strict.receipts, WANTED)
    proving = demand_roots(provider, [WANTED], Span(1, 1), given, WANTED.wants, after="", hashed=False)
    if sound:
        assert await proving == strict.header["hash"]
        return
    with pytest.raises(UnseenError, match="denies"):
        await proving


@pytest.mark.parametrize(("bloom", "receipts", "bound"), [("00", 0, True), ("00", 1, False), ("10", 1, True)])
async def test_a_quiet_window(bloom: str, receipts: int, bound: bool) -> None:
    """Empty blooms bind nothing on a chain that fills none, unless no block has a receipt."""
    strict = Answering(found=[])
    there = header_of(1) | {
        "logsBloom": f"0x{bloom}" + "00" * 255,
        "receiptsRoot": root_of([receipt(0)] * receipts),
    }
    strict.header = there | {"hash": hash_of(there)}
    window = Window(first=1, last=1, around=False)
    answered = Answered(provider=behind(strict), logs=())
    _, proof = await by_commitments(answered, WANTED, window, agreed=False)
    assert proof.bound is bound
