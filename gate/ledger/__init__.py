"""The append-only record of what the gate said and where the alias went."""

from gate.ledger.errors import LedgerError, LedgerRefused, LedgerUnmade, LedgerUnreachable
from gate.ledger.ledger import Ledger, opened, reading
from gate.ledger.owner import prepare
from gate.ledger.records import (
    Bar,
    Certificate,
    Entry,
    Kind,
    Look,
    Measure,
    Move,
    Occasion,
    Past,
    Result,
    Verdict,
    Waiting,
)

__all__ = [
    "Bar",
    "Certificate",
    "Entry",
    "Kind",
    "Ledger",
    "LedgerError",
    "LedgerRefused",
    "LedgerUnmade",
    "LedgerUnreachable",
    "Look",
    "Measure",
    "Move",
    "Occasion",
    "Past",
    "Result",
    "Verdict",
    "Waiting",
    "opened",
    "prepare",
    "reading",
]
