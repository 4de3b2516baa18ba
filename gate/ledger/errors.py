"""The errors of the ledger.

LedgerError
├── LedgerUnreachable   it cannot be asked, so nothing is known
├── LedgerUnmade        it answers, and has no tables yet
├── LedgerUnfit         it answers but does not work: read-only, of another release, lacking a right
└── LedgerRefused       one of its own invariants refused the row
    └── LedgerBusy      the same alias is being moved by another process
"""

from belts.refusal import Refusal


class LedgerError(Refusal):
    """The ledger did not record what it was given."""


class LedgerUnreachable(LedgerError):
    """The ledger cannot be asked: a promotion waits for it, a rollback does not."""

    def __init__(
        self, seen: str, *, now: str = "see whether its Postgres runs, then run the same again"
    ) -> None:
        super().__init__("the ledger cannot be asked", expected="a ledger that answers", seen=seen, now=now)


class LedgerRefused(LedgerError):
    """The ledger refused a row that would break an invariant between rows."""


class LedgerBusy(LedgerRefused):
    """Another process is moving the alias right now."""


class LedgerUnfit(LedgerError):
    """The ledger does not work, whatever is asked: a promotion waits for it, a rollback does not."""


class LedgerUnmade(LedgerError):
    """The ledger has no tables yet, so no belt ever served with it."""
