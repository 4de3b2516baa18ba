"""Renders a gateway's door into Caddy's JSON config.

The belt that is served stands in one file, `current/route` in the alias directory: its address and its name,
a blank between them. Caddy reads it once a request and takes both from that one reading, so the `X-Belt`
header cannot name another belt than the one that was dialled. The directory is swapped as a whole; Caddy is
never reloaded, since a reload closes connections under their requests.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from belts import forwarded
from belts.runtimes import byway_routes
from belts.spec.gateway import GRAPHQL, PATHS, Caddy

PROVED_VERSIONS = ("2.11.",)
"""Caddy versions that were seen to dial by placeholder. 2.6 answers 502 to all, so no other is trusted."""

DIAL = "{http.vars.belts_dial}"
BELT = "{http.vars.belts_name}"
NOBODY, NOWHERE = "none", "unix//dev/null/none"
"""The name and the address while no belt is served: nothing can ever listen below what is no directory, so
that dialling it fails at once and the consumer reads 502."""

STATUS_PATH = "/_belt"
STATUS_SOCKET = "unix//proc/self/cwd/../status-endpoint/status.sock"
"""The status endpoint lies in a directory beside Caddy's, in which Caddy stands: so the path of the socket is
never too long to dial."""

ENVIRONMENT = {"GOGC": "800", "GOMEMLIMIT": "1GiB"}
"""How Go runs Caddy: what lives on between two requests is small, so that by default its garbage would be
collected hundreds of times a second, for a tenth of the processor's time."""

Json = dict[str, Any]


def proved(version: str) -> bool:
    """Whether this version of Caddy (`2.11.7` or `v2.11.7 h1:…`) may carry the alias."""
    return version.strip().removeprefix("v").startswith(PROVED_VERSIONS)


def render(door: Caddy, *, alias: Path, log: Path, storage: Path) -> Json:
    """The config of a gateway, without the admin endpoint: the host puts that on a private socket."""
    return {
        "storage": {"module": "file_system", "root": str(storage)},
        "logging": {
            "logs": {
                **logs(log, without=(byway_routes.LOGGER,)),
                **byway_routes.logs(log.parent, encoder()),
            }
        },
        "apps": {"http": {"grace_period": "10s", "servers": {"gateway": _server(door, alias)}}},
    }


def logs(access: Path, *, without: Sequence[str] = ()) -> Json:
    """Warnings go to the supervisor's log; all requests go to a file, except those of loggers `without`."""
    apart = {"exclude": list(without)} if without else {}
    return {
        "default": {"encoder": encoder(), "exclude": ["http.log.access"], "level": "WARN"},
        "access": {
            "writer": {"output": "file", "filename": str(access), "mode": "0600", "roll_keep": 4},
            "encoder": encoder(),
            "include": ["http.log.access"],
            **apart,
        },
    }


def _server(door: Caddy, alias: Path) -> Json:
    waits = door.timeouts
    proxies: Json = {}
    if door.trusted_proxies:
        source = {"source": "static", "ranges": list(door.trusted_proxies)}
        # Strict: of the addresses that a request names, the last one that is not a proxy's is the client's.
        proxies = {"trusted_proxies": source, "trusted_proxies_strict": 1}
    return {
        **proxies,
        "listen": [_address(door.listen, door.port)],
        "protocols": ["h1", "h2c"],
        "automatic_https": {"disable": True},
        "read_header_timeout": seconds(waits.header),
        "read_timeout": seconds(waits.body),
        "idle_timeout": seconds(waits.idle),
        "max_header_bytes": 64 * 1024,
        "logs": {},
        "routes": [
            *_which_belt(alias),
            {"handle": [_name_belt()]},
            *([_tell()] if door.status_endpoint else []),
            *byway_routes.routes(door, alias, serving=_serving, way=_along_a_byway(door)),
            _pass(door),
            {"handle": [_nothing_here()]},
        ],
        "errors": {"routes": [{"handle": [_name_belt(), _failed()]}]},
    }


def _which_belt(alias: Path) -> list[Json]:
    """Read the alias once, and take it apart once; what is not an address and a name is no belt."""
    route = {"name": "route", "pattern": r"^(\S+) ([a-z][a-z0-9-]*)$"}
    return [
        {"handle": [{"handler": "vars", "belts_route": f"{{file.{alias}/current/route}}"}]},
        {
            "group": "belt",
            "match": [{"vars_regexp": {"belts_route": route}}],
            "handle": [_serving("{http.regexp.route.1}", "{http.regexp.route.2}")],
        },
        {"group": "belt", "handle": [_serving(NOWHERE, NOBODY)]},
    ]


def _serving(dial: str, belt: str) -> Json:
    return {"handler": "vars", "belts_dial": dial, "belts_name": belt}


def _name_belt() -> Json:
    """Put the belt's name on the answer, whatever the belt itself said."""
    return {"handler": "headers", "response": {"set": {"X-Belt": [BELT]}, "deferred": True}}


def _pass(door: Caddy) -> Json:
    """The paths that consumers may use, on their way to the belt."""
    body = {"handler": "request_body", "max_size": door.max_body_mb * 1024 * 1024}
    return {
        "match": [{"path": list(PATHS), "method": ["GET", "POST", "OPTIONS"]}],
        "handle": [*_strip(door), body, _proxy(door)],
        "terminal": True,
    }


def _along_a_byway(door: Caddy) -> list[Json]:
    """The same to the belt that a byway names, under the one path that a belt answers consumers at."""
    rewrite = {"handler": "rewrite", "uri": f"{GRAPHQL}?{{http.request.uri.query}}"}
    return [*_strip(door), rewrite, _proxy(door) | {"stream_timeout": byway_routes.SOCKET_LASTS}]


def _strip(door: Caddy) -> list[Json]:
    if door.admin_headers:
        return []
    return [{"handler": "headers", "request": {"delete": ["X-Hasura-*"]}}]


def _proxy(door: Caddy) -> Json:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": DIAL}],
        "headers": {"request": _who_asks(door)},
        "transport": {
            "protocol": "http",
            "dial_timeout": seconds(door.timeouts.dial),
            "response_header_timeout": seconds(door.timeouts.answer),
            "keep_alive": {"max_idle_conns_per_host": 64, "idle_timeout": "30s"},
        },
    }


def _who_asks(door: Caddy) -> Json:
    """Say whose request it is, and how often that client may ask; what the client says of it is replaced."""
    known = {forwarded.CLIENT: ["{http.vars.client_ip}"]}
    if door.client_rate is None:
        return {"set": known, "delete": [forwarded.RATE]}
    return {"set": known | {forwarded.RATE: [str(door.client_rate)]}}


def _tell() -> Json:
    """What the gateway says of itself; while nobody says it, the way to the belt is as free as ever."""
    status_endpoint = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": STATUS_SOCKET}],
        "transport": {
            "protocol": "http",
            "dial_timeout": "1s",
            "response_header_timeout": "10s",
            "keep_alive": {"max_idle_conns_per_host": 8, "idle_timeout": "30s"},
        },
    }
    return {
        "match": [{"path": [STATUS_PATH], "method": ["GET"]}],
        "handle": [status_endpoint],
        "terminal": True,
    }


def _nothing_here() -> Json:
    return {
        "handler": "static_response",
        "status_code": 404,
        "body": '{"error":"not served by this gateway"}\n',
    }


def _failed() -> Json:
    """What a consumer reads when no belt answered; it says nothing about addresses inside."""
    return {
        "handler": "static_response",
        "status_code": "{http.error.status_code}",
        "headers": {"Content-Type": ["application/json"], "Cache-Control": ["no-store"]},
        "body": '{"error":"{http.error.status_text}","belt":"' + BELT + '"}\n',
    }


def encoder() -> Json:
    """Logs without headers of requests and without queries: both can carry secrets, in error logs as well."""
    return {
        "format": "filter",
        "wrap": {"format": "json", "time_format": "iso8601"},
        "fields": {
            "request>headers": {"filter": "delete"},
            "request>uri": {"filter": "regexp", "regexp": r"\?.*", "value": "?…"},
            "resp_headers>Set-Cookie": {"filter": "delete"},
        },
    }


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def seconds(value: timedelta) -> str:
    return f"{value.total_seconds():g}s"
