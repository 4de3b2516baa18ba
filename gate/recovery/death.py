"""Decides whether a belt is dead: it is if nothing of it answers in any of several looks.

Slow is not dead: whatever accepts a connection is alive. An HTTP answer counts as dead only if the server
itself reports that its backend is gone (502, 503, 504), and nothing answers at the belt's database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict

from gate.agent import HEADERS
from gate.connections import client_options
from gate.endpoints import Belt
from gate.exchange import post
from gate.secret import Address, Secret

LOOKS = 6
APART = timedelta(seconds=2)
PATIENCE = timedelta(seconds=3)
NOBODY_BEHIND = frozenset({502, 503, 504})
QUESTION = {"query": "{ __typename }"}
POSTGRES = 5432

Look = Callable[[], Awaitable[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Death:
    """What was seen of a belt: its sign of life, empty if it gave none in any look."""

    alive: str
    looks: int

    @property
    def dead(self) -> bool:
        """True if there was no sign of life in at least one look."""
        return self.looks > 0 and not self.alive


async def watch(
    belt: Belt, alias: Address | None, *, name: str, looks: int = LOOKS, apart: timedelta = APART
) -> Death:
    """Looks at all doors of the belt, until the first sign of life."""
    if belt.database is None:
        return Death(alive=f"nobody can look: the address of {name}'s database is not known", looks=0)
    ways = [_at_its_engine(belt.graphql, name), _at_its_database(belt.database, name)]
    if alias is not None:
        ways.append(_through_the_alias(alias, name))
    return await watching(ways, looks=looks, apart=apart)


async def watching(ways: Sequence[Look], *, looks: int, apart: timedelta) -> Death:
    """Tries all ways in each look, until one of them finds a sign of life."""
    for number in range(looks):
        if number:
            await asyncio.sleep(apart.total_seconds())
        signs = await asyncio.gather(*(way() for way in ways))
        if alive := "; ".join(sign for sign in signs if sign):
            return Death(alive=alive, looks=number + 1)
    return Death(alive="", looks=looks)


def _at_its_engine(graphql: Address, name: str) -> Look:
    async def look() -> str:
        status = await _status(graphql)
        if isinstance(status, tuple):
            return f"{name}'s GraphQL endpoint answers (status {status[0]})" if _there(status[0]) else ""
        return f"{name}'s GraphQL endpoint {status}" if status else ""

    return look


def _through_the_alias(alias: Address, name: str) -> Look:
    """Looks through the alias: an answer from the belt is a sign of life, even if nothing else answers."""

    async def look() -> str:
        status = await _status(alias)
        if isinstance(status, tuple) and status[0] == httpx.codes.OK and status[1] in {name, None}:
            return f"{name} answers through the alias"
        return ""

    return look


def _at_its_database(url: Secret, name: str) -> Look:
    async def look() -> str:
        try:
            places = _places(url)
        except psycopg.Error:
            return f"the URL of {name}'s database cannot be read, so nobody can look there"
        for host, port in places:
            if await _takes(host, port):
                return f"something takes connections where {name}'s database is"
        return ""

    return look


def _there(status: int) -> bool:
    return status not in NOBODY_BEHIND


async def _status(address: Address) -> tuple[int, str | None] | str:
    """The status and belt of an answer, or a description of what came instead; empty for nothing."""
    try:
        seconds = PATIENCE.total_seconds()
        async with httpx.AsyncClient(**client_options(), timeout=seconds, headers=HEADERS) as client:
            answer = await post(client, address.reveal(), QUESTION, seconds=seconds)
    except httpx.ConnectTimeout:
        return ""
    except httpx.ConnectError:
        parts = address.parts
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return "takes connections" if await _takes(parts.hostname or "", port) else ""
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"takes connections, and does not answer in time or in HTTP ({type(error).__name__})"
    return answer.status, answer.headers.get("x-belt")


def _places(url: Secret) -> list[tuple[str, int]]:
    """Every host and port of a database URL."""
    parts = conninfo_to_dict(url.reveal())
    hosts = str(parts.get("hostaddr") or parts.get("host") or "localhost").split(",")
    ports = [int(port or POSTGRES) for port in str(parts.get("port") or POSTGRES).split(",")]
    return [(host, ports[min(index, len(ports) - 1)]) for index, host in enumerate(hosts)]


async def _takes(host: str, port: int) -> bool:
    """True if a connection can be made; a directory is where Postgres keeps its socket."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            if host.startswith("/"):
                _, writer = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            else:
                _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
