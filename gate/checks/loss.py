"""Judges what the serving belt has and the candidate lacks: lost, unless a waiver names it."""

from collections.abc import Mapping
from datetime import datetime

from gate.claims import Part
from gate.finding import Point, failed, passed
from gate.policy import snippet
from gate.policy.waivers import Waiver


def loss(
    part: Part, what: str, waiver: Waiver | None, way_out: tuple[str, Mapping[str, object]], at: datetime
) -> Point:
    """The point for something that consumers would lose; `way_out` is the waiver that would accept that."""
    if waiver is not None and waiver.holds(at):
        return passed(
            part,
            expected=part.sentence,
            observed=f"{what} is given up",
            waived=(f"{what} until {waiver.expires}: {waiver.reason}",),
        )
    lapsed = f"; the waiver for it ended on {waiver.expires}" if waiver else ""
    return failed(
        part,
        expected=part.sentence,
        observed=f"{what} is served today, and the candidate has it not{lapsed}",
        advice="Bring it back into the candidate; or give it up by name, with a reason.",
        paste=snippet.waiver(*way_out, at=at),
    )
