"""Ground truth on nothing is none: typos, late starts, and windows where the candidate has no rows."""

from collections.abc import Callable
from typing import Any

import pytest

from gate.checks.ground_truth import judge
from gate.finding import Point
from gate.observations import Observations
from gate.observations.truth import BeginningSeen, LogSeen, Truth
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.policy.groundtruth import GroundTruth, Windows
from gate.policy.signature import event_signature
from gate.probes.truth.look import look
from gate.probes.world import World
from tests.live.gate.chain.chains import Anvil, Twist, changing, index, promise, refusing, seen, world
from tests.live.gate.content.belt import Belt
from tests.live.gate.relay import honest

pytestmark = pytest.mark.live

Behind = Callable[[Twist], str]
NOWHERE = "0x" + "ab" * 20


async def judged(belt: Belt, truth: GroundTruth, *rpc: str, **fields: Any) -> dict[str, list[Point]]:
    """What the claim says of one contract, by its parts."""
    async with world(belt, [truth], rpc, **fields) as given:
        found = await look(given)
        return points(given, found)


def points(given: World, found: Truth | Unobserved) -> dict[str, list[Point]]:
    observed = Observations(began=given.began, endpoints=given.endpoints, truth=found)
    told: dict[str, list[Point]] = {}
    for point in judge(observed, given.policy).points:
        told.setdefault(point.part.name, []).append(point)
    return told


def beginning(contract: Any) -> BeginningSeen:
    assert isinstance(contract.beginning, BeginningSeen), contract.beginning
    return contract.beginning


async def test_an_event_that_nobody_emits(candidate: Belt, anvil: Anvil) -> None:
    """A typo in an event finds no log, which is no proof, and is told what the belt has received."""
    wrong = promise(anvil, event=event_signature("Payed(uint256 amount)"))
    [point] = (await judged(candidate, wrong, anvil.url))["windows"]
    assert point.outcome is Outcome.COULD_NOT_TELL
    assert "no such log in 30 blocks of 1 window" in point.observed
    assert "no Payed of that contract, but Paid: perhaps `event` is one of them" in point.advice


async def test_an_event_with_other_arguments(candidate: Belt, anvil: Anvil) -> None:
    """A typo in an event's types makes all that the belt has received look strange, and is named."""
    wrong = promise(anvil, event=event_signature("Paid(uint128 amount)"))
    [point] = (await judged(candidate, wrong, anvil.url))["windows"]
    assert point.outcome is Outcome.FAILED
    assert "4 events are not on the chain" in point.observed
    assert "has received Paid of that contract: check the argument types" in point.advice


async def test_a_contract_that_was_never_created(candidate: Belt, anvil: Anvil) -> None:
    """A typo in an address is named as such, with the contract that the belt has that event of."""
    [point] = (await judged(candidate, promise(anvil, contract=NOWHERE), anvil.url))["windows"]
    assert point.outcome is Outcome.COULD_NOT_TELL
    assert f"There is no contract at {NOWHERE}" in point.advice
    assert f"Perhaps {anvil.contract.lower()}" in point.advice


async def test_a_rare_event(candidate: Belt, anvil: Anvil) -> None:
    """Where no drawn window has a log, the chain itself is searched for one, whatever the candidate has."""
    candidate.execute("DELETE FROM raw_events")
    for blocks in (1, 2, 3):
        contract = await seen(candidate, promise(anvil, windows=Windows(count=2, blocks=blocks)), anvil.url)
        assert isinstance(contract.windows, tuple)
        assert any(isinstance(one.logs, int) and one.logs > 0 for one in contract.windows)
        assert not any(one.around for one in contract.windows)


async def test_what_both_belts_lack(candidate: Belt, anvil: Anvil) -> None:
    """A hole is found by the chain's logs: what the candidate holds leads no window away from it."""
    candidate.execute('DELETE FROM "Payment" WHERE block > 4')
    candidate.execute("DELETE FROM raw_events WHERE block_number > 4")
    contract = await seen(candidate, promise(anvil), anvil.url)
    assert isinstance(contract.windows, tuple)
    assert [one.missing for one in contract.windows] == [(f"{anvil.chain}_30_0",)]


async def test_the_contracts_creation(candidate: Belt, anvil: Anvil) -> None:
    """The history begins where the contract was created, by the state of old blocks."""
    found = beginning(await seen(candidate, promise(anvil), anvil.url))
    assert (found.block, found.words, found.code, found.earlier) == (1, "the contract's creation", True, None)


async def test_a_provider_without_old_state(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Then it begins with the chain, and another provider that has old state is asked."""
    error: dict[str, object] = {"code": -32000, "message": "missing trie node"}
    url = behind(refusing("eth_getCode", error, when=lambda params: params[1] not in ("0x1e", "latest")))
    found = beginning(await seen(candidate, promise(anvil), url))
    assert found.block == 0
    assert "missing trie node" in found.words
    found = beginning(await seen(candidate, promise(anvil), url, anvil.url))
    assert found.block == 1


async def test_a_provider_that_calls_a_contract_younger(
    candidate: Belt, anvil: Anvil, behind: Behind
) -> None:
    """Old state that is silently gone hides no past: there are logs from before."""

    def change(method: str, params: list[Any], result: Any) -> Any:
        return (
            "0x" if method == "eth_getCode" and params[1] != "latest" and int(params[1], 16) < 20 else result
        )

    found = beginning(await seen(candidate, promise(anvil), behind(changing(change))))
    assert found.block == 0
    assert "it has logs from before block 20" in found.words


async def test_a_candidate_that_starts_too_late(green: Belt, anvil: Anvil) -> None:
    """The range does not begin where the candidate says that it started, and what it leaves out is named."""
    index(green, anvil, start=3)
    green.execute('DELETE FROM "Payment" WHERE block < 3')
    green.execute("DELETE FROM raw_events WHERE block_number < 3")
    contract = await seen(green, promise(anvil), anvil.url)
    found = beginning(contract)
    assert isinstance(found.earlier, LogSeen)
    assert (found.block, found.started, found.earlier.place) == (1, 3, (2, 0))
    told = (await judged(green, promise(anvil), anvil.url))["windows"]
    assert {point.outcome for point in told} == {Outcome.FAILED}
    assert any("give the entry under `groundTruth` its `from: 3`" in point.advice for point in told)
    [point] = (await judged(green, promise(anvil, start=3), anvil.url))["windows"]
    assert point.outcome is Outcome.PASSED, point


async def test_a_candidate_that_starts_late_and_misses_nothing(green: Belt, anvil: Anvil) -> None:
    """Between the contract's creation and its first log nobody has to look."""
    index(green, anvil, start=2)
    [point] = (await judged(green, promise(anvil), anvil.url))["windows"]
    assert point.outcome is Outcome.PASSED, point


async def test_a_history_that_has_not_begun(candidate: Belt, anvil: Anvil) -> None:
    """What lies above the height cannot be compared."""
    [point] = (await judged(candidate, promise(anvil, start=500), anvil.url))["windows"]
    assert point.outcome is Outcome.COULD_NOT_TELL
    assert "begins at block 500" in point.observed


async def test_keys_that_do_not_tell_logs_apart(candidate: Belt, anvil: Anvil) -> None:
    """Four logs under one key are one row, of which nobody can say which log it is."""
    [point] = (await judged(candidate, promise(anvil, row_id="{chainId}"), anvil.url))["windows"]
    assert point.outcome is Outcome.COULD_NOT_TELL
    assert "4 logs have only 1 key by `rowId`" in point.observed


async def test_what_the_belts_index_from(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """A source that serves another chain is named; one that does not answer the gate is nobody's fault."""
    other = behind(changing(lambda method, _, result: "0x1" if method == "eth_chainId" else result))
    told = (await judged(candidate, promise(anvil), anvil.url, own=[other]))["providers"]
    assert [point.observed for point in told if point.outcome is Outcome.FAILED] == [
        "it says that it serves chain 1"
    ]
    told = (await judged(candidate, promise(anvil), behind(honest), own=["http://127.0.0.1:9"]))["providers"]
    assert {point.outcome for point in told} == {Outcome.PASSED}
