"""What the writer sees right before a promotion and right after it, and what it does then."""

from dataclasses import replace
from typing import Any

import pytest

from gate.alias.confirm.seen import Seen, failed, untold
from gate.alias.decide import bars, refutation
from gate.alias.directory import Directory
from gate.alias.move.writer import Moved
from gate.alias.unmoved import Unmoved
from gate.ledger import Ledger, LedgerUnreachable, Result
from tests.live.gate.alias.test_writer import Stage, stage
from tests.live.gate.verdicts import POLICY, report

pytestmark = pytest.mark.live
__all__ = ["stage"]

GONE = failed("Transfer has lost 1,691 rows")
AWAY = untold("the provider of chain 1 does not answer")
BACK = [("promotion", "blue"), ("promotion", "green"), ("rollback", "blue")]


async def spoiled(stage: Stage) -> Unmoved:
    """Green is promoted over blue, and what is seen right after says that it is wrong."""
    stage.again.then = GONE
    with pytest.raises(Unmoved) as refused:
        await stage.promote(stage.green, stage.blue)
    return refused.value


def moves(stage: Stage) -> list[tuple[str, str]]:
    return [(kind, belt) for kind, belt, _ in stage.booked]


@pytest.mark.parametrize("told", [GONE, AWAY], ids=["failed", "could not tell"])
async def test_a_candidate_that_is_not_seen_unchanged_before(stage: Stage, told: Seen) -> None:
    """Rows were deleted after the certificate, or nobody can say: nothing moves, nothing is written."""
    await stage.promote(stage.blue)
    before, booked = stage.traces(), stage.booked
    stage.again.first = told
    with pytest.raises(Unmoved, match=rf"(?s)the alias stays where it is.*{told.words[0]}"):
        await stage.promote(stage.green, stage.blue)
    assert (stage.traces(), stage.booked) == (before, booked)


async def test_it_is_looked_at_before_and_after(stage: Stage) -> None:
    """A promotion is looked at twice, a rollback and a second `up` never."""
    await stage.promote(stage.blue)
    await stage.promote(stage.green, stage.blue)
    assert stage.again.asked == ["before", "after"] * 2
    await stage.move(stage.green, stage.blue)
    await stage.move(stage.blue, stage.green)
    assert stage.again.asked == ["before", "after"] * 2


async def test_a_candidate_that_is_wrong_after(stage: Stage) -> None:
    """It goes back as a rollback, the update fails, and who must stay is who served before."""
    await stage.promote(stage.blue)
    refused = await spoiled(stage)
    assert "moved back to blue, as a rollback" in str(refused)
    assert GONE.words[0] in str(refused)
    assert stage.served is not None
    assert (stage.served.serves.belt, stage.served.behind) == ("blue", ())
    assert moves(stage) == BACK
    assert all(result is Result.SERVED for *_, result in stage.booked)
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("serves", "")


async def test_five_updates_in_a_row(stage: Stage) -> None:
    """The belt that was wrong is barred: the alias does not flap, whatever the gate certifies."""
    await stage.promote(stage.blue)
    await spoiled(stage)
    before = stage.traces()
    for _ in range(4):
        with pytest.raises(Unmoved, match=r"in move 2: Transfer has lost 1,691 rows(.|\n)*set lift green-2"):
            await stage.promote(stage.green, stage.blue)
    assert stage.traces() == before
    assert moves(stage) == BACK


async def test_a_bar_is_lifted_by_its_name(stage: Stage) -> None:
    """A lifted bar lets the belt pass; when it is wrong again, another bar stands, which is not lifted."""
    await stage.promote(stage.blue)
    await spoiled(stage)
    stage.lift = "green-2"
    stage.certify(stage.green, stage.blue, report=report(POLICY) | {"lifted": "green-2"})
    with pytest.raises(Unmoved, match="wrong right after"):
        await stage.move(stage.green, stage.blue)
    assert moves(stage)[-2:] == [("promotion", "green"), ("rollback", "blue")]
    stage.again.then = AWAY
    stage.certify(stage.green, stage.blue, report=report(POLICY) | {"lifted": "green-2"})
    with pytest.raises(Unmoved, match="set lift green-4"):
        await stage.move(stage.green, stage.blue)
    stage.lift = "green-4"
    stage.certify(stage.green, stage.blue, report=report(POLICY) | {"lifted": "green-4"})
    assert (await stage.move(stage.green, stage.blue)).kind == "promoted"


@pytest.mark.parametrize("lost", ["end", "begin"])
async def test_the_ledger_is_lost_meanwhile(stage: Stage, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """Consumers go back to blue without it; green is barred by what lies beside the alias, and then by it."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)

    async def lose() -> Seen:
        def gone(*_: Any) -> Any:
            raise LedgerUnreachable("it does not answer")

        monkeypatch.setattr(Ledger, lost, gone)
        return GONE

    stage.again.meanwhile = lose
    with pytest.raises(Unmoved, match="moved back to blue"):
        await stage.move(stage.green, stage.blue)
    assert stage.served is not None
    assert (stage.served.serves.belt, stage.served.move) == ("blue", None)
    if lost == "end":
        noted = bars.standing(None, Directory(stage.gateway.alias, "gateway"), stage.green.identity, None)
        assert noted is not None
        assert (noted.name, noted.told) == ("green-2", GONE.words[0])
    monkeypatch.undo()

    stage.again.meanwhile = None
    traces = stage.traces()
    with pytest.raises(Unmoved, match=r"in move 2: Transfer has lost 1,691 rows(.|\n)*set lift green-2"):
        await stage.promote(stage.green, stage.blue)
    assert stage.traces() == traces
    assert moves(stage) == BACK
    assert all(result is Result.SERVED for *_, result in stage.booked)
    assert refutation.noted(Directory(stage.gateway.alias, "gateway")) is None


async def test_the_ledger_is_lost_and_there_is_no_way_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alias stays; the next update books the bar, and goes back if it can by then."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)

    async def lose() -> Seen:
        def gone(*_: Any) -> Any:
            raise LedgerUnreachable("it does not answer")

        monkeypatch.setattr(Ledger, "end", gone)
        stage.blue.dead = True
        return GONE

    stage.again.meanwhile = lose
    with pytest.raises(Unmoved, match=r"(?s)stays on it: blue is not.*next `pulumi up` tells it"):
        await stage.move(stage.green, stage.blue)
    monkeypatch.undo()
    stage.blue.dead = False
    with pytest.raises(Unmoved, match="moved back to blue"):
        await stage.move(stage.green, stage.blue)
    assert moves(stage) == BACK
    assert all(result is Result.SERVED for *_, result in stage.booked)


async def test_a_promotion_that_was_left_without_the_ledger(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end and the way back were made without the ledger: both are booked as they were."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)

    def gone(*_: Any) -> Any:
        raise LedgerUnreachable("it does not answer")

    monkeypatch.setattr(Ledger, "end", gone)
    with pytest.raises(Unmoved, match="green serves now"):
        await stage.move(stage.green, stage.blue)
    monkeypatch.undo()
    await stage.move(stage.blue, stage.green, without_ledger=True)
    assert (await stage.move(stage.blue, stage.green)).kind == "verified"
    assert moves(stage) == BACK
    assert all(result is Result.SERVED for *_, result in stage.booked)


async def test_a_belt_that_was_seeded_again_is_not_barred(stage: Stage) -> None:
    """The bar is on one identity: a fresh green is another belt."""
    await stage.promote(stage.blue)
    await spoiled(stage)
    stage.again.then = Seen(outcome=AWAY.outcome)
    stage.green = replace(stage.green, table=2)
    assert (await stage.promote(stage.green, stage.blue)).kind == "promoted"


async def test_a_look_that_cannot_tell(stage: Stage) -> None:
    """Only what failed goes back: the belt serves on, and everybody is told what nobody could see."""
    await stage.promote(stage.blue)
    stage.again.then = AWAY
    moved: Moved = await stage.promote(stage.green, stage.blue)
    assert moved.look is not None
    assert AWAY.words[0] in str(moved.look)
    assert stage.served is not None
    assert stage.served.serves.belt == "green"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("dead", "blue is not to be seen"),
        ("behind", "blue is behind where it was"),
        ("another", "blue is not the belt that its stack declares"),
        ("silent", "blue does not answer"),
        ("unknown", "not described any more"),
    ],
)
async def test_there_is_no_way_back(stage: Stage, why: str, said: str) -> None:
    """The belt that was left may not serve: the alias stays, the update fails, and all of it is told."""
    await stage.promote(stage.blue)
    stage.again.then = GONE
    stage.certify(stage.green, stage.blue)

    async def spoil() -> Seen:
        match why:
            case "dead":
                stage.blue.dead = True
            case "behind":
                stage.blue.heights[1] = 1
            case "another":
                stage.blue.seen_table = 7
            case "silent":
                stage.gateway.stop("blue")
            case _:
                stage.known.clear()
        return GONE

    stage.again.meanwhile = spoil
    with pytest.raises(Unmoved, match=rf"(?s)the alias stays on it: .*{said}"):
        await stage.move(stage.green, stage.blue)
    assert stage.served is not None
    assert stage.served.serves.belt == "green"
    assert moves(stage) == BACK[:2]
    assert stage.booked[-1][-1] is Result.SERVED


async def test_what_was_wrong_stays_wrong(stage: Stage) -> None:
    """Where no belt could take over, each further update fails in the same words, until the bar is lifted."""
    stage.again.then = GONE
    with pytest.raises(Unmoved, match="no belt served before it"):
        await stage.promote(stage.blue)
    for _ in range(2):
        with pytest.raises(Unmoved, match=r"(?s)on blue, which is wrong.*Transfer has lost.*lift blue-1"):
            await stage.move(stage.blue)
    stage.lift = "blue-1"
    assert (await stage.move(stage.blue)).kind == "verified"


async def test_a_first_alias_that_is_wrong(stage: Stage) -> None:
    """Nobody served before: there is nowhere to go back to."""
    stage.again.then = GONE
    with pytest.raises(Unmoved, match="no belt served before it"):
        await stage.promote(stage.blue)
    assert stage.served is not None
    assert stage.served.serves.belt == "blue"


async def test_a_recovery_that_is_wrong(stage: Stage) -> None:
    """The belt before it was dead when it was left: it does not come back by itself."""
    await stage.promote(stage.blue)
    stage.blue.dead = True
    stage.again.then = GONE
    stage.certify(stage.green, stage.blue, mode="recovery")
    with pytest.raises(Unmoved, match="the belt before it was dead"):
        await stage.move(stage.green, stage.blue)
