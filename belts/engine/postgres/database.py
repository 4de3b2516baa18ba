"""The connections to Postgres: read-only, limited in number and in time, reopened after a failure."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import asyncpg

from belts.engine.errors import BadRequest, DatabaseError, EngineError
from belts.engine.postgres import catalog, proof
from belts.engine.postgres.catalog import Catalog
from belts.engine.postgres.credentials import Credentials
from belts.engine.settings import Settings

Connection = asyncpg.pool.PoolConnectionProxy
_FAILURES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, UnicodeEncodeError)
_GRACE = 2.0
_LOOK_EVERY = 1.0


class Database:
    """A pool of read-only connections."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        self.settings = settings
        self.credentials = credentials
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._idle: list[Connection] = []
        self._waiting = 0
        # The URL of each connection: those of a replaced URL are abandoned.
        self._opened: dict[asyncpg.Connection, str] = {}
        self._leaving = False

    async def pool(self) -> asyncpg.Pool:
        """The pool, opened when first needed, so that the engine can start without its database."""
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    self._pool = await self._open()
        return self._pool

    async def _open(self) -> asyncpg.Pool:
        limits = self.settings.limits
        connect: Any = self._connect  # the stubs want every option of `asyncpg.connect` by its name
        return await asyncpg.create_pool(
            connect=connect,
            min_size=0,
            max_size=self.settings.connections,
            max_inactive_connection_lifetime=300,
            timeout=limits.acquire_timeout.total_seconds(),
            # Postgres cancels statements itself; this is for a Postgres that no longer answers at all.
            command_timeout=limits.statement_timeout.total_seconds() + _GRACE,
            statement_cache_size=256,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=16_384,
            init=_prepare,
            reset=_nothing,
            server_settings={
                "application_name": "belts-engine",
                "default_transaction_read_only": "on",
                "statement_timeout": str(round(limits.statement_timeout.total_seconds() * 1000)),
                "idle_in_transaction_session_timeout": "60000",
                "client_connection_check_interval": "1000",
                "max_parallel_workers_per_gather": "0",
                "jit": "off",
                "timezone": "UTC",
            },
        )

    async def _connect(self, _dsn: None, **options: Any) -> asyncpg.Connection:
        """Connects with the current credentials; if refused while they were replaced, with the new ones."""
        connection: asyncpg.Connection
        url = self.credentials.database_url()
        try:
            connection = await proof.connect(url, **options)
        except asyncpg.InvalidAuthorizationSpecificationError:
            if (newer := self.credentials.database_url()) == url:
                raise
            url, connection = newer, await proof.connect(newer, **options)
        self._opened[connection] = url
        connection.add_termination_listener(partial(self._closed, connection))
        return connection

    def _closed(self, connection: asyncpg.Connection, _proxy: object) -> None:
        self._opened.pop(connection, None)

    async def follow(self) -> None:
        """Closes connections with replaced credentials once they are unused; never returns."""
        current = ""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            with contextlib.suppress(EngineError, *_FAILURES):
                url = self.credentials.database_url()
                self._leaving = any(each != url for each in self._opened.values())
                if self._leaving and self._pool is not None:
                    await self._leave(self._pool, expire=url != current)
                current = url

    async def _leave(self, pool: asyncpg.Pool, *, expire: bool) -> None:
        """Releases idle connections, so that the pool replaces the expired ones."""
        if expire:
            await pool.expire_connections()
        idle, self._idle = self._idle, []
        for connection in idle:
            await self._release(connection)
        # Connections idle in the pool itself are replaced only when they are acquired.
        limit = self.settings.limits.acquire_timeout.total_seconds()
        taken: list[Connection] = []
        try:
            for _ in range(pool.get_idle_size()):
                taken += [await pool.acquire(timeout=limit)]
        finally:
            for connection in taken:
                await self._release(connection)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection; raises the reason if there is none."""
        connection = await self._take()
        try:
            yield connection
        except BaseException as error:
            await self._abandon(connection, error)
            raise
        else:
            await self._give(connection)

    async def row(self, sql: str, arguments: Sequence[str | None]) -> Any:
        """The only row of a statement. This is the hot path: no context manager, no timer."""
        connection = await self._take()
        try:
            found = await connection.fetchrow(sql, *arguments)
        except BaseException as error:
            await self._abandon(connection, error)
            raise
        await self._give(connection)
        return found

    async def _take(self) -> Connection:
        """A connection that was just given back, or else one from the pool."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            await self._release(connection)
        self._waiting += 1
        try:
            pool = await self.pool()
            return await pool.acquire(timeout=self.settings.limits.acquire_timeout.total_seconds())
        except _FAILURES as error:
            raise refusal(error) from None
        finally:
            self._waiting -= 1

    async def _give(self, connection: Connection) -> None:
        if self._waiting or self._leaving or not _is_open(connection):
            await self._release(connection)
        else:
            self._idle.append(connection)

    async def _abandon(self, connection: Connection, error: BaseException) -> None:
        """Gives back a connection that failed or was cancelled; the pool checks its state."""
        if isinstance(error, TimeoutError):
            connection.terminate()
        with contextlib.suppress(*_FAILURES):
            await self._release(connection)
        if isinstance(error, _FAILURES):
            raise refusal(error) from None

    async def _release(self, connection: Connection) -> None:
        if self._pool is not None:
            await self._pool.release(connection, timeout=_GRACE)

    async def catalog(self) -> Catalog:
        """The present catalogue, read in one snapshot."""
        async with (
            self.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return catalog.read(
                columns=await connection.fetch(catalog.COLUMNS),
                types=await connection.fetch(catalog.TYPES),
                keys=await connection.fetch(catalog.KEYS),
            )

    async def close(self) -> None:
        """Closes every connection."""
        pool, self._pool = self._pool, None
        self._idle.clear()
        if pool is not None:
            pool.terminate()


def _is_open(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False  # it was lost, and the pool has taken it back


async def _prepare(connection: asyncpg.Connection) -> None:
    """Passes JSON through as the bytes that Postgres wrote."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_bytes, decoder=_bytes, format="binary"
    )


async def _nothing(_connection: asyncpg.Connection) -> None:
    """Does nothing: read-only statements leave nothing to reset."""


def _bytes(value: bytes) -> bytes:
    return value


_STATES: dict[str, tuple[str, str]] = {
    "57014": ("time-limit-exceeded", "the query took longer than the statement timeout and was cancelled"),
    "53300": ("postgres-error", "the database has no connection left"),
    "57P03": ("postgres-error", "the database is starting up"),
}


def refusal(error: Exception) -> EngineError:  # noqa: PLR0911 -- one return a kind of failure
    """A failure of Postgres in Hasura's words, never with SQL in them."""
    if isinstance(error, UnicodeEncodeError):
        return BadRequest("a string is not valid Unicode", code="parse-failed")
    if isinstance(error, TimeoutError):
        return DatabaseError("no connection to the database became free in time", code="postgres-error")
    if not isinstance(error, asyncpg.PostgresError) or error.sqlstate is None:
        return DatabaseError("connection error", code="postgres-error")
    state = error.sqlstate
    if state in _STATES:
        code, message = _STATES[state]
        return DatabaseError(message, code=code)
    if state[:2] == "22":
        return BadRequest(error.message or "data exception", code="data-exception")
    if state[:2] in {"08", "28", "3D", "57"}:
        return DatabaseError("connection error", code="postgres-error")
    return DatabaseError("database query error", code="unexpected")
