"""Where each part shows that it is alive: on a connection that the part's clients cannot use up.

The embedded engine reserves turns for it, Caddy has its admin socket, Postgres its superuser's connections.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import psycopg

from belts.envio.release import METRICS
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep.silence import Seen
from belts.runtimes.process.parts import caddy, postgres, status_endpoint
from belts.runtimes.process.supervise import door, readiness
from belts.runtimes.process.wire import neighbours
from belts.runtimes.process.wire.request import Request

ANSWER_S = 10.0
NEVER_RESTARTED = frozenset({"postgres", "ledger"})
"""A slow Postgres is busy, and killing it makes it slower, since it recovers first. A person decides that."""

Silent: TypeAlias = str | None
"""None if the part answers, whatever the answer; else a description of the failure."""


def look(request: Request, answer_s: float) -> tuple[Seen, str]:
    """Looks at a running part once; returns what was seen, and the failure if it is silent."""
    try:
        why = ASKED[request.part](request.layout, request.body, answer_s)
        if why is None:
            return Seen.ANSWERS, ""
        leans = LEANS.get(request.part)
        if leans is not None and leans(request.layout) is not None:
            return Seen.UNTOLD, ""
    except (Refused, psycopg.Error, OSError, ValueError, KeyError):
        return Seen.UNTOLD, ""  # what it was asked, or the secrets to ask it with, cannot be read
    return Seen.SILENT, " ".join(why.split())[:200]


def _engine(_layout: Layout, body: Any, answer_s: float) -> Silent:
    return _http(f"http://127.0.0.1:{body.port}/healthz", answer_s)


def _indexer(_layout: Layout, body: Any, answer_s: float) -> Silent:
    return _http(f"http://127.0.0.1:{body.port}{METRICS.path}", answer_s)


def _caddy(layout: Layout, body: Any, answer_s: float) -> Silent:
    """Silent only if both its admin socket and its door are: while one of them answers, Caddy works."""
    if _heard(door.ask(layout.of_part(caddy.PROGRAM), caddy.ADMIN.name, "GET", "/config/")) is None:
        return None
    return _http(f"{caddy.url(body)}{caddy.READY_PATH}", answer_s)


def _status_endpoint(layout: Layout, _body: Any, _answer_s: float) -> Silent:
    home, socket = layout.of_part(status_endpoint.PROGRAM), status_endpoint.SOCKET
    return _heard(door.ask(home, socket, "GET", status_endpoint.PATH))


def _postgres(layout: Layout, body: Any, _answer_s: float) -> Silent:
    """An error counts as an answer: it is starting, recovering, or out of connections."""
    try:
        postgres.connect(layout, body.port, secrets.known(layout)).close()
    except psycopg.errors.ConnectionTimeout as why:
        return str(why)
    except psycopg.OperationalError:
        return None
    return None


def _own_postgres(layout: Layout) -> Silent:
    """Whether the Postgres that the belt's parts depend on accepts connections."""
    try:
        postgres.connect(layout, neighbours.postgres(layout).port, secrets.known(layout)).close()
    except psycopg.OperationalError as why:
        return str(why)
    return None


def _http(url: str, answer_s: float) -> Silent:
    return _heard(readiness.http_status(url, timeout_s=answer_s))


def _heard(told: object) -> Silent:
    """A string describes a missing answer."""
    return told if isinstance(told, str) else None


ASKED: Mapping[str, Callable[[Layout, Any, float], Silent]] = {
    "engine": _engine,
    "indexer": _indexer,
    "caddy": _caddy,
    "status-endpoint": _status_endpoint,
    "postgres": _postgres,
    "ledger": _postgres,
}
LEANS: Mapping[str, Callable[[Layout], Silent]] = {"engine": _own_postgres, "indexer": _own_postgres}
