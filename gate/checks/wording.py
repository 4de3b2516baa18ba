"""Words the points for what could not be seen: why, and what an operator does about it."""

from gate.claims import Part
from gate.finding import Point, untold
from gate.observations import Cause, Unobserved

ADVICE = {
    Cause.NOT_GIVEN: "Give it in the endpoints file",
    Cause.NOT_LOOKED: "Run the gate without --only",
    Cause.UNREACHABLE: "Check the address, and that the server is up",
    Cause.TIMEOUT: "Check why it is slow, then run the gate again",
    Cause.DEADLINE: "Run the gate again, with a longer deadline in the policy if this goes on",
    Cause.DENIED: "Check the secret and the rights that it gives",
    Cause.BAD_ANSWER: "Check that the address is the right one, and what answers there",
    Cause.UNSUPPORTED: "Use another provider or server for it",
    Cause.UNDECIDABLE: "Let the belts and their chains go on, and run the gate again",
    Cause.CRASHED: "Report this as a defect of the gate",
    Cause.INTERRUPTED: "Run the gate again",
}


NOBODY_SERVES = "not compared: no belt serves yet"
"""What a check that compares two belts reports for the first alias."""


def unseen(part: Part, value: Unobserved, *, expected: str) -> Point:
    """The undecided point for something that was not seen."""
    advice = value.advice or ADVICE[value.cause]
    if part.acceptable:
        advice += f", or accept `{part.path}` in the policy"
    return untold(part, expected=expected, observed=value.reason, advice=f"{advice}.")
