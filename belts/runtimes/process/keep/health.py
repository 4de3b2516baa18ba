"""Where each part says that it lives: on a connection of its own, which no client of the part can take.

The embedded engine keeps turns for it, Caddy has its admin socket, Postgres the connections of its superuser.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import psycopg

from belts.envio.release import METRICS
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep.silence import Seen
from belts.runtimes.process.parts import caddy, postgres, relay, status_endpoint
from belts.runtimes.process.supervise import caddy_admin, door, readiness
from belts.runtimes.process.wire import neighbours
from belts.runtimes.process.wire.request import Request
from belts.spec.edge import EDGE
from belts.spec.relay import PROGRAM as RELAY

ANSWER_S = 10.0
NEVER_RESTARTED = frozenset({"postgres", "ledger"})
"""One that is slow is at work, and to end it makes it slower: it recovers first. A person decides that."""

Silent: TypeAlias = str | None
"""None where it answers, whatever it says; else what is heard instead."""


def asked(request: Request) -> Mapping[str, str]:
    """What of a part can be asked, and the program of each: the part itself, and what else it brings up."""
    programs = request.body.programs
    if request.part not in ASKED or not programs:
        return {}
    beside = {name: name for name in programs if name in BESIDE.get(request.part, ())}
    return {request.part: programs[-1]} | beside  # what it leans on comes before


def look(request: Request, name: str, answer_s: float) -> tuple[Seen, str]:
    """One look at what runs of a part, and what was heard where it is silent."""
    try:
        why = ASKED[name](request.layout, request.body, answer_s)
        if why is None:
            return Seen.ANSWERS, ""
        leans = LEANS.get(name)
        if leans is not None and leans(request.layout) is not None:
            return Seen.UNTOLD, ""
    except (Refused, psycopg.Error, OSError, ValueError, KeyError):
        return Seen.UNTOLD, ""  # what it was asked, or the secrets to ask it with, cannot be read
    return Seen.SILENT, " ".join(why.split())[:200]


def _engine(_layout: Layout, body: Any, answer_s: float) -> Silent:
    return _http(f"http://127.0.0.1:{body.port}/healthz", answer_s)


def _indexer(_layout: Layout, body: Any, answer_s: float) -> Silent:
    return _http(f"http://127.0.0.1:{body.port}{METRICS.path}", answer_s)


def _relay(_layout: Layout, body: Any, answer_s: float) -> Silent:
    return _http(str(relay.metrics(body.relay)), answer_s)


def _caddy(layout: Layout, body: Any, answer_s: float) -> Silent:
    """Silent only where its admin socket and its door both are: while one of them answers, it works."""
    if not isinstance(caddy_admin.running(layout, caddy.PROGRAM), str):
        return None
    return _http(f"{caddy.url(body)}{caddy.READY_PATH}", answer_s)


def _edge(layout: Layout, body: Any, answer_s: float) -> Silent:
    """The same of an edge, by a path that it answers itself: whether its belt does is not its own life."""
    if not isinstance(caddy_admin.running(layout, EDGE), str):
        return None
    return _http(f"http://{body.dial}/", answer_s)


def _status_endpoint(layout: Layout, _body: Any, _answer_s: float) -> Silent:
    home, socket = layout.of_part(status_endpoint.PROGRAM), status_endpoint.SOCKET
    return _heard(door.ask(home, socket, "GET", status_endpoint.PATH))


def _postgres(layout: Layout, body: Any, _answer_s: float) -> Silent:
    """An error is an answer: it starts, it recovers, or it has no connection left."""
    try:
        postgres.connect(layout, body.port, secrets.known(layout)).close()
    except psycopg.errors.ConnectionTimeout as why:
        return str(why)
    except psycopg.OperationalError:
        return None
    return None


def _own_postgres(layout: Layout) -> Silent:
    """Whether what a belt's parts lean on lets them in."""
    try:
        postgres.connect(layout, neighbours.postgres(layout).port, secrets.known(layout)).close()
    except psycopg.OperationalError as why:
        return str(why)
    return None


def _http(url: str, answer_s: float) -> Silent:
    return _heard(readiness.http_status(url, timeout_s=answer_s))


def _heard(told: object) -> Silent:
    """Words stand for an answer that did not come."""
    return told if isinstance(told, str) else None


ASKED: Mapping[str, Callable[[Layout, Any, float], Silent]] = {
    "engine": _engine,
    "indexer": _indexer,
    RELAY: _relay,
    "caddy": _caddy,
    "edge": _edge,
    "status-endpoint": _status_endpoint,
    "postgres": _postgres,
    "ledger": _postgres,
}
BESIDE: Mapping[str, frozenset[str]] = {"indexer": frozenset({RELAY})}
"""By part, the programs of it that are asked beside it."""
LEANS: Mapping[str, Callable[[Layout], Silent]] = {"engine": _own_postgres, "indexer": _own_postgres}
