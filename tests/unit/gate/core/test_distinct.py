"""The candidate is a belt of its own, and the serving belt is the one that the alias serves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gate.checks.distinct import judge
from gate.endpoints import Endpoints
from gate.observations import AliasSeen, DoorsSeen, LockSeen
from gate.observations.unobserved import Cause
from gate.outcome import Outcome
from gate.secret import Address
from tests.unit.gate.core.builders import (
    BLUE,
    CHAINS,
    GREEN,
    NOW,
    belt,
    database,
    doors,
    endpoints,
    first_alias,
    outcomes,
    policy,
    progress,
    seen,
    turns,
    unobserved,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
FRESH = progress(caught_up=None)


def same_url(url: str) -> Endpoints:
    return endpoints(
        serving=belt("blue", graphql=Address(url)), candidate=belt("green", graphql=Address(url))
    )


def test_two_belts() -> None:
    """Two belts with a database each are told apart in every part."""
    assert set(outcomes(judge(seen(), policy())).values()) == {PASSED}


def shows(height: int, before: int, after: int) -> DoorsSeen:
    return doors(progress(height=height), progress(height=before), progress(height=after))


@pytest.mark.parametrize(
    ("part", "outcome", "changes", "said"),
    [
        (
            "addresses",
            FAILED,
            {"endpoints": same_url("http://blue.test/v1/graphql")},
            "is the serving belt's",
        ),
        (
            "addresses",
            FAILED,
            {
                "endpoints": endpoints(
                    serving=belt("blue", graphql=Address("http://BLUE.test:80/v1/graphql/")),
                    candidate=belt("green", graphql=Address("http://blue.test/v1/graphql")),
                )
            },
            "is the serving belt's",
        ),
        ("addresses", FAILED, {"endpoints": endpoints(alias=belt("green").graphql)}, "is the alias"),
        ("answers", FAILED, {"turns": turns(candidate=BLUE), "lock": unobserved()}, "the very same moment"),
        ("answers", UNTOLD, {"turns": turns(serving=FRESH, candidate=FRESH)}, "nothing tells one"),
        ("answers", UNTOLD, {"turns": turns(candidate=FRESH)}, "nothing tells one"),
        ("answers", UNTOLD, {"turns": unobserved("started again and again")}, "started again and again"),
        ("alias", FAILED, {"turns": turns(alias=AliasSeen(progress=GREEN))}, "serves the candidate already"),
        (
            "alias",
            FAILED,
            {
                "turns": turns(
                    alias=AliasSeen(progress=progress(caught_up=NOW - timedelta(days=1)), belt="teal")
                )
            },
            "serves teal, another",
        ),
        (
            "alias",
            FAILED,
            {"turns": turns(alias=AliasSeen(progress=progress(1, caught_up=BLUE.chains[0].caught_up_at)))},
            "another",
        ),
        (
            "alias",
            UNTOLD,
            {"turns": turns(alias=AliasSeen(progress=FRESH), serving=FRESH)},
            "nothing tells one",
        ),
        (
            "alias",
            UNTOLD,
            {"turns": turns(alias=unobserved("no alias given", Cause.NOT_GIVEN))},
            "no alias given",
        ),
        ("alias", UNTOLD, {"turns": unobserved("started again and again")}, "started again and again"),
        (
            "database",
            FAILED,
            {"candidate_database": database(system_identifier=1)},
            "both are database belts",
        ),
        ("database", FAILED, {"lock": LockSeen(taken_on_both=False)}, "is held against"),
        ("database", UNTOLD, {"lock": unobserved("no lock")}, "no lock"),
        (
            "database",
            UNTOLD,
            {"candidate_database": unobserved("no database given", Cause.NOT_GIVEN)},
            "given",
        ),
        ("doors", FAILED, {"candidate_rows": BLUE}, "another one than the database's"),
        ("doors", FAILED, {"serving_rows": GREEN}, "another one than the database's"),
        ("doors", FAILED, {"candidate_rows": FRESH}, "another one than the database's"),
        ("doors", UNTOLD, {"candidate_rows": FRESH, "candidate_chains": FRESH}, "nothing tells it"),
        ("doors", UNTOLD, {"candidate_rows": unobserved("denied", Cause.DENIED)}, "denied"),
        *(
            case
            for side in ("serving", "candidate")
            for case in (
                (
                    "doors",
                    FAILED,
                    {f"{side}_doors": shows(1_000, 100, 101)},
                    "is 899 blocks on chain 1",
                ),
                ("doors", FAILED, {f"{side}_doors": shows(100, 1_000, 1_001)}, "900 blocks on chain 1"),
                ("doors", UNTOLD, {f"{side}_doors": unobserved("denied", Cause.DENIED)}, "denied"),
            )
        ),
    ],
)
def test_not_distinct(part: str, outcome: Outcome, changes: dict[str, Any], said: str) -> None:
    """Whatever makes one belt of two, or hides which one serves, stands in the way with its words."""
    finding = judge(seen(**changes), policy())
    assert outcomes(finding)[part] is outcome
    assert f"distinct.{part}: " in words(finding)
    assert said in words(finding)


@pytest.mark.parametrize(
    ("height", "before", "after"), [(100, 100, 100), (101, 100, 102), (99, 100, 100), (105, 100, 101)]
)
def test_a_database_that_moves(height: int, before: int, after: int) -> None:
    """What is shown while it moves lies between two looks at it; a replica may lag within the limit."""
    changes: dict[str, Any] = {
        f"{side}_doors": shows(height, before, after) for side in ("serving", "candidate")
    }
    assert outcomes(judge(seen(**changes), policy()))["doors"] is PASSED


def test_a_copy_of_the_serving_database() -> None:
    """A belt on a copied database answers like its origin; two databases prove that it is another."""
    finding = judge(seen(turns=turns(candidate=BLUE), candidate_chains=BLUE, candidate_rows=BLUE), policy())
    assert outcomes(finding) == dict.fromkeys(outcomes(finding), PASSED)


def test_catching_up_between_two_readings() -> None:
    """A belt that catches up with its last chain while the gate looks is still one belt."""
    early = progress(*CHAINS, caught_up=None).chains[1:]
    half = type(BLUE)(door=BLUE.door, chains=(BLUE.chains[0], *early))
    assert outcomes(judge(seen(turns=turns(alias=AliasSeen(progress=half))), policy()))["alias"] is PASSED


def test_one_url_twice_while_it_catches_up() -> None:
    """One belt asked under two names, a moment apart, is not two belts."""
    half = type(BLUE)(door=BLUE.door, chains=(BLUE.chains[0], progress(10, caught_up=None).chains[0]))
    finding = judge(seen(turns=turns(serving=half, candidate=BLUE), lock=unobserved()), policy())
    assert outcomes(finding)["answers"] is FAILED


def test_the_first_alias() -> None:
    """Where nothing serves, there is nothing to tell the candidate from."""
    assert set(outcomes(judge(first_alias(), policy())).values()) == {PASSED}


def test_the_first_alias_that_is_not() -> None:
    """An alias that answers as a belt refutes that nothing serves."""
    finding = judge(first_alias(turns=turns(serving=None)), policy())
    assert outcomes(finding)["alias"] is FAILED
    assert "answers as blue" in words(finding)


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.CRASHED, Cause.DEADLINE, Cause.BAD_ANSWER])
def test_the_first_alias_that_nobody_could_ask(cause: Cause) -> None:
    """Silence of the alias is not the same as nothing behind it."""
    finding = judge(first_alias(turns=turns(serving=None, alias=unobserved(cause=cause))), policy())
    assert outcomes(finding)["alias"] is UNTOLD


def test_a_belt_that_is_started_while_it_is_asked() -> None:
    """Its own word is another one then; what was not asked in turn tells nothing of that."""
    restarted = progress(caught_up=NOW)
    finding = judge(seen(serving_chains=restarted), policy())
    assert (outcomes(finding)["answers"], outcomes(finding)["alias"]) == (PASSED, PASSED)


def test_the_successor_of_a_gateway_that_ended() -> None:
    """The serving belt is the one that served last, and the alias leads nowhere yet."""
    unled = replace(endpoints(), unled=True)
    gone = unobserved("refused", Cause.UNREACHABLE)
    assert outcomes(judge(seen(endpoints=unled, turns=turns(alias=gone)), policy()))["alias"] is PASSED
    finding = judge(seen(endpoints=unled), policy())
    assert outcomes(finding)["alias"] is FAILED
    assert "answers as blue" in words(finding)
