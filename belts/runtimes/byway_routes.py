"""Renders a gateway's byways: `/v/BELT/v1/graphql`, which leads to that belt while a planned break lasts.

Which of them are open stands in one file, which Caddy reads once a request as it does the alias; the routes
are there from the gateway's birth, since a new one would be a reload. Caddy itself compares the end of a
byway with its clock: it closes though nobody runs anything.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from belts.spec import byway
from belts.spec.gateway import Caddy

SOCKET_LASTS = "10m"
"""How long a WebSocket may stay open on a byway: so much longer than the byway itself it lives."""
CUT = 120
"""The longest agent or origin that is written down."""
NAME = r"([_A-Za-z][_0-9A-Za-z]{0,63})"
"""A name of GraphQL: nothing else of a request's text ever comes into the log."""
BLANK = r"(?:\\[nrt]|[\s,])"
NAMED = (
    rf"^{NAME}\n",
    rf'"operationName"\s*:\s*"{NAME}"',
    rf'"query"\s*:\s*"{BLANK}*(?:query|mutation|subscription){BLANK}+{NAME}',
)
"""Where a request says how it calls its operation: in its query, beside its text, or in its text."""

Json = dict[str, Any]


def routes(door: Caddy, alias: Path, *, serving: Callable[[str, str], Json], way: list[Json]) -> list[Json]:
    """`serving` says whither a request goes and under which name, `way` carries it there."""
    line = rf"(?:{byway.LINE}(?:\n|$))?"
    lines = {"name": "byways", "pattern": f"^{line * byway.MOST}$"}
    found = [_open(door, each, serving, way) for each in range(byway.MOST)]
    return [
        {
            "match": [
                {
                    "path_regexp": {"name": "byway", "pattern": byway.PATH},
                    "method": ["GET", "POST", "OPTIONS"],
                }
            ],
            "handle": [
                _inside(
                    {
                        "handle": [
                            {"handler": "vars", "belts_byways": f"{{file.{alias}/current/{byway.FILE}}}"}
                        ]
                    },
                    {"match": [{"vars_regexp": {"belts_byways": lines}}], "handle": [_inside(*found)]},
                    {"handle": [serving("", "none"), _closed()]},
                )
            ],
            "terminal": True,
        }
    ]


def logs(folder: Path, encoder: Json) -> Json:
    """The log of who used a byway, bounded, and apart from that of all requests."""
    fields = {name: {"filter": "delete"} for name in ("request", "resp_headers", "user_id")}
    writer = {
        "output": "file",
        "filename": str(folder / f"{byway.LOG}.log"),
        "mode": "0600",
        "roll_size_mb": byway.LOG_MB,
        "roll_keep": byway.LOGS_KEPT,
        "roll_gzip": False,
    }
    only = {**encoder, "wrap": {"format": "json"}, "fields": fields}
    return {byway.LOG: {"writer": writer, "encoder": only, "include": [LOGGER]}}


LOGGER = f"http.log.access.{byway.LOG}"


def _open(door: Caddy, number: int, serving: Callable[[str, str], Json], way: list[Json]) -> Json:
    """One line of the file: the way to its belt, if it is the one that is asked for and has not ended."""
    dial, belt, until = (f"{{http.regexp.byways.{3 * number + part}}}" for part in (1, 2, 3))
    asked = "{http.regexp.byway.1}"
    source = "{http.request.uri.query.operationName}\n{http.request.body}"
    mappings = [{"input_regexp": each, "outputs": ["$1"]} for each in NAMED]
    return {
        "match": [{"expression": f"{belt} == {asked} && int({until}) > int({{time.now.unix}})"}],
        "handle": [
            {"handler": "vars", "access_logger_names": [byway.LOG]},
            serving(dial, belt),
            # Before anything reads the body, which is read whole to find how the operation is called.
            {"handler": "request_body", "max_size": door.max_body_mb * 1024 * 1024},
            {
                "handler": "map",
                "source": source,
                "destinations": ["{belts_operation}"],
                "mappings": mappings,
                "defaults": [""],
            },
            {"handler": "vars", "belts_operation": "{belts_operation}"},
            _noted(byway.BELT, asked),
            _noted(byway.OPERATION, "{http.vars.belts_operation}"),
            _inside(_header("User-Agent", byway.AGENT), _header("Origin", byway.ORIGIN), {"handle": way}),
        ],
        "terminal": True,
    }


def _header(header: str, name: str) -> Json:
    """What a consumer says of itself, cut short; the matcher takes it as it is, and expands nothing in it."""
    return {
        "match": [{"header_regexp": {header: {"name": name, "pattern": f"^(.{{1,{CUT}}})"}}}],
        "handle": [_noted(name, f"{{http.regexp.{name}.1}}")],
    }


def _noted(key: str, value: str) -> Json:
    return {"handler": "log_append", "key": key, "value": value}


def _inside(*found: Json) -> Json:
    return {"handler": "subroute", "routes": list(found)}


def _closed() -> Json:
    """In the form in which GraphQL clients read a refusal."""
    said = "this path leads to no belt: a planned break opens it, and its end closes it; read /v1/graphql"
    return {
        "handler": "static_response",
        "status_code": 404,
        "headers": {"Content-Type": ["application/json"], "Cache-Control": ["no-store"]},
        "body": f'{{"errors":[{{"message":"{said}","extensions":{{"code":"byway-closed"}}}}]}}\n',
    }
