"""Renders the edge of a belt by URL into Caddy's JSON config.

A gateway dials a host and a port, and nothing else: no TLS, no path, no name. What is missing for a belt that
is a URL is done here: its certificate is verified, its name is asked for, its path put in. Nobody is led
further: a redirect is no answer of the belt.
"""

import base64
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from belts import forwarded
from belts.runtimes.caddy import logs, seconds
from belts.spec.edge import Edge
from belts.spec.engine import GRAPHQL

DIAL = timedelta(seconds=5)
ANSWER = timedelta(minutes=5)
"""How long a belt may take: the gateway before it waits as long as its stack says, and no longer."""
HEAD = timedelta(seconds=10)
IDLE = timedelta(minutes=2)
GRACE = timedelta(seconds=10)
"""How long requests that are under way may take when the edge is told to close its sockets."""

BESIDE = ("/v1/metadata", "/healthz")
"""What lies beside GraphQL where its path is Hasura's: the gate reads the first as the belt's administrator,
and no gateway leads to it; consumers may ask for the second."""
UNPROVED = "(?i)x509|certificate|tls: "
"""How Go says that nobody has shown to be the belt. Only words hang on it: the answer is 502 in any case."""

Json = dict[str, Any]


def render(edge: Edge, *, log: Path, storage: Path) -> Json:
    """The config of an edge, without the admin endpoint: the host puts that on a private socket."""
    return {
        "storage": {"module": "file_system", "root": str(storage)},
        "logging": {"logs": logs(log)},
        "apps": {"http": {"grace_period": seconds(GRACE), "servers": {"edge": _server(edge)}}},
    }


def dialled(url: SplitResult) -> str:
    """The host and the port that a URL names, as Caddy dials them."""
    host = url.hostname or ""
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def paths(url: SplitResult) -> dict[str, str]:
    """What may be asked for here, and where that is there."""
    path = url.path or "/"
    found = {GRAPHQL: path}
    if path.endswith(GRAPHQL):
        before = path.removesuffix(GRAPHQL)
        found |= {beside: f"{before}{beside}" for beside in BESIDE}
    return found


def _server(edge: Edge) -> Json:
    where = urlsplit(edge.url)
    return {
        "listen": [edge.dial],
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        "read_header_timeout": seconds(HEAD),
        "idle_timeout": seconds(IDLE),
        "max_header_bytes": 64 * 1024,
        "logs": {},
        "routes": [
            *(_pass(edge, where, here, there) for here, there in paths(where).items()),
            {"handle": [_said(404, "not served by this edge")]},
        ],
        "errors": {
            "routes": [
                {
                    "match": [{"vars_regexp": {"{http.error.message}": {"pattern": UNPROVED}}}],
                    "handle": [
                        _said(502, "the certificate at the belt's URL does not prove that it is the belt")
                    ],
                    "terminal": True,
                },
                {"handle": [_said("{http.error.status_code}", "the belt does not answer at its URL")]},
            ]
        },
    }


def _pass(edge: Edge, where: SplitResult, here: str, there: str) -> Json:
    transport: Json = {
        "protocol": "http",
        "dial_timeout": seconds(DIAL),
        "response_header_timeout": seconds(ANSWER),
        "keep_alive": {"max_idle_conns_per_host": 64, "idle_timeout": "30s"},
        # A WebSocket begins as a request of HTTP/1.1.
        "versions": ["1.1"],
        # What answers must be the belt's own bytes: it may have sealed them.
        "compression": False,
    }
    if where.scheme == "https":
        transport["tls"] = _verified(where, edge.authorities)
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": dialled(where)}],
        "transport": transport,
        "headers": {
            "request": {
                # The names of a gateway's own words are nobody else's business.
                "delete": [
                    forwarded.CLIENT,
                    forwarded.RATE,
                    "X-Forwarded-For",
                    "X-Forwarded-Host",
                    "X-Forwarded-Proto",
                ],
                "set": {"Host": [where.netloc]},
            }
        },
        "handle_response": [
            {
                "match": {"status_code": [3]},
                "routes": [
                    {"handle": [_said(502, "the belt's URL leads elsewhere, and nobody is led there")]}
                ],
            }
        ],
    }
    rewrite: list[Json] = [{"handler": "rewrite", "uri": there}] if there != here else []
    return {
        "match": [{"path": [here], "method": ["GET", "POST", "OPTIONS"]}],
        "handle": [*rewrite, proxy],
        "terminal": True,
    }


def _verified(where: SplitResult, authorities: str) -> Json:
    """By whom the belt has to be certified, under which name. There is no word here for not looking."""
    found: Json = {"server_name": where.hostname or ""}
    if authorities:
        found["ca"] = {"provider": "inline", "trusted_ca_certs": certificates(authorities)}
    return found


def certificates(pem: str) -> list[str]:
    """The certificates of a PEM file, as Caddy takes them; `ValueError` where one is none."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    blocks = [begin + block.partition(end)[0] + end for block in pem.split(begin)[1:]]
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata="\n".join(blocks))
    except (ssl.SSLError, ValueError):
        raise ValueError("no certificate, or one that is none") from None
    return [base64.b64encode(ssl.PEM_cert_to_DER_cert(block)).decode() for block in blocks]


def _said(status: int | str, words: str) -> Json:
    return {
        "handler": "static_response",
        "status_code": status,
        "headers": {"Content-Type": ["application/json"], "Cache-Control": ["no-store"]},
        "body": f'{{"error":"{words}"}}\n',
    }
