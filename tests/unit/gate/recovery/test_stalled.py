"""A serving belt that answers and does not go on: seen to have stalled, and compared with where that goes."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gate.alias.order.order import Candidate
from gate.checks import stalled
from gate.checks.recovered import Dead
from gate.claims import Access, Claim
from gate.endpoints import Belt as Doors
from gate.finding import Finding
from gate.journal.journal import Journal
from gate.journal.standing import Stood, stood
from gate.observations import Unobserved
from gate.observations.counts import EntityCounts
from gate.observations.heights import Look
from gate.observations.progress import ChainProgress, Progress
from gate.observations.rows import Basis, EntityRows, EntityUnread
from gate.observations.state import EntityHeld, GroupHeld, Held
from gate.observations.watched import ChainStretch, Stretch, Watched
from gate.outcome import Outcome
from gate.policy.waivers import Recovery
from gate.probes import heights as watching
from gate.recovery import stall
from gate.recovery.stall import Stall, of
from gate.secret import Address
from tests.identities import identity
from tests.unit.gate.core.builders import content, counts, heights, policy, seen, unobserved, watch

PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.COULD_NOT_TELL
STANDS = {"first": Look(head=200, candidate=100), "last": Look(head=203, candidate=100)}
GONE = EntityUnread(entity="Account", why=unobserved("the histories reach back to block 900"))


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        (STANDS, True),
        ({}, False),  # at the head, and it moves
        (STANDS | {"last": Look(head=203, candidate=101)}, False),  # behind, and it moves
        (STANDS | {"last": Look(head=200, candidate=100)}, False),  # the chain itself stands
        (STANDS | {"last": Look(head=unobserved(), candidate=100)}, False),  # nobody tells the head
        ({"first": Look(head=100, candidate=100), "last": Look(head=103, candidate=100)}, False),  # not far
    ],
)
def test_a_stall(changes: dict[str, Any], stands: bool) -> None:
    """Far behind and not moving, while its chain does."""
    found = of(heights(watch(1, **changes), watch(10)), policy(), {}, timedelta())
    assert found.stalled is stands
    assert bool(found.instead) is not stands


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def stretch(ago: float, height: int, *, unseen: int = 0, seconds: float = 30, head: int = 900) -> Stretch:
    """What was written down of chain 1, so many seconds ago."""
    row = ChainStretch(chain=1, height=height, head=head, lag=0, unseen=unseen)
    end = NOW - timedelta(seconds=ago)
    return Stretch(begin=end - timedelta(seconds=seconds), end=end, seeded=7, chains=(row,))


@pytest.mark.parametrize(
    ("stretches", "seconds", "stands"),
    [
        ([], 200.0, True),
        ([], 179.0, False),  # slow, as far as anybody knows
        ([stretch(150, 100), stretch(120, 100), stretch(70, 100), stretch(10, 100)], 31.0, True),
        ([stretch(150, 99), stretch(120, 100), stretch(70, 100), stretch(10, 100)], 31.0, False),  # it moved
        ([stretch(150, 100), stretch(10, 100)], 31.0, False),  # nobody watched in between
        ([stretch(150, 100), stretch(95, 100)], 31.0, False),  # nor since
        ([stretch(150, 100), stretch(100, 100, unseen=2), stretch(60, 100)], 31.0, False),
        (
            [stretch(150, 99), stretch(100, 99), stretch(50, 99), stretch(10, 99)],
            31.0,
            False,
        ),  # it moved since
        ([stretch(150, 100, head=100), stretch(70, 100, head=100), stretch(10, 100)], 31.0, False),  # had all
    ],
)
def test_a_belt_that_is_slow(stretches: list[Stretch], seconds: float, *, stands: bool) -> None:
    """It stands between two batches: three minutes have been seen of a stall, by whoever watched."""
    before = stood(Watched(stretches), NOW)
    found = of(heights(watch(1, **STANDS, seconds=seconds)), policy(), before)
    assert found.stalled is stands
    if not stands:
        assert "stands on chain 1" in found.instead
        assert "3 min are asked for" in found.instead


def test_a_chain_that_moved_is_no_excuse_for_another() -> None:
    """Each chain by itself: the one that stood for long is named, and the other is not."""
    before = {
        1: Stood(height=100, time=timedelta(minutes=9)),
        10: Stood(height=90, time=timedelta(minutes=9)),
    }
    found = of(heights(watch(1, **STANDS), watch(10, **STANDS)), policy(), before)
    assert [words.partition(" at ")[0] for words in found.standing] == ["chain 1"]


async def test_that_no_time_counts_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A belt stands for 15 s as far as that was written down, and then for the moment that it is watched."""

    async def chains(*_: Any) -> Progress:
        return Progress(door=Access.GRAPHQL, chains=(ChainProgress(chain=1, height=100, start_block=0),))

    heads = iter(range(901, 10**6))

    async def head(*_: Any) -> int:
        return next(heads)

    monkeypatch.setattr(watching, "read_chains", chains)
    monkeypatch.setattr(watching, "BETWEEN_LOOKS_SECONDS", 0.01)
    monkeypatch.setattr(stall, "head", head)
    end = datetime.now(UTC) - timedelta(seconds=15)
    row = ChainStretch(chain=1, height=100, head=900, lag=800)
    Journal(tmp_path, "blue").append(Stretch(begin=end, end=end, seeded=7, chains=(row,)))
    doors = Doors(graphql=Address("http://blue.test"), journal=tmp_path / "blue.jsonl")
    blue = Candidate(belt="blue", dial="blue:80", identity=identity("1"), doors=doors)

    async def watched(stands: float) -> Stall:
        ends = time.monotonic() + watching.RESERVE_SECONDS + 0.1
        return await stall.watch(blue, policy(), ends, least=timedelta(), stands=timedelta(seconds=stands))

    slow = await watched(25)
    assert not slow.stalled
    assert "stands on chain 1" in slow.instead
    assert (await watched(14)).stalled


def test_a_belt_that_does_not_answer() -> None:
    """It may be dead, and it is not seen to have stalled."""
    found = of(unobserved("nobody there"), policy(), {})
    assert (found.stalled, found.instead) == (False, "it does not answer: nobody there")


def held(**changes: Any) -> Held:
    group = GroupHeld(chain="1", then=10, now=10, alike=True)
    standard = EntityHeld(entity="Account", basis=Basis.BY_STATE, groups=(replace(group, **changes),))
    return Held(entities=(standard,))


def judged(claim: Claim, remembers: Held | Unobserved, **observations: Any) -> Finding:
    recovery = Recovery(belt="blue", stalled=True, reason="its provider is gone", expires=date(2099, 1, 1))
    past = Dead(recovery=recovery, serving=identity("1"), candidate=identity("2"), held=remembers)
    [check] = [check for check in stalled.checks(past) if check.claim is claim]
    return check.judge(seen(**observations), policy())


def unread(*, only: bool = False) -> dict[str, Any]:
    """One entity that could be compared, and one that could not."""
    rows, numbers = content(), counts()
    return {
        "content": replace(rows, entities=(GONE,) if only else (*rows.entities, GONE)),
        "counts": replace(numbers, entities=(GONE,) if only else (*numbers.entities, GONE)),
    }


@pytest.mark.parametrize("claim", [Claim.COUNTS, Claim.CONTENT])
@pytest.mark.parametrize("only", [True, False])
@pytest.mark.parametrize(
    ("remembers", "outcome"),
    [
        (held(), PASSED),
        (held(now=9, alike=False), FAILED),
        (Held(entities=()), OPEN),
        (unobserved("no certificate"), OPEN),
    ],
)
def test_what_cannot_be_compared(claim: Claim, only: bool, remembers: Any, outcome: Outcome) -> None:
    """What is remembered of it decides, and where nobody remembers it, nobody can tell."""
    assert judged(claim, remembers, **unread(only=only)).outcome is outcome


@pytest.mark.parametrize("claim", [Claim.COUNTS, Claim.CONTENT])
def test_what_can_be_compared(claim: Claim) -> None:
    """A memory does not make up for rows that differ from those of the belt itself."""
    [entity], [number] = content().entities, counts().entities
    assert isinstance(entity, EntityRows)
    assert isinstance(number, EntityCounts)
    fewer = (replace(number.groups[0], candidate=999),)
    spoiled = {
        "content": replace(content(), entities=(replace(entity, totals=replace(entity.totals, missing=1)),)),
        "counts": replace(counts(), entities=(replace(number, groups=fewer),)),
    }
    assert judged(claim, held(), **spoiled).outcome is FAILED
    assert judged(claim, held()).outcome is PASSED


@pytest.mark.parametrize("claim", [Claim.COUNTS, Claim.CONTENT])
def test_nothing_seen(claim: Claim) -> None:
    """A memory does not stand for a comparison that was not made at all."""
    blind = {"content": unobserved(), "counts": unobserved()}
    assert judged(claim, held(), **blind).outcome is OPEN
