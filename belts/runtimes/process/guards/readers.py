"""Who reads a belt: sessions of its consumers in its database, clients of its engine, users of its byway.

What cannot be asked is a reader by itself: nobody can tell that there is none.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.guards import byway_uses
from belts.runtimes.process.parts import graphql
from belts.runtimes.process.supervise import readiness
from belts.runtimes.process.wire import recorded
from belts.spec.engine import EmbeddedEngine, Engine, ExternalHasura
from belts.spec.postgres import Ledger, Postgres

LONGEST = 100
STATEMENT_TIMEOUT = "10s"
SESSIONS = """
select coalesce(host(client_addr), 'local'), application_name, count(*), min(backend_start)
from pg_stat_activity
where usesysid in (
    select login.oid from pg_roles login, pg_roles role
    where role.rolname = 'consumer' and not login.rolsuper and pg_has_role(login.oid, role.oid, 'member'))
group by 1, 2 order by 1, 2
"""
"""Whoever inherits from the role reads as it does: each generation of its password has a login of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """One who reads: by what it is acknowledged, and what was seen of it."""

    who: str
    seen: str

    def __str__(self) -> str:
        return f"{self.who}: {self.seen}"

    def among(self, acknowledged: Collection[str]) -> bool:
        """Whether it is named there as a whole, or by its address alone."""
        return any(self.who == each or self.who.startswith(f"{each} ") for each in acknowledged)


def of_belt(layout: Layout) -> tuple[Reader, ...]:
    """Everybody, by name."""
    try:
        requests, held = recorded.of_belt(layout), secrets.known(layout)
    except Refused as why:
        return (Reader(who="unknown", seen=f"{why.what}, so nobody can be asked"),)
    found: list[Reader] = []
    for request in requests:
        match request.body:
            case Ledger():
                continue
            case Postgres() as body:
                found += _sessions(layout, body, held)
            case EmbeddedEngine() | ExternalHasura() as body:
                found += _clients(body, held)
    found += [Reader(who=plain(who), seen=seen) for who, seen in byway_uses.of_belt(layout)]
    return tuple(sorted(found, key=lambda each: each.who))


def acknowledged(layout: Layout) -> tuple[str, ...]:
    """Who may be cut off, as the belt's stack said when it was brought up last."""
    try:
        requests = recorded.of_belt(layout)
    except Refused:
        return ()
    bodies = [request.body for request in requests]
    return tuple(who for body in bodies if isinstance(body, Postgres) for who in body.acknowledged_readers)


def _sessions(layout: Layout, request: Postgres, held: Secrets) -> Iterator[Reader]:
    if not readiness.postgres_listens(layout, request.port):
        return
    import psycopg  # noqa: PLC0415 -- loading it takes longer than to see that nothing listens

    from belts.runtimes.process.parts import postgres  # noqa: PLC0415

    try:
        with postgres.connect(layout, request.port, held, database=postgres.DATABASE) as connection:
            connection.execute("select set_config('statement_timeout', %s, false)", [STATEMENT_TIMEOUT])
            rows = connection.execute(SESSIONS).fetchall()
    except (psycopg.Error, KeyError) as why:
        yield Reader(who="database", seen=f"it cannot be asked who reads it ({type(why).__name__})")
        return
    for address, application, count, began in rows:
        since = f"{began.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
        yield Reader(
            who=_name(address, application),
            seen=f"{_counted(count, 'session')} in its database, since {since}",
        )


def _clients(request: Engine, held: Secrets) -> Iterator[Reader]:
    if isinstance(request, ExternalHasura):
        yield Reader(who="engine", seen="it runs elsewhere, and cannot be asked who reads it")
        return
    if not readiness.listens(request.port):
        return
    told = graphql.readers(request.graphql, held.get("admin", ""))
    try:
        clients = [_client(each) for each in told["readers"]] if isinstance(told, dict) else None
    except (KeyError, TypeError, ValueError):
        clients = None
    if clients is None:
        why = told if isinstance(told, str) else "it answers otherwise than this version's"
        yield Reader(who="engine", seen=f"it cannot be asked who reads it: {held.redact(why)}")
        return
    yield from clients


def _client(told: Mapping[str, Any]) -> Reader:
    asked, sockets, ago = int(told["asked"]), int(told["sockets"]), told["secondsAgo"]
    seen = [f"{_counted(asked, 'request')} to its engine"]
    seen += [f"{_counted(sockets, 'socket')} open"] if sockets else [f"the last {float(ago):.0f} s ago"]
    return Reader(who=_name(told["address"], told["agent"]), seen=", ".join(seen))


def _name(address: str, called: str) -> str:
    """As it may be shown and typed: what clients call themselves is theirs to choose."""
    return plain(f"{address} {called or 'unnamed'}")


def plain(text: str) -> str:
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)
    return " ".join(plain.split())[:LONGEST].strip()


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
