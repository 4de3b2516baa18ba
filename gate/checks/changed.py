"""Says which rows of a belt were made by code that it no longer runs."""

from collections.abc import Iterator

from belts.envio.change.rules import Class
from gate.observations import NOT_LOOKED, Changed, Observations, Unobserved


def notes(seen: Observations) -> tuple[str, ...]:
    """One a change of code that went forward only; and that it could not be seen, where that is so."""
    serving = () if seen.first else _of("the serving belt", seen.serving_changed)
    return (*_of("the candidate", seen.candidate_changed), *serving)


def _of(belt: str, seen: Changed | Unobserved) -> Iterator[str]:
    if isinstance(seen, Unobserved):
        if seen is not NOT_LOOKED:
            yield f"whether rows of {belt} were made by earlier code could not be seen: {seen.reason}"
        return
    for each in seen.changes:
        if each.kind == Class.FORWARD_ONLY.words:
            blocks = ", ".join(f"{block} of chain {chain}" for chain, block in sorted(each.heights.items()))
            yield (
                f"rows of {belt} up to block {blocks} were made by earlier code, and rows after that by the"
                f" code that it runs ({each.word}: {'; '.join(each.reasons)})"
            )
