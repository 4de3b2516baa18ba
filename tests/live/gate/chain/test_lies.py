"""Providers that lie: each lie is named or not believed, and none outlives the run in which it was told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.observations.truth import ContractSeen, Proof
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.policy.chains import Finality, Receipts
from gate.probes.rpc.receipts import root_of
from tests.deep import one_of_each
from tests.live.gate.chain.chains import Anvil, Change, Twist, changing, promise, seen, window
from tests.live.gate.chain.test_beginnings import judged
from tests.live.gate.content.belt import Belt

pytestmark = pytest.mark.live

Behind = Callable[[Twist], str]
HIDDEN = "0x3"  # the block whose log is hidden, altered or made up


def dropped(method: str, _: list[Any], result: Any) -> Any:
    return [log for log in result if log["blockNumber"] != HIDDEN] if method == "eth_getLogs" else result


def invented(method: str, _: list[Any], result: Any) -> Any:
    if method != "eth_getLogs" or not result:
        return result
    return [*result, result[0] | {"blockNumber": "0x14", "transactionHash": "0x" + "ee" * 32}]


def altered(method: str, _: list[Any], result: Any) -> Any:
    """The right logs at the right places, and one amount that is another."""
    if method != "eth_getLogs":
        return result
    return [log | {"data": f"0x{8:064x}"} if log["blockNumber"] == HIDDEN else log for log in result]


def lagging(method: str, params: list[Any], result: Any) -> Any:
    """A node that has seen nothing beyond block 20, and gives what it has without a word."""
    if method == "eth_getLogs":
        return [log for log in result if int(log["blockNumber"], 16) <= 20]
    if method == "eth_getBlockByNumber" and params[0].startswith("0x") and int(params[0], 16) > 20:
        return None
    return result


def forged(method: str, params: list[Any], result: Any) -> Any:
    """A log is left out, and header and receipts are made to match."""
    if method == "eth_getBlockByNumber" and params[0] == HIDDEN:
        return result | {"logsBloom": "0x" + "00" * 256, "receiptsRoot": root_of([])}
    if method == "eth_getBlockReceipts" and params[0] == HIDDEN:
        return []
    return dropped(method, params, result)


LIES: list[Change] = [dropped, invented, altered, lagging, forged]


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("receipts", one_of_each([Receipts.STANDARD, Receipts.UNKNOWN]))
async def test_a_liar_alone(
    candidate: Belt, anvil: Anvil, behind: Behind, lie: Change, receipts: Receipts
) -> None:
    """It proves nothing: the window ends failed or could not tell, for a candidate that is right."""
    told = (await judged(candidate, promise(anvil), behind(changing(lie)), receipts=receipts))["windows"]
    assert Outcome.PASSED not in {point.outcome for point in told}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("receipts", one_of_each([Receipts.STANDARD, Receipts.UNKNOWN]))
async def test_a_liar_that_a_candidate_has_indexed_from(
    candidate: Belt, anvil: Anvil, behind: Behind, lie: Change, receipts: Receipts
) -> None:
    """What it left out is missing in the candidate too, and it does not vouch for that."""
    candidate.execute('DELETE FROM "Payment" WHERE block IN (3, 30)')
    candidate.execute("DELETE FROM raw_events WHERE block_number IN (3, 30)")
    liar = behind(changing(lie))
    told = (await judged(candidate, promise(anvil), liar, anvil.url, receipts=receipts))["windows"]
    assert Outcome.PASSED not in {point.outcome for point in told}
    told = (await judged(candidate, promise(anvil), liar, receipts=receipts))["windows"]
    assert Outcome.PASSED not in {point.outcome for point in told}


async def test_logs_that_say_something_else(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """The receipts root proves what logs say, and not only where they are."""
    candidate.execute('UPDATE "Payment" SET amount = 8 WHERE block = 3')
    found = window(await seen(candidate, promise(anvil), behind(changing(altered))))
    assert "logs of block 3 that say something else than the receipts of that block" in found.dispute


async def test_every_block_is_proved_by_one_provider(candidate: Belt, anvil: Anvil) -> None:
    """Where nobody else vouches for them, all blocks with logs are proved, and the report says how many."""
    found = window(await seen(candidate, promise(anvil), anvil.url))
    assert isinstance(found.proof, Proof)
    assert (found.proof.receipts, found.proof.blocks, found.proof.bound) == (4, 4, True)
    assert "the receipts roots of 4 of 4 blocks that may hold a log (4 with one)" in found.proof.words


async def test_a_header_that_is_made_up(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """A header whose hash is not that of what it holds is no commitment to anything."""
    found = window(await seen(candidate, promise(anvil), behind(changing(forged))))
    assert "gives a header of block 3 that has another hash" in found.dispute


async def test_two_that_lag_behind(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Two nodes that have not seen the newest blocks agree about what neither of them has."""
    candidate.execute('DELETE FROM "Payment" WHERE block = 30')
    candidate.execute("DELETE FROM raw_events WHERE block_number = 30")
    one, other = behind(changing(lagging)), behind(changing(lagging))
    found = window(await seen(candidate, promise(anvil), one, other, receipts=Receipts.UNKNOWN))
    assert isinstance(found.logs, Unobserved)
    assert "does not have block 30" in found.logs.reason


def final(change: Change) -> Change:
    """As `change` says, on a chain that calls everything final."""

    def both(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "finalized":
            return result | {"number": "0x1e"}
        return change(method, params, result)

    return both


def truly(_: str, __: list[Any], result: Any) -> Any:
    return result


async def run(belt: Belt, anvil: Anvil, cache: Path, *rpc: str, receipts: Receipts) -> ContractSeen:
    return await seen(belt, promise(anvil), *rpc, cache=cache, finality=Finality.TAG, receipts=receipts)


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("receipts", one_of_each([Receipts.STANDARD, Receipts.UNKNOWN]))
@pytest.mark.parametrize("right", one_of_each([False, True]))
async def test_a_liar_that_is_gone(
    candidate: Belt,
    anvil: Anvil,
    behind: Behind,
    tmp_path: Path,
    lie: Change,
    receipts: Receipts,
    right: bool,
) -> None:
    """A run with a liar, even one that speaks through two doors, leaves nothing behind for an honest run.

    One and the same provider that lies no more passes a candidate that is right, and refuses one that is not.
    """
    if not right:
        candidate.execute('DELETE FROM "Payment" WHERE block = 3')
        candidate.execute("DELETE FROM raw_events WHERE block_number = 3")
    lies = [final(lie)]

    def told(method: str, params: list[Any], result: Any) -> Any:
        return lies[0](method, params, result)

    one, two = behind(changing(told)), behind(changing(told))
    await run(candidate, anvil, tmp_path, one, two, receipts=receipts)
    await run(candidate, anvil, tmp_path, one, receipts=receipts)
    lies[0] = final(truly)
    found = window(await run(candidate, anvil, tmp_path, one, two, receipts=receipts))
    assert found.dispute == ""
    assert (found.logs, found.unknown) == (4, ())
    assert found.missing == (() if right else (f"{anvil.chain}_3_0",))


async def test_what_is_kept_is_looked_at_again_before_a_refusal(
    candidate: Belt, anvil: Anvil, behind: Behind, tmp_path: Path
) -> None:
    """What a former run has kept refuses nobody: the chain is asked anew before that."""
    asked: list[str] = []

    def counted(method: str, params: list[Any], result: Any) -> Any:
        asked.append("early" if method == "eth_getLogs" and params[0]["toBlock"] == "0x0" else method)
        return final(truly)(method, params, result)

    url = behind(changing(counted))
    await run(candidate, anvil, tmp_path, url, receipts=Receipts.STANDARD)
    await run(candidate, anvil, tmp_path, url, receipts=Receipts.STANDARD)
    assert asked.count("eth_getLogs") == 1
    candidate.execute('DELETE FROM "Payment" WHERE block = 30')
    found = window(await run(candidate, anvil, tmp_path, url, receipts=Receipts.STANDARD))
    assert found.missing == (f"{anvil.chain}_30_0",)
    assert asked.count("eth_getLogs") == 2
