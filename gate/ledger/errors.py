"""How the ledger says no.

LedgerError
├── LedgerUnreachable   it cannot be asked, so nothing is known
├── LedgerUnmade        it answers, and has no tables yet
├── LedgerUnfit         it answers, and does not do its work: read-only, another release's, without a right
└── LedgerRefused       an invariant of its own turned the row away
    └── LedgerBusy      somebody else moves the same alias right now
"""

from belts.refusal import Refusal


class LedgerError(Refusal):
    """The ledger did not record what it was asked to."""


class LedgerUnreachable(LedgerError):
    """The ledger cannot be asked: a promotion waits for it, a rollback does not."""

    def __init__(
        self, seen: str, *, now: str = "see whether its Postgres runs, then run the same again"
    ) -> None:
        super().__init__("the ledger cannot be asked", expected="a ledger that answers", seen=seen, now=now)


class LedgerRefused(LedgerError):
    """The ledger turned a row away: it would break what must hold between rows."""


class LedgerBusy(LedgerRefused):
    """Somebody else moves the alias right now: nobody moves it beside them."""


class LedgerUnfit(LedgerError):
    """The ledger does not do its work, whatever is asked: a promotion waits for it, a rollback does not."""


class LedgerUnmade(LedgerError):
    """The ledger has no tables yet: nobody ever served by it."""
