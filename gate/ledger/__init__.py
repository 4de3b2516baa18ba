"""The append-only record of the gate's verdicts, and of where the alias went."""

from gate.ledger.errors import (
    LedgerBusy,
    LedgerError,
    LedgerRefused,
    LedgerUnfit,
    LedgerUnmade,
    LedgerUnreachable,
)
from gate.ledger.ledger import Ledger, opened, reading
from gate.ledger.owner import prepare
from gate.ledger.records import (
    Author,
    Bar,
    Certificate,
    Entry,
    Kind,
    Look,
    Measure,
    Move,
    Past,
    Result,
    Verdict,
    Waiting,
)

__all__ = [
    "Author",
    "Bar",
    "Certificate",
    "Entry",
    "Kind",
    "Ledger",
    "LedgerBusy",
    "LedgerError",
    "LedgerRefused",
    "LedgerUnfit",
    "LedgerUnmade",
    "LedgerUnreachable",
    "Look",
    "Measure",
    "Move",
    "Past",
    "Result",
    "Verdict",
    "Waiting",
    "opened",
    "prepare",
    "reading",
]
