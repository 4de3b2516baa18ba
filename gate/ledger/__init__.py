"""The append-only record of what the gate said and where the alias went."""

from gate.ledger.errors import LedgerError, LedgerRefused, LedgerUnreachable
from gate.ledger.ledger import Ledger, opened, reading
from gate.ledger.records import (
    Certificate,
    Entry,
    Kind,
    Measure,
    Move,
    Occasion,
    Past,
    Result,
    Verdict,
    Waiting,
)

__all__ = [
    "Certificate",
    "Entry",
    "Kind",
    "Ledger",
    "LedgerError",
    "LedgerRefused",
    "LedgerUnreachable",
    "Measure",
    "Move",
    "Occasion",
    "Past",
    "Result",
    "Verdict",
    "Waiting",
    "opened",
    "reading",
]
