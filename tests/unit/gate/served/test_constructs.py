"""Questions of all forms are judged by what was answered, and by what was not."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gate.checks.served import points
from gate.finding import Point
from gate.observations.constructs import ConstructsSeen, Misanswered, Refused
from gate.observations.unobserved import Cause, Unobserved
from gate.outcome import Outcome
from tests.unit.gate.core.builders import constructs, list_served, policy, seen, served, unobserved

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
QUESTION = 'query { q: Transfer(where: {id: {_in: ["1"]}}, offset: 1) { id } }'
WRONG = Misanswered(construct="offset", question=QUESTION, held="[]", given='[{"id": "1"}]')
WHY = Unobserved(reason="it answers with errors: not for you", cause=Cause.BAD_ANSWER)
NOON = datetime(2026, 11, 30, 12, 34, 56, tzinfo=UTC)


def refused(today: Any) -> Refused:
    return Refused(construct="offset", question=QUESTION, why=WHY, today=today)


def judged(found: ConstructsSeen, **changes: Any) -> list[Point]:
    return list(points(seen(served=served(list_served(constructs=found, **changes))), policy()))


@pytest.mark.parametrize(
    ("found", "outcome", "said"),
    [
        (constructs(), PASSED, "70 about 12 rows, in every form that is offered, answered as held"),
        (constructs(blunt=("_is_null",)), PASSED, "these rows do not show _is_null"),
        (constructs(before=NOON), PASSED, "answered rightly at 12:34:56, by the same door"),
        (constructs(wrong=(WRONG,)), FAILED, "Transfer for public, asked with offset"),
        (constructs(refused=(refused(True),)), FAILED, "the serving belt answers"),
        (constructs(refused=(refused(False),)), PASSED, "the serving belt refuses as well: offset"),
        (constructs(refused=(refused(unobserved()),)), UNTOLD, "not for you; nobody answered"),
        (constructs(refused=(refused(False), refused(True))), FAILED, "the serving belt answers"),
        (
            constructs(unread=(("offset", WHY),)),
            UNTOLD,
            "for public, offset: it answers with errors",
        ),
        (constructs(restless=("offset",)), PASSED, "not settled, as they went on changing: offset"),
        (constructs(asked=1, restless=("offset",)), UNTOLD, "for public, offset: it changed in every look"),
        (constructs(restless=("offset",), wrong=(WRONG,)), FAILED, "for public, asked with offset"),
        (constructs(asked=0, rows=0), UNTOLD, "none was asked, and it holds 1,000 rows"),
    ],
)
def test_what_was_answered(found: ConstructsSeen, outcome: Outcome, said: str) -> None:
    """Wrong refuses, and so does a refusal of what is answered today; what is open is said, and no pass."""
    all_points = judged(found)
    assert max(point.outcome for point in all_points) is outcome
    assert any(said in point.observed for point in all_points if point.outcome is outcome)


def test_no_rows() -> None:
    """Of nothing there is nothing to ask."""
    found = judged(ConstructsSeen(), held=0, read=0)
    assert any("it holds no row to ask about" in point.observed for point in found)


def test_what_an_operator_needs() -> None:
    """Entity, role, construct, what is held, what was given, and the question to repeat it with."""
    [point] = [one for one in judged(constructs(wrong=(WRONG,))) if one.outcome is FAILED]
    assert point.expected == "Transfer for public, asked with offset: []"
    assert point.observed == 'Transfer for public, asked with offset: [{"id": "1"}]'
    assert point.advice.startswith(f"Repeat it: {QUESTION}. ")
    [point] = [
        one for one in judged(constructs(wrong=(replace(WRONG, together=True),))) if one.outcome is FAILED
    ]
    assert "beside other questions in one request and not alone" in point.observed


def test_many_that_are_wrong() -> None:
    """A few have points of their own, and the last of these names the others."""
    wrong = tuple(replace(WRONG, construct=f"form {number}") for number in range(9))
    found = [one for one in judged(constructs(wrong=(*wrong, *wrong))) if one.outcome is FAILED]
    assert len(found) == 5
    assert all(len(point.evidence) == 2 for point in found)
    assert found[-1].observed.endswith("as wrong are form 5, form 6, form 7, form 8")
    unread = tuple((f"form {number}", WHY) for number in range(9))
    [*open_ones] = [one for one in judged(constructs(unread=unread)) if one.outcome is UNTOLD]
    assert len(open_ones) == 5
