"""What subscribers get is judged by what was told, and by what nobody could subscribe to."""

from typing import Any

import httpx
import orjson
import pytest

from gate.checks.followed import points
from gate.endpoints import Side
from gate.finding import Finding
from gate.observations.followed import Pushed, Subscriptions, Unfollowed, Unoffered
from gate.observations.rows import Kind
from gate.observations.served import RowUnlike, Wrong
from gate.observations.unobserved import Cause, Unobserved
from gate.outcome import Outcome
from gate.policy import Policy
from gate.policy.waivers import SchemaWaiver, Waivers
from gate.probes.served import listening
from gate.probes.served.listening import Listening
from gate.probes.served.websocket import Subscriber
from tests.unit.gate.chain.strict import world
from tests.unit.gate.core.builders import (
    LATER,
    YESTERDAY,
    followed,
    one_followed,
    policy,
    seen,
    unobserved,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
MISSING = RowUnlike(kind=Kind.MISSING, key="1-7-0")


def judge(found: Any, says: Policy | None = None) -> Finding:
    told = tuple(points(seen(followed=found), says or policy()))
    return Finding(claim=told[0].part.claim, points=told)


def unfollowed(today: Any) -> Unfollowed:
    return Unfollowed(field="Transfer", role="public", why=unobserved(), today=today)


@pytest.mark.parametrize(
    ("found", "outcome", "said"),
    [
        (followed(), PASSED, "100 rows as held, and 2 answers"),
        (followed(one_followed(read=0)), PASSED, "holds no row to follow"),
        (followed(one_followed(rows=(MISSING,))), FAILED, "1 not given of 100 rows"),
        (
            followed(one_followed(wrong=(Wrong(asked="how many", held="1", given="2"),))),
            FAILED,
            "how many: it tells otherwise",
        ),
        (followed(one_followed(restless=2)), UNTOLD, "2 rows changed in every look"),
        (followed(one_followed(unsettled=("how many rows there are",))), UNTOLD, "it changed in every look"),
        (followed(unfollowed(True)), FAILED, "the serving belt answers"),
        (followed(unfollowed(False)), PASSED, "refuses it as well"),
        (followed(unfollowed(unobserved())), UNTOLD, "nobody answered"),
        (followed(Unoffered(field="Transfer", role="public")), PASSED, "nothing to compare"),
        (followed(Unoffered(field="Transfer", role="partner", today=False)), PASSED, "nothing to compare"),
        (
            followed(Unoffered(field="Transfer", role="partner", today=True)),
            FAILED,
            "Transfer for partner is not offered to subscribers; the serving belt offers it",
        ),
        (followed(Unoffered(field="A", role="partner", today=unobserved())), UNTOLD, "nobody answered"),
        (followed(progress=unobserved()), UNTOLD, "nobody answered"),
        (followed(progress=Pushed(view="_meta", times=1, wrong=("chain 1: 5",))), FAILED, "chain 1: 5"),
        (unobserved(), UNTOLD, "nobody answered"),
    ],
)
def test_what_was_followed(found: Any, outcome: Outcome, said: str) -> None:
    """Each kind of what was seen, and what is said of it."""
    finding = judge(found)
    assert finding.outcome is outcome
    assert said in "\n".join(point.observed for point in finding.points)


@pytest.mark.parametrize(("expires", "outcome"), [(LATER, PASSED), (YESTERDAY, FAILED)])
def test_a_subscription_that_a_role_gives_up(expires: Any, outcome: Outcome) -> None:
    """It is waived in the words in which metadata loses it, until a day."""
    lost = followed(Unoffered(field="Transfer_stream", role="partner", today=True))
    words = "Metadata of Transfer for partner: fewer subscriptions."
    waiver = SchemaWaiver(change=words, reason="nobody uses it", expires=expires)
    assert judge(lost, policy(waivers=Waivers(schema=(waiver,)))).outcome is outcome


def test_nothing_at_all() -> None:
    """Where no role gets any entity, nothing was proved."""
    assert judge(Subscriptions(fields=(), progress=None)).outcome is UNTOLD


@pytest.mark.parametrize(
    ("seconds", "patience", "told"), [(60.0, 0.05, True), (0.1, 10.0, False)], ids=["patient", "cut short"]
)
async def test_an_engine_that_has_not_told_yet(
    monkeypatch: pytest.MonkeyPatch, seconds: float, patience: float, *, told: bool
) -> None:
    """Who was given all the time has told otherwise; who was not may be slow, and nobody can tell."""

    async def chains(_: Any) -> dict[int, dict[str, object]]:
        return {1: {"id": 1, "progress_block": 12}}

    def nobody(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    monkeypatch.setattr(listening, "chains_of", chains)
    monkeypatch.setattr(listening, "PATIENCE", patience)
    here = world(nobody, seconds=seconds)
    subscriber = Subscriber(world=here, side=Side.CANDIDATE, role="public")
    said = {"payload": {"data": {"rows": [{"chainId": 1, "progressBlock": 7}]}}}
    old = Listening(
        view="_meta",
        names=("chainId", "progressBlock"),
        database=object(),  # type: ignore[arg-type]
        subscriber=subscriber,
        _times=1,
        _last=orjson.dumps(said).decode(),
    )
    found = await old.told()
    if told:
        assert isinstance(found, Pushed)
        assert "progressBlock is told as 7, the database has 12" in found.wrong[0]
    else:
        assert isinstance(found, Unobserved)
        assert found.cause is Cause.DEADLINE
