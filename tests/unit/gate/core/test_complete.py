"""Nothing that consumers are promised or have is missing, and nothing is there that nobody planned."""

from datetime import date
from typing import Any

import pytest

from gate.checks.complete import judge
from gate.outcome import Outcome
from gate.policy.model import Mode
from gate.policy.waivers import ChainWaiver, EntityWaiver, Waivers
from tests.unit.gate.core.builders import (
    LATER,
    SDL,
    YESTERDAY,
    chain,
    first_alias,
    outcomes,
    policy,
    progress,
    schema,
    seen,
    unobserved,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
WITHOUT_ACCOUNT = SDL.replace("Account(limit: Int, offset: Int): [Account!]!", "")


def waivers(*, chains: dict[int, date] | None = None, entities: dict[str, date] | None = None) -> Waivers:
    return Waivers(
        chains=tuple(
            ChainWaiver(chain=each, reason="nobody reads it", expires=day)
            for each, day in (chains or {}).items()
        ),
        entities=tuple(
            EntityWaiver(entity=each, reason="nobody reads it", expires=day)
            for each, day in (entities or {}).items()
        ),
    )


def test_all_there() -> None:
    """The expected chains and the served entities, no more and no less."""
    assert set(outcomes(judge(seen(), policy())).values()) == {PASSED}


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("chains", {"candidate_chains": progress(1)}, "chain 10 missing"),
        ("chains", {"candidate_chains": progress(1, 10, 8453)}, "chain 8453 that nobody planned"),
        (
            "chains",
            {"candidate_chains": progress(1, 8453)},
            "chain 10 missing and chain 8453 that nobody planned",
        ),
        ("chains", {"candidate_rows": progress(1)}, "in its database: chain 10 missing"),
        ("kept-chains", {"serving_chains": progress(1, 10, 137)}, "chain 137 is served today"),
        ("kept-entities", {"candidate_schema": schema(WITHOUT_ACCOUNT)}, "entity Account is served today"),
    ],
)
def test_not_complete(part: str, changes: dict[str, Any], said: str) -> None:
    """What is missing or unplanned is refused and named."""
    finding = judge(seen(**changes), policy())
    assert outcomes(finding)[part] is FAILED
    assert said in words(finding)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("chains", {"candidate_chains": unobserved()}),
        ("kept-chains", {"serving_chains": unobserved()}),
        ("kept-chains", {"candidate_chains": unobserved()}),
        ("kept-entities", {"serving_schema": unobserved()}),
        ("kept-entities", {"candidate_schema": unobserved()}),
    ],
)
def test_not_seen(part: str, changes: dict[str, Any]) -> None:
    """Nothing is complete that was not seen."""
    assert outcomes(judge(seen(**changes), policy()))[part] is UNTOLD


def test_a_chain_dropped_from_belt_and_policy_together() -> None:
    """A policy that forgets a chain does not make consumers forget it."""
    finding = judge(
        seen(candidate_chains=progress(1), candidate_rows=progress(1)), policy(chains=(chain(1),))
    )
    assert outcomes(finding)["chains"] is PASSED
    assert outcomes(finding)["kept-chains"] is FAILED
    assert "chain 10 is served today" in words(finding)


def test_a_chain_given_up_by_name() -> None:
    """A waiver that names the chain lets it go, and is shown."""
    changes = {"candidate_chains": progress(1), "candidate_rows": progress(1)}
    measure = policy(chains=(chain(1),), waivers=waivers(chains={10: LATER}))
    finding = judge(seen(**changes), measure)
    assert finding.outcome is PASSED
    assert any("chain 10 until 2030-02-01" in line for point in finding.points for line in point.waived)


@pytest.mark.parametrize(
    ("given", "said"),
    [(waivers(chains={10: YESTERDAY}), "ended on 2030-01-01"), (waivers(chains={137: LATER}), "chain 10")],
)
def test_a_waiver_that_does_not_cover(given: Waivers, said: str) -> None:
    """An expired waiver, and one for something else, cover nothing."""
    changes = {"candidate_chains": progress(1), "candidate_rows": progress(1)}
    finding = judge(seen(**changes), policy(chains=(chain(1),), waivers=given))
    assert outcomes(finding)["kept-chains"] is FAILED
    assert said in words(finding)


@pytest.mark.parametrize(
    ("mode", "new", "outcome"),
    [(Mode.EXPANSION, True, PASSED), (Mode.EXPANSION, False, FAILED), (Mode.PARITY, True, FAILED)],
)
def test_one_chain_more(mode: Mode, outcome: Outcome, *, new: bool) -> None:
    """What the serving belt does not have is declared as new in an expansion, so that it needs a golden."""
    measure = policy(mode=mode, chains=(chain(1), chain(10, new=new)))
    finding = judge(seen(serving_chains=progress(1)), measure)
    assert outcomes(finding)["kept-chains"] is outcome
    assert ("the candidate has chain 10 as well" in words(finding)) is (outcome is FAILED)


def test_an_entity_given_up_by_name() -> None:
    """The same for entities."""
    looks = seen(candidate_schema=schema(WITHOUT_ACCOUNT))
    assert judge(looks, policy(waivers=waivers(entities={"Account": LATER}))).outcome is PASSED
    assert judge(looks, policy(waivers=waivers(entities={"Account": YESTERDAY}))).outcome is FAILED


def test_an_empty_serving_belt() -> None:
    """A serving belt that has nothing is no measure of anything."""
    nothing = type(progress())(door=progress().door, chains=())
    empty = "schema { query: query_root } type query_root { ok: Int }"
    finding = judge(seen(serving_chains=nothing, serving_schema=schema(empty)), policy())
    assert outcomes(finding)["kept-chains"] is FAILED
    assert outcomes(finding)["kept-entities"] is FAILED


def test_the_first_alias() -> None:
    """Where nothing serves, the expected chains are the measure."""
    assert judge(first_alias(), policy()).outcome is PASSED
    assert judge(first_alias(candidate_chains=progress(1)), policy()).outcome is FAILED
