"""A chain with one node, which the belts index from too: it proves by receipts roots, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from gate.observations.truth import Proof
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.probes import heads
from gate.probes.rpc.genuine import hash_of
from gate.probes.rpc.provider import provider_of
from gate.probes.rpc.receipts import root_of
from gate.probes.truth.testimony import said_of_block
from gate.probes.unseen import UnseenError
from tests.live.gate.chain.chains import Anvil, Change, Twist, changing, promise, seen, window, world
from tests.live.gate.chain.test_lies import altered, dropped, forged, invented
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import only, prove, told

pytestmark = pytest.mark.live

Behind = Callable[[Twist], str]


def headless(method: str, params: list[Any], result: Any) -> Any:
    """Every header says something else than its hash."""
    return result | {"gasUsed": "0x1"} if method == "eth_getBlockByNumber" else result


def unlinked(method: str, params: list[Any], result: Any) -> Any:
    """Block 3 is an empty one with a hash of its own, which block 4 does not follow."""
    if method == "eth_getBlockByNumber" and params[0] == "0x3":
        empty = result | {"logsBloom": "0x" + "00" * 256, "receiptsRoot": root_of([])}
        return empty | {"hash": hash_of(empty)}
    return [] if method == "eth_getBlockReceipts" and params[0] == "0x3" else dropped(method, params, result)


async def test_every_block_with_logs(candidate: Belt, anvil: Anvil) -> None:
    """A right belt passes, and every block that has a log was proved by its receipts root."""
    history = await prove(candidate, promise(anvil), anvil.url, own=[anvil.url], one_node=True)
    outcome, found = told(history)
    assert outcome is Outcome.PASSED, found
    assert only(history).rooted
    sampled = window(await seen(candidate, promise(anvil), anvil.url, own=[anvil.url], one_node=True))
    assert isinstance(sampled.proof, Proof)
    assert (sampled.proof.receipts, sampled.proof.blocks) == (4, 4)


@pytest.mark.parametrize("lie", [dropped, altered, invented, forged, unlinked])
async def test_a_node_that_lies(candidate: Belt, anvil: Anvil, behind: Behind, lie: Change) -> None:
    """What the belt took over from it passes no more than what it did not."""
    liar = behind(changing(lie))
    for rows in ("", 'DELETE FROM "Payment" WHERE block = 3'):
        candidate.execute(rows or "SELECT 1")
        history = await prove(candidate, promise(anvil), liar, own=[anvil.url], one_node=True)
        assert told(history)[0] is not Outcome.PASSED, rows


def renamed(method: str, params: list[Any], result: Any) -> Any:
    """Logs and receipts of block 3 are of a transaction that nobody has sent."""
    other = {"transactionHash": "0x" + "ee" * 32}
    if method == "eth_getLogs":
        return [log | other if log["blockNumber"] == "0x3" else log for log in result]
    if method == "eth_getBlockReceipts" and params[0] == "0x3":
        return [each | other | {"logs": [log | other for log in each["logs"]]} for each in result]
    return result


def pending(method: str, params: list[Any], result: Any) -> Any:
    """Transactions are never given whole."""
    if method == "eth_getBlockByNumber" and params[1]:
        return result | {"transactions": [one["hash"] for one in result["transactions"]]}
    return result


@pytest.mark.parametrize("sampled", [False, True])
async def test_whose_a_log_is(candidate: Belt, anvil: Anvil, behind: Behind, *, sampled: bool) -> None:
    """What keys are formed of the transactions' hashes is proved by the transactions root, or not at all."""
    truth = promise(anvil, row_id="{transactionHash}-{logIndex}")

    async def outcome(url: str) -> Outcome:
        if not sampled:
            return told(await prove(candidate, truth, url, own=[anvil.url], one_node=True))[0]
        found = window(await seen(candidate, truth, url, own=[anvil.url], one_node=True))
        if not isinstance(found.proof, Proof):
            return Outcome.COULD_NOT_TELL
        return Outcome.FAILED if found.missing or found.dispute else Outcome.PASSED

    for log in anvil.ask("eth_getLogs", {"address": anvil.contract, "fromBlock": "0x0"}):
        candidate.execute(
            'UPDATE "Payment" SET id = %s WHERE block = %s',
            (f"{log['transactionHash']}-{int(log['logIndex'], 16)}", int(log["blockNumber"], 16)),
        )
    assert await outcome(anvil.url) is Outcome.PASSED
    assert await outcome(behind(changing(pending))) is Outcome.COULD_NOT_TELL
    candidate.execute('UPDATE "Payment" SET id = %s WHERE block = 3', (f"0x{'ee' * 32}-0",))
    assert await outcome(behind(changing(renamed))) is not Outcome.PASSED
    assert await outcome(anvil.url) is Outcome.FAILED


async def test_headers_that_commit_to_nothing(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Where no header is what its hash says, roots prove nothing, and that is what the words say."""
    url = behind(changing(headless))
    history = await prove(candidate, promise(anvil), url, own=[anvil.url], one_node=True)
    outcome, found = told(history)
    assert outcome is Outcome.COULD_NOT_TELL
    assert "receipts roots in them prove nothing" in " ".join(point.observed for point in found)


async def test_two_doors_of_one_node(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """The second door confirms nothing that the first has said: a belt is not refused by it."""
    one, two = behind(changing(without_receipts)), behind(changing(without_receipts))
    candidate.execute('DELETE FROM "Payment" WHERE block = 3')
    history = await prove(candidate, promise(anvil), one, two, own=[anvil.url], one_node=True)
    assert told(history)[0] is Outcome.COULD_NOT_TELL


def without_receipts(method: str, _: list[Any], result: Any) -> Any:
    return None if method == "eth_getBlockReceipts" else result


async def test_heads_and_blocks(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """It tells the head; of a block it says only what the receipts root proves."""
    liar = behind(changing(without_receipts))
    for url, honest in ((anvil.url, True), (liar, False)):
        async with world(candidate, [promise(anvil)], [url], own=[anvil.url], one_node=True) as given:
            [chain] = given.policy.chains
            assert await heads.head(given, chain) == anvil.height
            provider = await provider_of(given, chain.rpc[0], chain.id)
            if honest:
                assert len(await said_of_block(given, provider, 3, hashed=False)) == 1
            else:
                with pytest.raises(UnseenError):
                    await said_of_block(given, provider, 3, hashed=False)
        async with world(candidate, [promise(anvil)], [url], own=[url]) as given:
            assert isinstance(await heads.head(given, given.policy.chains[0]), Unobserved)
