"""The gate says which rows of a belt were made by code that it no longer runs."""

from dataclasses import replace

from gate.checks.changed import notes
from gate.checks.content import judge
from gate.observations.changed import Changed, InPlace
from tests.unit.gate.core.builders import first_alias, policy, seen, unobserved

CODE = InPlace(
    kind="forward only",
    word="forward-0123456789ab",
    reasons=("handler code: src/points.ts",),
    heights={10: 50, 1: 100},
)
FREE = replace(CODE, kind="free", word="forward-ba9876543210")


def test_earlier_code() -> None:
    """Of both belts, with the word, what changed, and the block of each chain; and it is in the finding."""
    found = seen(candidate_changed=Changed(changes=(FREE, CODE)), serving_changed=Changed(changes=(CODE,)))
    one, other = notes(found)
    assert one == (
        "rows of the candidate up to block 100 of chain 1, 50 of chain 10 were made by earlier code, and rows"
        " after that by the code that it runs (forward-0123456789ab: handler code: src/points.ts)"
    )
    assert other.startswith("rows of the serving belt up to block 100 of chain 1")
    assert {one, other} <= set(judge(found, policy()).notes)


def test_changes_that_decide_no_row() -> None:
    assert notes(seen(candidate_changed=Changed(changes=(FREE,)), serving_changed=Changed())) == ()


def test_it_could_not_be_seen() -> None:
    """Said of the candidate; where nobody looked, nothing is."""
    found = seen(candidate_changed=unobserved())
    assert [note.partition(": ")[0] for note in notes(found)] == [
        "whether rows of the candidate were made by earlier code could not be seen"
    ]
    assert notes(seen()) == ()


def test_a_first_alias() -> None:
    """There is no serving belt to speak of."""
    assert notes(replace(first_alias(), serving_changed=Changed(changes=(CODE,)))) == ()
