"""The gate says which rows of a belt were made by code that it no longer runs."""

from dataclasses import replace

from gate.checks.changed import notes, points
from gate.checks.content import ROWS, judge
from gate.observations.changed import Changed, InPlace
from gate.outcome import Outcome
from tests.unit.gate.core.builders import first_alias, policy, seen, unobserved

CODE = InPlace(
    kind="forward only",
    word="forward-0123456789ab",
    reasons=("handler code: src/points.ts",),
    heights={10: 50, 1: 100},
)
BELTS = ("the candidate", "the serving belt")
FREE = replace(CODE, kind="free", word="forward-ba9876543210")


def test_earlier_code() -> None:
    """Of both belts, with the word, what changed, and the block of each chain; and it is in the finding."""
    found = seen(candidate_changed=Changed(changes=(FREE, CODE)), serving_changed=Changed(changes=(CODE,)))
    one, other = tuple(notes(found))
    assert one == (
        "rows of the candidate up to block 100 of chain 1, 50 of chain 10 were made by earlier code, and rows"
        " after that by the code that it runs (forward-0123456789ab: handler code: src/points.ts)"
    )
    assert other.startswith("rows of the serving belt up to block 100 of chain 1")
    assert {one, other} <= set(judge(found, policy()).notes)


def test_changes_that_decide_no_row() -> None:
    assert tuple(notes(seen(candidate_changed=Changed(changes=(FREE,)), serving_changed=Changed()))) == ()


def test_it_could_not_be_seen() -> None:
    """What was not looked at is no pass; with nobody to compare with, the candidate is looked at."""
    found = seen(candidate_changed=unobserved(), serving_changed=unobserved())
    expected = [f"to know which rows of {belt} were made by earlier code" for belt in BELTS]
    assert [point.expected for point in points(ROWS, found, alone=False)] == expected
    assert [point.expected for point in points(ROWS, found, alone=True)] == expected[:1]
    assert judge(found, policy()).outcome is Outcome.COULD_NOT_TELL
    assert judge(seen(), policy()).outcome is Outcome.PASSED
    assert list(notes(found)) == []


def test_a_first_alias() -> None:
    """There is no serving belt to speak of."""
    found = replace(first_alias(), serving_changed=Changed(changes=(CODE,)))
    assert list(notes(found)) == []
    assert list(points(ROWS, found, alone=False)) == []


def test_a_belt_of_which_nobody_has_noted_anything() -> None:
    """It is said that nothing could be looked at: no change noted is not no change."""
    others = seen(candidate_changed=Changed(noted=False), serving_changed=Changed())
    [note] = notes(others)
    assert note.startswith("not looked at: which code made the rows of the candidate")
