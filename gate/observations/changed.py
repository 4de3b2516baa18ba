"""Changes of a belt's project while it held rows, as its host recorded them in the database."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class InPlace:
    """One change: its class, its word, its reasons, and the height of each chain at the time."""

    kind: str
    word: str
    reasons: tuple[str, ...]
    heights: Mapping[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """All changes in order; empty for a belt that was never changed.

    For a belt that others run, `noted` is false: nothing records its changes.
    """

    changes: tuple[InPlace, ...] = ()
    noted: bool = True
