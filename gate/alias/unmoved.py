"""Errors of a move that was not made, or whose end could not be recorded."""

from belts.refusal import Refusal
from gate.ledger import LedgerError


class Unmoved(Refusal):
    """The alias was not moved, or was put back."""


class Unbooked(Unmoved):
    """The alias was moved, but the ledger could not record how that ended."""

    def __init__(self, belt: str, seen: str, error: LedgerError) -> None:
        """Says first where consumers are now."""
        super().__init__(
            f"{belt} serves now ({seen}), and the ledger could not be told",
            expected="a ledger that records the end of the move",
            seen=error.brief,
            now="bring the ledger back, then run `pulumi up` again: it records the move and moves nothing",
        )
