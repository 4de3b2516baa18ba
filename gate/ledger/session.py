"""A connection to the ledger, whose failures become the ledger's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection

from belts.demanded import demanding, not_shown, who_listens
from gate.ledger.errors import LedgerRefused, LedgerUnfit, LedgerUnreachable

OF_A_ROW = (psycopg.IntegrityError, psycopg.DataError)
SECONDS = 5
SILENCE = SECONDS * 1000
"""Milliseconds after which a silent network counts as gone."""


@contextmanager
def connected(url: str, *, name: str) -> Iterator[Connection[tuple[Any, ...]]]:
    """An open connection on which no statement may take long."""
    with words():
        connection = psycopg.connect(
            demanding(url),
            connect_timeout=SECONDS,
            tcp_user_timeout=SILENCE,
            application_name=name,
            autocommit=True,
        )
    with connection:
        with words():
            connection.execute(f"set statement_timeout = '{SECONDS}s'".encode())
        yield connection


@contextmanager
def words() -> Iterator[None]:
    """Turns errors of Postgres and the network into the ledger's own.

    Refusals by its rules are recognised by the class of Postgres' code: they raise what a constraint would.
    """
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if seen := not_shown(error):
            raise LedgerUnreachable(seen, now=who_listens(error)) from error
        raise LedgerUnreachable(f"{type(error).__name__}: {_first_line(error)}") from error
    except psycopg.Error as error:
        if not isinstance(error, OF_A_ROW):
            raise LedgerUnfit(
                "the ledger does not do its work",
                expected="a ledger that this version of Belts can read and write",
                seen=f"{type(error).__name__}: {error.diag.message_primary or _first_line(error)}",
                now="see to its Postgres (read-only, a standby, a missing right), then run the same again",
            ) from error
        raise LedgerRefused(
            "the ledger refuses",
            expected="what its rules let in",
            seen=error.diag.message_primary or _first_line(error),
            now="`python -m gate history` shows what it holds; run the same again once the reason is gone",
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else "without a word"
