"""What was changed of a belt's project while it held rows, as its host wrote it into the database."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class InPlace:
    """One change: its class, the word for it, what changed, and how far each chain was by then."""

    kind: str
    word: str
    reasons: tuple[str, ...]
    heights: Mapping[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """All of them, in their order; none on a belt that nobody changed.

    Of one that others run nobody has `noted` any, and there is nothing to look at.
    """

    changes: tuple[InPlace, ...] = ()
    noted: bool = True
