"""Nothing that was not seen ever leads to a pass."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.checks import CHECKS
from gate.checks.check import Check
from gate.judging import judged
from gate.observations import Cause, Observations, Unobserved
from gate.outcome import Outcome
from gate.verdict import Verdict, accepting
from tests.unit.gate.core.builders import NOW, first_alias, policy, seen

GIVEN = {"began", "endpoints"}
FIELDS = sorted({field for check in CHECKS for part in check.parts for field in part.reads})
READS = [(check, part, field) for check in CHECKS for part in check.parts for field in part.reads]


def outcome(looks: Observations) -> Outcome:
    measure = policy()
    findings = tuple(accepting(judged(check, looks, measure), measure) for check in CHECKS)
    required = frozenset(check.claim for check in CHECKS)
    return Verdict(
        findings=findings, required=required, began=NOW, seconds=1.0, seed=1, policy=measure
    ).outcome


def test_everything_seen() -> None:
    """What all of this is about would pass if it were seen."""
    assert outcome(seen()) is Outcome.PASSED


@pytest.mark.parametrize(
    ("check", "part", "field"), READS, ids=lambda value: getattr(value, "path", str(value))[:40]
)
@pytest.mark.parametrize("cause", list(Cause))
def test_one_thing_unseen(check: Check, part: object, field: str, cause: Cause) -> None:
    """A part does not pass when one of the things it reads was not seen, whatever the cause."""
    blind = seen(**{field: Unobserved(reason="gone", cause=cause)})
    finding = judged(check, blind, policy())
    worst = max(point.outcome for point in finding.points if point.part is part)
    assert worst is not Outcome.PASSED


@given(st.sets(st.sampled_from(FIELDS), min_size=1), st.sampled_from(Cause))
def test_any_things_unseen(names: set[str], cause: Cause) -> None:
    """No set of things that were not seen leaves a pass: every observation is needed by some claim."""
    blind = Unobserved(reason="gone", cause=cause)
    assert outcome(seen(**dict.fromkeys(names, blind))) is not Outcome.PASSED


@pytest.mark.parametrize(
    "name", ["candidate_answers", "candidate_chains", "candidate_rows", "heights", "candidate_metrics"]
)
def test_one_thing_unseen_at_the_first_alias(name: str) -> None:
    """Where nothing serves yet, all that is about the candidate alone is needed as much."""
    looks = first_alias(**{name: Unobserved(reason="gone", cause=Cause.CRASHED)})
    assert outcome(looks) is not Outcome.PASSED


def test_the_first_alias() -> None:
    """It would pass if that were seen."""
    assert outcome(first_alias()) is Outcome.PASSED


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.claim)
def test_nobody_is_compared_with_nobody(check: Check) -> None:
    """Where nothing serves yet, no claim speaks of two belts, and each says what it stands on."""
    finding = judged(check, first_alias(), policy())
    said = " ".join((finding.summary, *(point.observed for point in finding.points)))
    assert finding.summary
    assert "two belts" not in said
    assert "both answer" not in said


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.claim)
def test_nothing_seen(check: Check) -> None:
    """Observations that nobody filled in tell nothing."""
    empty = Observations(began=NOW, endpoints=seen().endpoints)
    assert judged(check, empty, policy()).outcome is not Outcome.PASSED


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.claim)
def test_every_part_is_spoken_of(check: Check) -> None:
    """Each part of a claim gets its own point, and each statement is a sentence."""
    assert {point.part for point in check.judge(seen(), policy()).points} == set(check.parts)
    assert check.statement.endswith(".")


def test_one_part_one_name() -> None:
    """A policy that accepts a part by its name means one part."""
    paths = [part.path for check in CHECKS for part in check.parts]
    assert len(paths) == len(set(paths))


def test_every_observation_is_needed() -> None:
    """A probe whose sight no claim depends on would look in vain."""
    assert {field.name for field in fields(Observations)} - GIVEN == set(FIELDS)
