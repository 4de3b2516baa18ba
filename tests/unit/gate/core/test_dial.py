"""The address that a gateway dials leads to the candidate."""

from dataclasses import replace
from typing import Any

import pytest

from gate.checks.distinct import judge
from gate.observations import Progress
from gate.observations.dial import Between, DialSeen, Sealed
from gate.outcome import Outcome
from tests.unit.gate.core.builders import outcomes, policy, progress, seen, unobserved, words

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


def at(height: int, *chains: int) -> Progress:
    standard = progress(*chains)
    return replace(standard, chains=tuple(replace(row, height=height) for row in standard.chains))


LOW, MIDDLE, HIGH = at(100), at(105), at(110)
CANDIDATE, SERVING = Between(before=LOW, after=HIGH), Between(before=HIGH, after=HIGH)


def dialled(**changes: Any) -> DialSeen:
    """A belt that seals nothing, whose heights are between those of the candidate."""
    standard: dict[str, Any] = {
        "dial": "belt:1",
        "dialled": Sealed.NONE,
        "graphql": Sealed.NONE,
        "shown": MIDDLE,
        "candidate": CANDIDATE,
        "serving": SERVING,
    }
    return DialSeen(**(standard | changes))


@pytest.mark.parametrize(
    ("dial", "outcome", "said"),
    [
        (DialSeen(), PASSED, "as no other is given"),
        (dialled(dialled=Sealed.FITS), PASSED, "with the belt's seal"),
        (dialled(dialled=Sealed.SILENT), UNTOLD, "nothing answers at belt:1"),
        (dialled(dialled=Sealed.STRANGE), FAILED, "the seal of another belt"),
        (dialled(graphql=Sealed.FITS), FAILED, "an answer without a seal"),
        (dialled(), PASSED, "shows the candidate's heights"),
        (dialled(shown=at(99)), FAILED, "other chains or heights"),
        (dialled(shown=at(111)), FAILED, "other chains or heights"),
        (dialled(shown=at(105, 1)), FAILED, "other chains or heights"),
        (dialled(serving=CANDIDATE), UNTOLD, "both belts are at the heights"),
        (dialled(serving=CANDIDATE, same_address=True), PASSED, "is the candidate's URL"),
        (dialled(serving=None), PASSED, "shows the candidate's heights"),
        (dialled(shown=unobserved("it is away")), UNTOLD, "it is away"),
        (dialled(candidate=unobserved("it is away")), UNTOLD, "it is away"),
        (dialled(serving=unobserved("it is away")), UNTOLD, "it is away"),
        (unobserved("it is away"), UNTOLD, "it is away"),
    ],
)
def test_what_is_dialled(dial: Any, outcome: Outcome, said: str) -> None:
    """By the seal where there is one, else by heights; what tells no two belts apart is not told."""
    finding = judge(seen(dial=dial), policy())
    assert outcomes(finding)["dial"] is outcome
    assert outcome is PASSED or said in words(finding)
    assert outcome is not PASSED or said in str(finding)
