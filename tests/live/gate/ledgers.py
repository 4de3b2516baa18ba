"""A ledger in a test's database: made by the owner, opened as the role that may call its functions alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from belts.runtimes.process.host import Host
from gate import ledger
from gate.alias.order import ledger_address
from gate.certify import sealing
from gate.ledger import Author, Ledger, prepare
from gate.ledger import outbox as outboxes
from gate.ledger.migrations import Migration
from gate.ledger.outbox import Outbox
from gate.secret import Secret

KEY = Secret("the key of a gateway in tests")
ROLE = "book_keeper"


def made(database: str, steps: tuple[Migration, ...] | None = None) -> str:
    """The URL of the role, in a database whose owner has made the tables."""
    with psycopg.connect(database) as connection:
        connection.execute("select pg_advisory_xact_lock(4711)")
        if connection.execute("select from pg_roles where rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(f"create role {ROLE} login password '{ROLE}'".encode())
    prepare(database, role=ROLE, steps=steps)
    return make_conninfo(database, user=ROLE, password=ROLE)


@contextmanager
def opened(database: str, author: Author, steps: tuple[Migration, ...] | None = None) -> Iterator[Ledger]:
    """The ledger in this database, made if it was not."""
    with ledger.opened(made(database, steps), author, key=KEY, steps=steps) as book:
        yield book


@contextmanager
def outbox(database: str, gateway: str) -> Iterator[Outbox]:
    """Its outbox, as a webhook sender opens it."""
    with outboxes.outbox(made(database), gateway) as letters:
        yield letters


@contextmanager
def of_host(hosts: Path, author: Author) -> Iterator[Ledger]:
    """The ledger that a host keeps for a gateway, as an update opens it."""
    owner = ledger_address.owner_of_place(Host(hosts), author.gateway)
    url = ledger_address.of_place(Host(hosts), author.gateway)
    assert owner is not None
    assert url is not None
    prepare(owner.reveal(), role="ledger")
    with ledger.opened(url.reveal(), author, key=sealing.made(Host(hosts), author.gateway)) as book:
        yield book
