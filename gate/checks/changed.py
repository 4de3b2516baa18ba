"""Reports the rows of a belt that were written by code it no longer runs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from belts.envio.change.rules import Class
from gate.checks.wording import unseen
from gate.claims import Part
from gate.finding import Point
from gate.observations import Changed, Observations, Unobserved

EXPECTED = "to know which rows of {} were made by earlier code"


def points(part: Part, seen: Observations, *, alone: bool) -> Iterator[Point]:
    """A point for each belt that could not be checked; with `alone`, for the candidate only."""
    for belt, changed in _looks(seen, alone=alone).items():
        if isinstance(changed, Unobserved):
            point = unseen(part, changed, expected=EXPECTED.format(belt))
            told = f"not seen which rows of {belt} earlier code made: {point.observed}"
            yield replace(point, observed=told)


def notes(seen: Observations) -> Iterator[str]:
    """One note for each forward-only change of code, and for each belt whose changes are not noted."""
    for belt, changed in _looks(seen, alone=False).items():
        if not isinstance(changed, Unobserved):
            yield from _of(belt, changed)


def _looks(seen: Observations, *, alone: bool) -> Mapping[str, Changed | Unobserved]:
    candidate = {"the candidate": seen.candidate_changed}
    return candidate if alone or seen.first else candidate | {"the serving belt": seen.serving_changed}


def _of(belt: str, changed: Changed) -> Iterator[str]:
    if not changed.noted:
        yield f"not looked at: which code made the rows of {belt}: no host of Belts has noted it there"
    for each in changed.changes:
        if each.kind == Class.FORWARD_ONLY.words:
            blocks = ", ".join(f"{block} of chain {chain}" for chain, block in sorted(each.heights.items()))
            yield (
                f"rows of {belt} up to block {blocks} were made by earlier code, and rows after that by the"
                f" code that it runs ({each.word}: {'; '.join(each.reasons)})"
            )
