"""One read-only connection to a belt's database, and the snapshots taken through it.

The limits of the gate's queries are set inside the transaction, so that they hold behind a pooler too: no
writes, no parallel workers, nothing outlives the deadline, and a query whose client has gone stops in the
server within a second.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from belts.demanded import demanding, not_shown, who_listens
from belts.envio.release import CHAINS, NAMES, PREFIX, Storage, storage_of
from gate.amounts import amount
from gate.endpoints import Side
from gate.observations.unobserved import Cause
from gate.probes.database.courtesy import give_way
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.secret import Secret

CONNECT_SECONDS = 10

# Text forms are compared, so they are fixed here and not left to a server's configuration.
SETTINGS = {
    "client_connection_check_interval": "1s",
    "lock_timeout": "2s",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "search_path": "pg_catalog",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}

Query = sql.SQL | sql.Composed

BEGUN, BACK = "SAVEPOINT begun", "ROLLBACK TO SAVEPOINT begun"
"""After a failed query, Postgres answers nothing more until the transaction is rolled back to here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """An open connection to one belt's database. `name` is its name in reports.

    `gives_way` means that its server process yields to those that serve consumers.
    """

    connection: psycopg.AsyncConnection[TupleRow]
    name: str
    remaining: Callable[[], float]
    gives_way: bool = False

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["Snapshot"]:
        """A transaction in which all reads see one moment."""
        with faults(self.name):
            await self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            milliseconds = str(max(1, int(self.remaining() * 1000)))
            limits = {
                "statement_timeout": milliseconds,
                "idle_in_transaction_session_timeout": milliseconds,
            }
            settings = [
                sql.SQL("set_config({}, {}, true)").format(sql.Literal(name), sql.Literal(value))
                for name, value in (SETTINGS | limits).items()
            ]
            await self.connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(settings)))
            schema, storage = await self._belt()
            await self.connection.execute(BEGUN)
        try:
            yield Snapshot(database=self, schema=schema, storage=storage)
        finally:
            with suppress(psycopg.Error):  # a connection that is gone has no transaction any more
                await self.connection.rollback()

    async def _belt(self) -> tuple[str, Storage]:
        """The schema of the belt, which holds its chain table, and the release that its tables match."""
        cursor = await self.connection.execute(
            "SELECT n.nspname, ARRAY(SELECT t.relname::text FROM pg_class t"
            " WHERE t.relnamespace = n.oid AND t.relkind IN ('r', 'p', 'v', 'm')"
            " AND t.relname = ANY(%(names)s)"
            " UNION SELECT a.attname::text FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid"
            " WHERE t.relnamespace = n.oid AND t.relkind IN ('r', 'p')"
            " AND starts_with(t.relname, %(prefix)s)"
            " AND a.attname = ANY(%(names)s) AND NOT a.attisdropped)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = %(chains)s AND c.relkind IN ('r', 'p') ORDER BY 1",
            {"names": sorted(NAMES), "prefix": PREFIX, "chains": CHAINS},
        )
        found = [(str(schema), storage_of(names)) for schema, names in await cursor.fetchall()]
        if len(found) == 1:
            return found[0]
        schemas = [schema for schema, _ in found]
        where = (
            f"it is in {amount(len(schemas), 'schema')}: {', '.join(schemas)}" if schemas else "there is none"
        )
        raise UnseenError(
            f"{self.name} is not the database of one belt: expected one table {CHAINS}, and {where}",
            Cause.BAD_ANSWER,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """An open snapshot. `schema` holds the belt's tables, `storage` their names in its release."""

    database: Database
    schema: str
    storage: Storage
    _within: list[None] = field(default_factory=list, repr=False, compare=False)
    """One for each open savepoint."""

    def table(self, name: str) -> sql.Composed:
        """A table of the belt, quoted."""
        return sql.SQL("{}.{}").format(sql.Identifier(self.schema), sql.Identifier(name))

    @property
    def chains(self) -> sql.Composed:
        """The table of chains."""
        return self.table(self.storage.chains)

    @property
    def checkpoints(self) -> sql.Composed:
        """The table of blocks that can still be undone."""
        return self.table(self.storage.checkpoints)

    @property
    def raw_events(self) -> sql.Composed:
        """The table of events as they were received."""
        return self.table(self.storage.raw_events)

    def select(self, columns: LiteralString, table: str) -> sql.Composed:
        """A query for known columns, ordered by the first."""
        return sql.SQL("SELECT {} FROM {} ORDER BY 1").format(sql.SQL(columns), self.table(table))

    async def rows(
        self, query: Query | LiteralString, values: tuple[object, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of a query whose result is known to be short."""
        with faults(self.database.name):
            async with self._unharmed():
                cursor = await self.database.connection.execute(query, values or None)
                return await cursor.fetchall()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A savepoint: a failure inside leaves the snapshot as it was."""
        self._within.append(None)
        try:
            async with self.database.connection.transaction():
                yield
        finally:
            self._within.pop()

    @asynccontextmanager
    async def _unharmed(self) -> AsyncIterator[None]:
        """Keeps the transaction usable after a failed query, unless a savepoint does that."""
        try:
            yield
        except psycopg.Error:
            broken = self.database.connection.info.transaction_status is TransactionStatus.INERROR
            if broken and not self._within:
                with suppress(psycopg.Error):  # a connection that is gone says so at the next query
                    await self.database.connection.execute(BACK)
            raise

    @asynccontextmanager
    async def stream(self, name: str, query: Query) -> AsyncIterator[AsyncIterator[tuple[Any, ...]]]:
        """Streams the rows of a query of any length, a few thousand in memory at a time.

        Several streams of one snapshot need different names, and may be read alternately.
        """
        with faults(self.database.name):
            cursor = self.database.connection.cursor(name)
            cursor.itersize = 5_000
            async with self._unharmed(), cursor:
                await cursor.execute(query)
                yield aiter(cursor)


@asynccontextmanager
async def connect(world: World, side: Side) -> AsyncIterator[Database]:
    """Opens the database of one belt; raises `UnseenError` on failure."""
    belt = world.endpoints.belt(side)
    if belt is None or belt.database is None:
        raise UnseenError(f"the endpoints give no database for the {side} belt", Cause.NOT_GIVEN)
    name = f"the {side} belt's database at {host_of(belt.database)}"
    async with opened(belt.database, name=name, remaining=lambda: world.remaining) as database:
        yield database


@asynccontextmanager
async def opened(url: Secret, *, name: str, remaining: Callable[[], float]) -> AsyncIterator[Database]:
    """Opens a connection that is always closed, cancelling in the server what it was doing."""
    try:
        connection = await psycopg.AsyncConnection.connect(
            demanding(url.reveal()),
            autocommit=True,
            connect_timeout=max(2, min(CONNECT_SECONDS, int(remaining()))),
            application_name="belts gate",
        )
    except psycopg.errors.ConnectionTimeout:
        raise UnseenError(f"{name} does not answer", Cause.TIMEOUT) from None
    except psycopg.OperationalError as error:
        if seen := not_shown(error):
            raise UnseenError(f"{name}: {seen}", Cause.BAD_ANSWER, advice=who_listens(error)) from None
        if error.pgconn is not None and error.pgconn.used_password:
            raise UnseenError(f"{name} refuses the user or the password", Cause.DENIED) from None
        raise UnseenError(f"{name} cannot be reached", Cause.UNREACHABLE) from None
    except psycopg.Error:
        raise UnseenError(f"{name}: the URL is not one that Postgres understands", Cause.BAD_ANSWER) from None
    gives_way = give_way(connection)
    try:
        yield Database(connection=connection, name=name, remaining=remaining, gives_way=gives_way)
    finally:
        await connection.close()


def host_of(url: Secret) -> str:
    """Host and port of a database URL, the only parts that a report may show."""
    try:
        parts = conninfo_to_dict(url.reveal())
    except psycopg.Error:
        return "an address that cannot be read"
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    return f"{host}:{parts.get('port') or 5432}"


@contextmanager
def faults(name: str) -> Iterator[None]:
    """Turns server errors into `UnseenError`, without their text, which may echo anything."""
    try:
        yield
    except psycopg.errors.QueryCanceled:
        raise UnseenError(f"{name} took longer than the deadline allows", Cause.TIMEOUT) from None
    except psycopg.errors.InsufficientPrivilege:
        raise UnseenError(
            f"{name}: the user may not read what the proof needs (SQLSTATE 42501)", Cause.DENIED
        ) from None
    except psycopg.OperationalError as error:
        raise UnseenError(f"{name} broke off{code(error)}", Cause.UNREACHABLE) from None
    except psycopg.Error as error:
        raise UnseenError(f"{name}: the query was refused{code(error)}", Cause.BAD_ANSWER) from None


def code(error: psycopg.Error) -> str:
    """The error's SQLSTATE in brackets, if it has one."""
    return f" (SQLSTATE {error.sqlstate}, {type(error).__name__})" if error.sqlstate else ""
