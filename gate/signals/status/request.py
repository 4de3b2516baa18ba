"""One HTTP request, limited in time and size, whose faults are returned as values."""

import ssl
from functools import cache
from typing import Any

import httpx
import orjson

from gate.connections import client_options
from gate.exchange import TooLarge, post
from gate.signals.status.unseen import Unseen

AGENT = "belts-status"
"""The user agent by which a belt distinguishes the status endpoint from consumers."""

PATIENCE_SECONDS = 2.0


def client(socket: str | None = None) -> httpx.AsyncClient:
    """A client with the status endpoint's user agent, over TCP or over a unix socket."""
    limits = httpx.Limits(max_connections=64, keepalive_expiry=30)
    return httpx.AsyncClient(
        **client_options(_trusted, uds=socket, limits=limits),
        headers={"user-agent": AGENT, "accept-encoding": "identity"},
        timeout=PATIENCE_SECONDS,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The certificate authorities of httpx, or those that the environment names."""
    return httpx.create_ssl_context()


async def ask(http: httpx.AsyncClient, url: str, question: object, whom: str) -> Any:
    """The JSON answer to a POST of JSON, or `Unseen`, in which `whom` names the server."""
    try:
        answer = await post(http, url, question, seconds=PATIENCE_SECONDS)
        if not answer.ok:
            return Unseen(f"{whom} answers with status {answer.status}")
        return orjson.loads(answer.body)
    except httpx.TimeoutException:
        return Unseen(f"{whom} does not answer within {PATIENCE_SECONDS:g} s")
    except (ValueError, TooLarge):
        return Unseen(f"{whom} answers with something that is no answer")
    except (httpx.HTTPError, httpx.InvalidURL):
        return Unseen(f"{whom} cannot be reached")
