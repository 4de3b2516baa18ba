"""How long a chain has been at its head is what was watched, not what the belt says of itself."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gate.checks.height import judge
from gate.observations import Watched
from gate.observations.watched import Stretch
from gate.outcome import Outcome
from tests.unit.gate.core.builders import (
    CHAINS,
    NOW,
    heights,
    outcomes,
    policy,
    seen,
    unobserved,
    watch,
    watched,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
MINUTE = timedelta(minutes=1)
LONG_AGO, JUST_NOW = NOW - timedelta(days=9), NOW - MINUTE
ALL = watched(minutes=120)


def judged(found: Watched | None, ready: datetime = LONG_AGO, **changes: object) -> dict[str, Outcome]:
    told = seen(
        watched=unobserved("nobody watched") if found is None else found,
        heights=heights(*(watch(each, caught_up_at=ready) for each in CHAINS)),
    )
    told_of = outcomes(judge(told, policy(**changes)))
    return {part: told_of[part] for part in ("settled", "breaks")}


def without(found: Watched, *minutes_ago: int) -> Watched:
    return Watched([each for each in found.stretches if _ago(each) not in minutes_ago])


def changed(found: Watched, *minutes_ago: int, **changes: int) -> Watched:
    return Watched(
        [
            replace(each, chains=tuple(replace(row, **changes) for row in each.chains))
            if _ago(each) in minutes_ago
            else each
            for each in found.stretches
        ]
    )


def _ago(stretch: Stretch) -> int:
    return round((NOW - stretch.end) / MINUTE)


def test_a_belt_that_was_restarted_a_minute_ago() -> None:
    """Its own word is a minute old, and it was seen at the heads for two hours: it has settled."""
    assert judged(ALL, JUST_NOW) == {"settled": PASSED, "breaks": PASSED}


def test_a_belt_that_says_it_is_ready_for_long() -> None:
    """And was seen to be behind ten minutes ago: it has not."""
    told = changed(ALL, 10, 11, lag=900)
    assert judged(told) == {"settled": FAILED, "breaks": PASSED}
    finding = judge(seen(watched=told, heights=heights(*(watch(each) for each in CHAINS))), policy())
    assert "it was 900 blocks behind its head, limit 20, until" in words(finding)
    assert "at the head for 10 min since then, expected 30 min" in words(finding)


def test_a_break_before_the_settle_time() -> None:
    """It is over for long enough."""
    assert judged(changed(ALL, 40, lag=900), JUST_NOW) == {"settled": PASSED, "breaks": PASSED}


@pytest.mark.parametrize(
    "found",
    [
        None,
        Watched([]),
        watched(minutes=20),
        without(ALL, 10, 11),
        without(ALL, 0, 1),
        changed(ALL, 10, unseen=2),
        watched(minutes=120, until=NOW - timedelta(hours=1)),
    ],
    ids=["nobody", "nothing", "too short", "a gap", "not to the end", "unseen for a while", "an hour ago"],
)
def test_nobody_watched_all_the_time(found: Watched | None) -> None:
    """The time since the belt's last start counts, and that breaks were not seen is told apart."""
    assert judged(found) == {"settled": PASSED, "breaks": UNTOLD}
    assert judged(found, JUST_NOW) == {"settled": FAILED, "breaks": UNTOLD}


def test_a_belt_that_was_seeded_again() -> None:
    """What was watched of the belt before is nothing of this one."""
    older, younger = ALL.stretches[:100], ALL.stretches[100:]
    assert judged(Watched([*older, *(replace(each, seeded=2) for each in younger)]))["settled"] is FAILED


def test_moments_that_are_no_break() -> None:
    """One missing answer, and a status endpoint that was started again, leave no gap."""
    assert judged(changed(without(ALL, 10), 20, unseen=1), JUST_NOW) == {"settled": PASSED, "breaks": PASSED}


def test_no_time_is_asked_for() -> None:
    """Then nothing has to be watched; that this is looser is listed elsewhere."""
    assert judged(None, JUST_NOW, settle=timedelta()) == {"settled": PASSED, "breaks": PASSED}
