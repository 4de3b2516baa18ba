"""When blocks were made: a column of times is as right as the headers are, and no provider's word alone."""

from collections.abc import Callable
from typing import Any

import pytest

from gate.outcome import Outcome
from gate.policy.groundtruth import GroundTruth
from tests.live.gate.chain.chains import Anvil, Change, Twist, changing, promise
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import only, prove, told

pytestmark = pytest.mark.live

Behind = Callable[[Twist], str]
EARLY, LATER = "0x3", 100
DEPTH = 5
"""The last payment lies in the newest block, and the others far below."""


@pytest.fixture(scope="module", autouse=True)
def _newest(anvil: Anvil) -> None:
    """Other tests of this room may have let the chain go on."""
    if not anvil.ask("eth_getLogs", {"fromBlock": "latest", "toBlock": "latest"}):
        anvil.mine(DEPTH)
        anvil.pay()


@pytest.fixture
def timed(candidate: Belt, anvil: Anvil) -> Belt:
    """A candidate that holds when the block of each payment was made, and follows the chain to its end."""
    candidate.execute('ALTER TABLE "Payment" ADD COLUMN made BIGINT')
    for (found,) in candidate.execute('SELECT DISTINCT block FROM "Payment"'):
        block = int(str(found))
        header = anvil.ask("eth_getBlockByNumber", hex(block), False)
        made = int(header["timestamp"], 16)
        candidate.execute('UPDATE "Payment" SET made = %s WHERE block = %s', (made, block))
    newest = anvil.ask("eth_getBlockByNumber", "latest", False)
    candidate.execute(
        "INSERT INTO envio_checkpoints VALUES (%s, %s, %s, %s, 1)",
        (99, anvil.chain, int(newest["number"], 16), newest["hash"]),
    )
    return candidate


def truth(anvil: Anvil) -> GroundTruth:
    return promise(anvil, values=(("made", "{blockTimestamp}"),))


def later(block: str, *, from_time: int = 1) -> Change:
    """Says that a block was made later than it was; where `from_time` is 2, only when it is asked again."""
    asked = [0]

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber" or params[0] != block:
            return result
        asked[0] += 1
        if asked[0] < from_time:
            return result
        return result | {"timestamp": hex(int(result["timestamp"], 16) + LATER)}

    return change


def paid_late(belt: Belt, block: str) -> None:
    belt.execute('UPDATE "Payment" SET made = made + %s WHERE block = %s', (LATER, int(block, 16)))


async def test_right_and_wrong_times(timed: Belt, anvil: Anvil) -> None:
    """A header that is what its hash says bears a time out, final or not."""
    for depth in (0, DEPTH):
        history = await prove(timed, truth(anvil), anvil.url, depth=depth)
        assert told(history)[0] is Outcome.PASSED
    newest = hex(anvil.height)
    for block, depth in ((EARLY, 0), (newest, DEPTH)):
        paid_late(timed, block)
        history = await prove(timed, truth(anvil), anvil.url, depth=depth)
        outcome, found = told(history)
        assert outcome is Outcome.FAILED, found
        timed.execute('UPDATE "Payment" SET made = made - %s WHERE block = %s', (LATER, int(block, 16)))


@pytest.mark.parametrize("final", [True, False])
async def test_a_provider_that_lies_about_a_time(
    timed: Belt, anvil: Anvil, behind: Behind, *, final: bool
) -> None:
    """A right belt is not refused for it, whoever else is there."""
    block, depth = (EARLY, 0) if final else (hex(anvil.height), DEPTH)
    liar = behind(changing(later(block)))
    alone = await prove(timed, truth(anvil), liar, depth=depth)
    outcome, found = told(alone)
    assert outcome is Outcome.COULD_NOT_TELL
    assert "alone says when block" in " ".join(point.observed for point in found)
    both = await prove(timed, truth(anvil), liar, anvil.url, depth=depth)
    outcome, found = told(both)
    assert outcome is Outcome.COULD_NOT_TELL
    assert "was made at" in " ".join(point.observed for point in found)


async def test_a_wrong_time_that_one_provider_bears_out(timed: Belt, anvil: Anvil, behind: Behind) -> None:
    """A block that is not final yet: the belt has it from whoever lies, and a second provider shows it."""
    newest = hex(anvil.height)
    liar = behind(changing(later(newest)))
    paid_late(timed, newest)
    history = await prove(timed, truth(anvil), liar, anvil.url, depth=DEPTH)
    outcome, found = told(history)
    assert outcome is Outcome.COULD_NOT_TELL
    assert "was made at" in " ".join(point.observed for point in found)


@pytest.mark.parametrize("from_time", [1, 2])
async def test_one_node_that_lies_about_a_time(
    timed: Belt, anvil: Anvil, behind: Behind, from_time: int
) -> None:
    """The belt has its time from it; a header that is not what its hash says bears nothing out."""
    liar = behind(changing(later(EARLY, from_time=from_time)))
    paid_late(timed, EARLY)
    history = await prove(timed, truth(anvil), liar, own=[liar], one_node=True)
    assert told(history)[0] is not Outcome.PASSED
    assert only(history).open
