"""Defines a check: a pure judgement over observations."""

from collections.abc import Callable
from dataclasses import dataclass

from gate.claims import Claim, Part
from gate.finding import Finding
from gate.observations import Observations
from gate.policy.model import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One claim, its parts, and the pure function that decides them without clock, I/O or log."""

    claim: Claim
    parts: tuple[Part, ...]
    judge: Callable[[Observations, Policy], Finding]

    @property
    def statement(self) -> str:
        """The claim as an operator reads it: the first line of the docstring of `judge`."""
        return (self.judge.__doc__ or "").strip().splitlines()[0]
