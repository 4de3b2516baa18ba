"""Says which rows of a belt were made by code that it no longer runs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from belts.envio.change.rules import Class
from gate.checks.wording import unseen
from gate.claims import Part
from gate.finding import Point
from gate.observations import Changed, Observations, Unobserved

EXPECTED = "to know which rows of {} were made by earlier code"


def points(part: Part, seen: Observations, *, alone: bool) -> Iterator[Point]:
    """One for each belt of which it could not be seen; with nobody to compare with, of the candidate."""
    for belt, changed in _looks(seen, alone=alone).items():
        if isinstance(changed, Unobserved):
            point = unseen(part, changed, expected=EXPECTED.format(belt))
            told = f"not seen which rows of {belt} earlier code made: {point.observed}"
            yield replace(point, observed=told)


def notes(seen: Observations) -> Iterator[str]:
    """One a change of code that went forward only, and one a belt of which nobody has noted any."""
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
