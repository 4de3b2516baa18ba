"""Providers that lie, forget, cut or contradict: alone, they turn into no proof and into no refusal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.outcome import Outcome
from gate.policy.chains import Finality, Receipts
from gate.policy.signature import event_signature
from tests.live.gate.chain.chains import Anvil, Twist, changing, promise, refusing
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import entity, only, prove, told
from tests.live.gate.relay import Question, Reply, as_json

UNKNOWN: dict[str, Any] = {"receipts": Receipts.UNKNOWN}
Behind = Callable[[Twist], str]


def without_logs(method: str, _: Any, result: Any) -> Any:
    return [] if method == "eth_getLogs" else result


def without_the_last(method: str, _: Any, result: Any) -> Any:
    return result[:-1] if method == "eth_getLogs" else result


def with_other_data(method: str, _: Any, result: Any) -> Any:
    if method != "eth_getLogs":
        return result
    return [{**log, "data": "0x" + "00" * 31 + "09"} for log in result]


def with_one_more(method: str, params: Any, result: Any) -> Any:
    if method != "eth_getLogs" or not result or "blockHash" in params[0]:
        return result
    return [*result, {**result[-1], "logIndex": "0x5"}]


@pytest.mark.parametrize("lie", [without_the_last, with_other_data, with_one_more])
async def test_a_provider_that_lies(lie: Any, candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """The belt is not refused: receipts roots say otherwise, and without them nobody does."""
    liar = behind(changing(lie))
    history = await prove(candidate, promise(anvil), liar)
    assert told(history)[0] is Outcome.COULD_NOT_TELL
    assert "receipts root" in entity(history).doubt
    history = await prove(candidate, promise(anvil), liar, **UNKNOWN)
    assert told(history)[0] is Outcome.COULD_NOT_TELL


async def test_a_lie_is_gone_with_the_liar(
    candidate: Belt, anvil: Anvil, behind: Behind, tmp_path: Path
) -> None:
    """What it said is kept as its own, and counts no more once it is out of the policy."""
    liar = behind(changing(without_the_last))
    assert told(await prove(candidate, promise(anvil), liar, kept=tmp_path))[0] is Outcome.COULD_NOT_TELL
    assert told(await prove(candidate, promise(anvil), anvil.url, kept=tmp_path))[0] is Outcome.PASSED


async def test_a_provider_that_thinks_better_of_it(
    candidate: Belt, anvil: Anvil, behind: Behind, tmp_path: Path
) -> None:
    """It contradicts itself, which is told; the run after that is an honest one."""
    lying = [True]

    def change(method: str, params: Any, result: Any) -> Any:
        return without_the_last(method, params, result) if lying[0] else result

    door = behind(changing(change))
    await prove(candidate, promise(anvil), door, kept=tmp_path)
    lying[0] = False
    history = await prove(candidate, promise(anvil), door, kept=tmp_path)
    assert told(history)[0] is Outcome.COULD_NOT_TELL
    assert "gave 3 before" in only(history).disputes[0]
    assert told(await prove(candidate, promise(anvil), door, kept=tmp_path))[0] is Outcome.PASSED


async def test_a_provider_without_logs(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Silence is no proof of emptiness, also where the belt is as empty as the provider."""
    candidate.execute('DELETE FROM "Payment"')
    history = await prove(candidate, promise(anvil), behind(changing(without_logs)))
    assert told(history)[0] is Outcome.COULD_NOT_TELL
    assert "logsBloom says that it has some" in only(history).open[0].reason


async def test_a_provider_without_old_logs(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Exactly the ranges that it no longer holds stay open, and are listed."""
    gone = {"code": 4444, "message": "pruned history unavailable"}

    def is_old(params: Any) -> bool:
        return int(params[0].get("fromBlock", "0xff"), 16) < 4

    door = behind(refusing("eth_getLogs", gone, when=is_old))
    history = await prove(candidate, promise(anvil, start=0), door)
    assert told(history)[0] is Outcome.COULD_NOT_TELL
    assert [(one.first, one.last) for one in only(history).open] == [(0, 3)]
    history = await prove(candidate, promise(anvil, start=0), door, anvil.url)
    assert told(history)[0] is Outcome.PASSED


async def test_a_provider_of_small_ranges(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """It is asked for as much as it gives."""
    small = {"code": -32005, "message": "block range is too wide, limited to 7 blocks"}

    def is_wide(params: Any) -> bool:
        return (
            "fromBlock" in params[0] and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 7
        )

    history = await prove(candidate, promise(anvil), behind(refusing("eth_getLogs", small, when=is_wide)))
    assert told(history)[0] is Outcome.PASSED


async def test_a_provider_that_cuts_without_a_word(
    candidate: Belt, anvil: Anvil, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer as long as one that was cut is asked for in halves."""
    monkeypatch.setattr("gate.proof.asking.ROUND", 2)

    def cut(method: str, _: Any, result: Any) -> Any:
        return result[:2] if method == "eth_getLogs" else result

    history = await prove(candidate, promise(anvil), behind(changing(cut)))
    outcome, found = told(history)
    assert outcome is Outcome.PASSED, found


async def test_nobody_but_the_belts_own_source(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """It counts with the chain's own commitments, block by block, and only where they are standard."""
    history = await prove(candidate, promise(anvil), anvil.url, own=[anvil.url])
    assert told(history)[0] is Outcome.PASSED
    assert only(history).rooted
    for lie in (without_logs, without_the_last, with_other_data):
        history = await prove(candidate, promise(anvil), *[door := behind(changing(lie))], own=[door])
        assert told(history)[0] is Outcome.COULD_NOT_TELL, lie
    history = await prove(candidate, promise(anvil), anvil.url, own=[anvil.url], **UNKNOWN)
    assert told(history)[0] is Outcome.COULD_NOT_TELL


async def test_nobody_answers(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Nothing that was looked at is nothing that was proved."""

    def away(_: Question, __: Callable[[], Reply]) -> Reply:
        return as_json({"error": "away"}, status=404)

    history = await prove(candidate, promise(anvil), behind(away))
    assert told(history)[0] is Outcome.COULD_NOT_TELL


async def test_a_contract_that_was_never_created(candidate: Belt, anvil: Anvil) -> None:
    """An address with a typo has no logs, and proves nothing."""
    history = await prove(candidate, promise(anvil, contract="0x" + "12" * 20), anvil.url)
    outcome, found = told(history)
    assert outcome is Outcome.COULD_NOT_TELL
    assert "has no contract at" in "".join(point.observed for point in found)


async def test_an_event_that_nobody_emits(candidate: Belt, anvil: Anvil) -> None:
    """No log and no row is no proof: the event may have a typo."""
    candidate.execute('DELETE FROM "Payment"')
    event = event_signature("Payed(uint256 amount)")
    history = await prove(candidate, promise(anvil, event=event), anvil.url)
    outcome, found = told(history)
    assert outcome is Outcome.COULD_NOT_TELL, found
    assert "nobody ever emitted Payed(uint256)" in found[0].observed


async def test_a_final_block_that_is_old(
    candidate: Belt, anvil: Anvil, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a history that ends long before the candidate does is not the whole history."""
    monkeypatch.setattr("gate.proof.prover.DEFAULT_REORG_DEPTH", 3)
    monkeypatch.setattr("gate.checks.nearness.DEFAULT_REORG_DEPTH", 3)
    later = [0]

    def change(method: str, params: Any, result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "finalized":
            return anvil.ask(method, "0x5", False)
        if method == "eth_getBlockByNumber" and int(result["number"], 16) > 5:
            return {**result, "timestamp": hex(int(result["timestamp"], 16) + later[0])}
        return result

    door = behind(changing(change))
    near = await prove(candidate, promise(anvil), door, finality=Finality.TAG)
    assert told(near)[0] is Outcome.PASSED, told(near)
    later[0] = 2 * 3600
    outcome, found = told(await prove(candidate, promise(anvil), door, finality=Finality.TAG))
    assert outcome is Outcome.COULD_NOT_TELL
    assert "the last final block is 5" in found[0].observed


async def test_a_beginning_by_the_word_of_the_own_source(
    candidate: Belt, anvil: Anvil, behind: Behind
) -> None:
    """Where a contract begins no root proves: a source that has forgotten old state would hide old logs."""

    def change(method: str, params: Any, result: Any) -> Any:
        return "0x" if method == "eth_getCode" and params[1] in map(hex, range(20)) else result

    door = behind(changing(change))
    assert told(await prove(candidate, promise(anvil), door, own=[door]))[0] is Outcome.PASSED
    candidate.execute('DELETE FROM "Payment" WHERE block < 20')
    assert told(await prove(candidate, promise(anvil), door, own=[door]))[0] is Outcome.FAILED
