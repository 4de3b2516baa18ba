"""A candidate against a real chain, asked through honest providers and through every kind of bad one."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gate.observations.truth import Below, BlocksSeen, LogSeen, Proof, Truth
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import Finality, Receipts
from gate.policy.groundtruth import Windows
from gate.policy.signature import event_signature
from gate.probes.truth.look import look
from tests.live.gate.chain.chains import Anvil, Twist, changing, promise, refusing, seen, window, world
from tests.live.gate.content.belt import Belt
from tests.live.gate.relay import Question, Reply, as_json

pytestmark = pytest.mark.live

Behind = Callable[[Twist], str]
BLOCKS = 30  # since the contract was created


@pytest.fixture
def golden(anvil: Anvil) -> tuple[str, int]:
    """The log of the last block."""
    [log] = anvil.ask("eth_getLogs", {"address": anvil.contract, "fromBlock": hex(30), "toBlock": hex(30)})
    return log["transactionHash"], 0


async def test_everything_is_there(candidate: Belt, anvil: Anvil, golden: tuple[str, int]) -> None:
    """Golden and window are found, and the window is proved by its blooms and receipts roots."""
    contract = await seen(candidate, promise(anvil, golden), anvil.url)
    [found] = contract.goldens
    assert (found.row, found.raw, found.wrong, found.key) == (True, True, (), f"{anvil.chain}_30_0")
    seen_window = window(contract)
    assert (seen_window.logs, seen_window.missing, seen_window.unknown) == (4, (), ())
    assert isinstance(seen_window.proof, Proof)
    assert (
        f"logsBloom of {BLOCKS} headers, and the receipts roots of 4 of 4 blocks" in seen_window.proof.words
    )


async def test_a_row_that_only_the_raw_events_have(
    candidate: Belt, anvil: Anvil, golden: tuple[str, int]
) -> None:
    """An event that was received and not written is missing from the entity, whatever `raw_events` says."""
    candidate.execute('DELETE FROM "Payment" WHERE block = 30')
    contract = await seen(candidate, promise(anvil, golden), anvil.url)
    assert (contract.goldens[0].row, contract.goldens[0].raw) == (False, True)
    assert window(contract).missing == (f"{anvil.chain}_30_0",)


async def test_a_value_that_is_not_the_logs(candidate: Belt, anvil: Anvil, golden: tuple[str, int]) -> None:
    """A row with another amount is named with both."""
    candidate.execute('UPDATE "Payment" SET amount = 8 WHERE block = 30')
    contract = await seen(candidate, promise(anvil, golden), anvil.url)
    assert [(value.column, value.serving, value.candidate) for value in contract.goldens[0].wrong] == [
        ("amount", "7", "8")
    ]
    assert window(contract).wrong == (f"{anvil.chain}_30_0: amount is 8, the log says 7",)


async def test_an_event_that_never_was(candidate: Belt, anvil: Anvil) -> None:
    """What the candidate holds and the chain does not is named."""
    candidate.execute(
        "INSERT INTO raw_events VALUES (%s, 0, 'Paid', 'Till', 20, 3, %s, %s, 0, '{}', '{}', '{}')",
        (anvil.chain, anvil.contract.upper().replace("0X", "0x"), hash_of(anvil, 20)),
    )
    assert window(await seen(candidate, promise(anvil), anvil.url)).unknown == ("log 3 of block 20",)


def received(candidate: Belt, anvil: Anvil, block: int, hashed: str, transaction: str | None = None) -> str:
    """An event that the candidate says it received, and the key of the row that would hold it."""
    candidate.execute(
        "INSERT INTO raw_events VALUES (%s, 0, 'Paid', 'Till', %s, 9, %s, %s, 0, '{}', %s, '{}')",
        (
            anvil.chain,
            block,
            anvil.contract,
            hashed,
            json.dumps({"hash": transaction} if transaction else {}),
        ),
    )
    return f"{anvil.chain}_{block}_9"


async def test_an_event_that_was_undone(candidate: Belt, anvil: Anvil) -> None:
    """Envio keeps the events of blocks that it has rolled back; without a row they harm nobody."""
    received(candidate, anvil, 20, "0x" + "AB" * 32)
    found = window(await seen(candidate, promise(anvil), anvil.url))
    assert (found.unknown, found.undone, found.missing) == ((), 1, ())


async def test_an_undone_event_whose_row_is_there(candidate: Belt, anvil: Anvil) -> None:
    """A row that the rollback has not reached is on no chain."""
    key = received(candidate, anvil, 20, "0x" + "ab" * 32)
    candidate.fill("Payment", (key, anvil.chain, 20, 7))
    found = window(await seen(candidate, promise(anvil), anvil.url))
    assert (found.unknown, found.undone) == (("log 9 of block 20",), 0)


async def test_an_undone_event_by_its_transaction(candidate: Belt, anvil: Anvil) -> None:
    """Where keys hold the transaction, the event has to say which one it was."""
    truth = promise(anvil, row_id="{transactionHash}-{logIndex}")
    received(candidate, anvil, 20, "0x" + "ab" * 32, transaction="0x" + "12" * 32)
    found = window(await seen(candidate, truth, anvil.url))
    assert (found.unknown, found.undone) == ((), 1)
    received(candidate, anvil, 21, "0x" + "ab" * 32)
    missing = window(await seen(candidate, truth, anvil.url)).missing
    assert isinstance(missing, Unobserved)
    assert "whether its row is gone cannot be told: `rowId` names transactionHash" in missing.reason


async def blocks(candidate: Belt, anvil: Anvil, *rpc: str) -> BlocksSeen | Unobserved:
    async with world(candidate, [promise(anvil)], rpc or [anvil.url]) as given:
        found = await look(given)
    assert isinstance(found, Truth)
    return found.chains[0].blocks


def checkpoint(candidate: Belt, anvil: Anvil, block: int, hashed: str | None) -> None:
    row = (block, anvil.chain, block, hashed)
    candidate.execute("INSERT INTO envio_checkpoints VALUES (%s, %s, %s, %s, 1)", row)


def hash_of(anvil: Anvil, block: int) -> str:
    return str(anvil.ask("eth_getBlockByNumber", hex(block), False)["hash"])


def made(anvil: Anvil, block: int) -> int:
    return int(anvil.ask("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)


async def test_blocks_of_the_chain(candidate: Belt, anvil: Anvil) -> None:
    """The candidate remembers the hashes that the chain has; those that it does not remember say nothing."""
    for block in range(2, 30):
        checkpoint(candidate, anvil, block, hash_of(anvil, block) if block % 2 else None)
    found = await blocks(candidate, anvil)
    assert isinstance(found, BlocksSeen)
    assert found.forked == ()
    assert 8 <= found.compared <= 14


async def test_a_block_of_a_fork(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """A reorganisation was overlooked: rows, counts and both belts may agree, and the hash does not."""
    checkpoint(candidate, anvil, 2, hash_of(anvil, 2))
    checkpoint(candidate, anvil, 3, "0x" + "AB" * 32)
    found = await blocks(candidate, anvil, anvil.url, behind(lambda _, upstream: upstream()))
    assert isinstance(found, BlocksSeen)
    [forked] = found.forked
    assert found.compared == 2
    assert forked.startswith("block 3 is 0xabababab… in the candidate, ")
    assert forked.count(" by http") == 2


async def test_a_block_that_one_provider_calls_otherwise(
    candidate: Belt, anvil: Anvil, behind: Behind
) -> None:
    """Whoever is asked first refuses no belt that another provider bears out: the two contradict."""

    def another(method: str, params: list[Any], result: Any) -> Any:
        is_it = method == "eth_getBlockByNumber" and params[0] == "0x3"
        return result | {"hash": "0x" + "ab" * 32} if is_it else result

    checkpoint(candidate, anvil, 2, hash_of(anvil, 2))
    checkpoint(candidate, anvil, 3, hash_of(anvil, 3))
    for rpc in ((behind(changing(another)), anvil.url), (anvil.url, behind(changing(another)))):
        found = await blocks(candidate, anvil, *rpc)
        assert isinstance(found, BlocksSeen)
        assert (found.forked, found.strange) == ((), ())
        assert [one.startswith("block 3 is ") for one in found.disputed] == [True] * (rpc[0] != anvil.url)


async def test_a_block_that_may_still_change(candidate: Belt, anvil: Anvil) -> None:
    """What lies above the depth to which the chain is rewritten proves nothing yet."""
    checkpoint(candidate, anvil, anvil.height + 1, "0x" + "ab" * 32)
    assert await blocks(candidate, anvil) == BlocksSeen(received=4)


@pytest.mark.parametrize("few", [64, 5])
async def test_a_final_block_that_stands_still(
    candidate: Belt, anvil: Anvil, behind: Behind, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """How far below the candidate samples end is seen; of few blocks nobody is asked for the time."""

    def frozen(method: str, params: list[Any], result: Any) -> Any:
        asked = method == "eth_getBlockByNumber" and params[0] == "finalized"
        return result | {"number": "0x2"} if asked else result

    monkeypatch.setattr("gate.probes.truth.look.DEFAULT_REORG_DEPTH", few)
    candidate.at(anvil.height, anvil.chain)
    for url, height in ((behind(changing(frozen)), 2), (anvil.url, 0)):
        async with world(candidate, [promise(anvil)], [url], finality=Finality.TAG) as given:
            found = await look(given)
        assert isinstance(found, Truth)
        time = made(anvil, anvil.height) - made(anvil, height) if few < anvil.height - height else None
        assert found.chains[0].below == Below(height=height, reached=anvil.height, behind=time)


async def test_blocks_that_nobody_tells_of(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """A provider without old blocks leaves it untold."""
    checkpoint(candidate, anvil, 3, hash_of(anvil, 3))
    url = behind(changing(lambda method, _, result: None if method == "eth_getBlockByNumber" else result))
    assert isinstance(await blocks(candidate, anvil, url), Unobserved)


async def test_an_undone_reorganisation(candidate: Belt, anvil: Anvil) -> None:
    """Raw events of blocks that were undone stay in the candidate, and are told apart from forks."""
    candidate.execute("UPDATE raw_events SET block_hash = %s WHERE block_number = 3", ("0x" + "ab" * 32,))
    found = await blocks(candidate, anvil)
    assert isinstance(found, BlocksSeen)
    assert (found.compared, found.forked, found.received) == (0, (), 4)
    [strange] = found.strange
    assert strange.startswith("block 3 is 0xabababab… in the candidate, ")


async def test_a_golden_that_is_not_on_the_chain(candidate: Belt, anvil: Anvil) -> None:
    """A transaction that nobody knows, asked of a provider that still has old blocks, is absent."""
    contract = await seen(candidate, promise(anvil, ("0x" + "12" * 32, 0)), anvil.url)
    assert contract.goldens[0].log is None


async def test_a_golden_of_another_event(candidate: Belt, anvil: Anvil, golden: tuple[str, int]) -> None:
    """A log of another event is seen as what it is, and no row is looked for."""
    other = event_signature("Refunded(uint256 amount)")
    contract = await seen(candidate, promise(anvil, golden, event=other), anvil.url)
    [found] = contract.goldens
    assert isinstance(found.log, LogSeen)
    assert (found.log.topics, found.row) == ((promise(anvil).event.topic0,), False)


async def test_an_answer_that_is_empty(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """A list of no logs with status 200 is a hole: the blooms say so, the receipts prove it."""
    url = behind(changing(lambda method, _, result: [] if method == "eth_getLogs" else result))
    found = window(await seen(candidate, promise(anvil), url))
    assert "gives 0 logs of block 2, and the receipts of that block, proved by its receipts root, hold 1" in (
        found.dispute
    )


async def test_an_answer_that_is_truly_empty(candidate: Belt, anvil: Anvil) -> None:
    """An event that never happened is proved absent."""
    never = event_signature("Never(uint256 amount)")
    found = window(await seen(candidate, promise(anvil, event=never), anvil.url))
    assert found.logs == 0
    assert isinstance(found.proof, Proof)


async def test_a_log_that_was_left_out_and_receipts_to_match(
    candidate: Belt, anvil: Anvil, behind: Behind
) -> None:
    """Receipts without a log do not hash to the root of the header."""

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            return [log for log in result if log["blockNumber"] != "0x3"]
        if method == "eth_getBlockReceipts" and params == ["0x3"]:
            return [receipt | {"logs": []} for receipt in result]
        return result

    found = window(await seen(candidate, promise(anvil), behind(changing(change))))
    assert "the header of block 3 has the receipts root" in found.dispute


async def test_a_provider_that_leaves_logs_out_unproved(
    candidate: Belt, anvil: Anvil, behind: Behind
) -> None:
    """On a chain without standard receipts, two independent providers have to agree, and these do not."""
    other = behind(changing(lambda method, _, result: result[:-1] if method == "eth_getLogs" else result))
    found = window(await seen(candidate, promise(anvil), anvil.url, other, receipts=Receipts.UNKNOWN))
    assert "they differ first at log 0 of block 30" in found.dispute


async def test_two_that_agree(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Two providers of different hosts are a proof where receipts are none."""
    other = behind(lambda _, upstream: upstream())
    found = window(await seen(candidate, promise(anvil), anvil.url, other, receipts=Receipts.UNKNOWN))
    assert isinstance(found.proof, Proof)
    assert found.proof.words == f"{anvil.url} and {other} agree"


async def test_one_alone(candidate: Belt, anvil: Anvil) -> None:
    """One provider's word is none, where receipts do not prove it."""
    found = window(await seen(candidate, promise(anvil), anvil.url, receipts=Receipts.UNKNOWN))
    assert isinstance(found.proof, Unobserved)
    assert "alone says so" in found.proof.reason


async def test_the_belts_own_source_alone(candidate: Belt, anvil: Anvil, golden: tuple[str, int]) -> None:
    """The provider that the belt indexes from proves nothing by its word, and something by its receipts."""
    mute = await seen(
        candidate, promise(anvil, golden), anvil.url, own=[anvil.url], receipts=Receipts.UNKNOWN
    )
    assert isinstance(mute.windows, Unobserved)
    assert isinstance(mute.goldens[0].log, Unobserved)
    assert "not the belts' own source" in mute.windows.reason
    proved = await seen(candidate, promise(anvil, golden), anvil.url, own=[anvil.url])
    assert isinstance(window(proved).proof, Proof)


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32005, "message": "query returned more than 10000 results"},
        {"code": -32602, "message": "Log response size exceeded. Please reduce query block range."},
        {"code": -32000, "message": "words that no provider has used before"},
    ],
)
async def test_a_range_that_is_too_much(
    candidate: Belt, anvil: Anvil, behind: Behind, error: dict[str, object]
) -> None:
    """A provider that takes only four blocks at a time is asked for four at a time, whatever its words."""

    def too_many(params: Any) -> bool:
        return int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 4

    url = behind(refusing("eth_getLogs", error, when=too_many))
    assert window(await seen(candidate, promise(anvil), url)).logs == 4


async def test_a_provider_that_is_busy(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Status 429, a JSON-RPC rate limit and a connection that ends without an answer are waited out."""
    asked: list[str] = []

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        asked.append("")
        if len(asked) == 1:
            return Reply(status=429)
        if len(asked) == 2:
            limit = {"code": -32005, "message": "daily request count exceeded, request rate limited"}
            return as_json({"jsonrpc": "2.0", "id": question.json["id"], "error": limit})
        if len(asked) == 3:
            raise ConnectionResetError
        return Reply(status=503) if len(asked) == 4 else upstream()

    assert window(await seen(candidate, promise(anvil), behind(twist))).logs == 4


async def test_a_provider_that_stays_busy(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """The gate does not wait beyond its deadline."""
    async with world(candidate, [promise(anvil)], [behind(lambda *_: Reply(status=429))], seconds=2) as given:
        found = await look(given)
    assert isinstance(found, Truth)
    [provider] = found.chains[0].providers
    assert isinstance(provider.chain, Unobserved)
    assert "status 429" in provider.chain.reason


async def test_a_provider_without_batches(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """A provider that refuses batches is asked one by one."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        if isinstance(question.json, list):
            error = {"code": -32600, "message": "Batch requests are not allowed"}
            return as_json({"jsonrpc": "2.0", "id": None, "error": error})
        return upstream()

    assert window(await seen(candidate, promise(anvil), behind(twist))).logs == 4


async def test_a_batch_with_other_ids(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Answers that belong to other questions are no answers."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        reply = upstream()
        if not isinstance(question.json, list):
            return reply
        return as_json([answer | {"id": answer["id"] + 1} for answer in reply.json])

    found = window(await seen(candidate, promise(anvil), behind(twist)))
    assert isinstance(found.proof, Unobserved)
    assert "other ids than it was asked" in found.proof.reason


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply(headers={"content-type": "text/html"}, body=b"<html>secret</html>"),
            "200 with text/html, not with JSON",
        ),
        (Reply(status=302, headers={"location": "http://elsewhere.test/key"}), "redirects with status 302"),
        (Reply(status=403), "denies access"),
        (as_json({"jsonrpc": "2.0", "id": 7, "result": "0x1"}), "with something else"),
        (as_json({"jsonrpc": "2.0", "id": 1, "result": "one"}), "'one'"),
    ],
)
async def test_an_answer_that_is_none(
    candidate: Belt, anvil: Anvil, behind: Behind, reply: Reply, said: str
) -> None:
    """What is not an answer to the question is a fault with words, and names no more than the host."""
    async with world(candidate, [promise(anvil)], [behind(lambda *_: reply)]) as given:
        found = await look(given)
    assert isinstance(found, Truth)
    [provider] = found.chains[0].providers
    assert isinstance(provider.chain, Unobserved)
    assert said in provider.chain.reason
    assert "secret" not in provider.chain.reason
    assert "key" not in provider.chain.reason


async def test_a_provider_of_another_chain(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """It is seen as what it says it is, and asked nothing more."""
    url = behind(changing(lambda method, _, result: "0x1" if method == "eth_chainId" else result))
    async with world(candidate, [promise(anvil)], [url]) as given:
        found = await look(given)
    assert isinstance(found, Truth)
    assert found.chains[0].providers[0].chain == 1
    assert isinstance(found.chains[0].contracts[0].windows, Unobserved)


async def test_old_blocks_that_are_gone(
    candidate: Belt, anvil: Anvil, golden: tuple[str, int], behind: Behind
) -> None:
    """A provider that has dropped old blocks could not tell, and the block is named."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        if isinstance(question.json, dict) and question.json["method"] == "eth_getLogs":
            error = {"code": 4444, "message": "pruned history unavailable"}
            return as_json({"jsonrpc": "2.0", "id": question.json["id"], "error": error})
        return changing(
            lambda method, _, result: (
                None if method in {"eth_getTransactionReceipt", "eth_getBlockByNumber"} else result
            )
        )(question, upstream)

    contract = await seen(candidate, promise(anvil, golden), behind(twist))
    log, found = contract.goldens[0].log, window(contract)
    assert isinstance(log, Unobserved)
    assert "does not have block 1" in log.reason
    assert isinstance(found.logs, Unobserved)
    assert found.logs.cause is Cause.UNSUPPORTED
    assert found.logs.reason.endswith("no longer holds block 1")


async def test_a_young_chain(candidate: Belt, anvil: Anvil) -> None:
    """A height below the start of the chain is nothing to sample in."""
    candidate.execute("UPDATE envio_chains SET start_block = 500")
    contract = await seen(candidate, promise(anvil), anvil.url)
    assert isinstance(contract.windows, Unobserved)
    assert "has not committed a block" in contract.windows.reason


async def test_a_key_made_of_arguments(candidate: Belt, anvil: Anvil, golden: tuple[str, int]) -> None:
    """A row's key may hold arguments of the event."""
    candidate.execute("UPDATE \"Payment\" SET id = 'paid-7-' || block")
    truth = promise(anvil, golden, row_id="paid-{amount}-{blockNumber}")
    contract = await seen(candidate, truth, anvil.url)
    assert contract.goldens[0].row is True
    assert window(contract).missing == ()


async def test_what_is_kept_between_two_runs(
    candidate: Belt, anvil: Anvil, behind: Behind, tmp_path: Path
) -> None:
    """Proved logs of final blocks are not asked for twice, unless they would refuse the candidate; its rows
    are looked up every time.
    """
    asked: list[str] = []

    def change(method: str, params: list[Any], result: Any) -> Any:
        # One question for logs from before the contract's creation is asked by every run.
        early = method == "eth_getLogs" and params[0]["toBlock"] == "0x0"
        asked.append("early" if early else method)
        return "0x1e" if method == "eth_getBlockByNumber" and params[0] == "finalized" else result

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        if "finalized" in question.body.decode():
            asked_for = question.json | {"params": ["0x1e", False]}
            asked.append("finalized")
            head = anvil.ask(asked_for["method"], *asked_for["params"])
            return as_json({"jsonrpc": "2.0", "id": question.json["id"], "result": head})
        return changing(change)(question, upstream)

    url, cache = behind(twist), tmp_path / "evidence"
    truth = replace(promise(anvil), windows=Windows(count=1, blocks=1000))
    first = window(await seen(candidate, truth, url, cache=cache, finality=Finality.TAG))
    assert (first.logs, asked.count("eth_getLogs")) == (4, 1)
    assert {oct(file.stat().st_mode & 0o777) for file in cache.iterdir()} == {"0o600"}
    second = window(await seen(candidate, truth, url, cache=cache, finality=Finality.TAG))
    assert (second.logs, second.missing, asked.count("eth_getLogs")) == (4, (), 1)
    candidate.execute('DELETE FROM "Payment" WHERE block = 30')
    third = window(await seen(candidate, truth, url, cache=cache, finality=Finality.TAG))
    assert (third.logs, third.missing, asked.count("eth_getLogs")) == (4, (f"{anvil.chain}_30_0",), 2)
