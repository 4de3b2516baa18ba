"""One question over HTTP, bounded in time and in size, whose every fault is a value."""

import asyncio
import ssl
from functools import cache
from typing import Any

import httpx
import orjson

from gate.beacon.unseen import Unseen
from gate.connections import ways

AGENT = "belts-beacon"
"""By this name a belt knows that it is the beacon who reads, and no consumer."""

PATIENCE_SECONDS = 2.0
LARGEST_ANSWER = 256 * 1024
JSON = {"content-type": "application/json"}


def client(socket: str | None = None) -> httpx.AsyncClient:
    """A client that asks in the beacon's name: over TCP, or over a unix socket."""
    limits = httpx.Limits(max_connections=64, keepalive_expiry=30)
    return httpx.AsyncClient(
        **ways(_trusted, uds=socket, limits=limits),
        headers={"user-agent": AGENT, "accept-encoding": "identity"},
        timeout=PATIENCE_SECONDS,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that httpx comes with, or those that the environment names."""
    return httpx.create_ssl_context()


async def ask(http: httpx.AsyncClient, url: str, question: object, whom: str) -> Any:
    """The JSON that is answered to a POST of JSON, or `Unseen`, in which `whom` names who was asked."""
    try:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            http.stream("POST", url, content=orjson.dumps(question), headers=JSON) as response,
        ):
            if response.status_code != httpx.codes.OK:
                return Unseen(f"{whom} answers with status {response.status_code}")
            return orjson.loads(await _bounded(response))
    except (TimeoutError, httpx.TimeoutException):
        return Unseen(f"{whom} does not answer within {PATIENCE_SECONDS:g} s")
    except (httpx.HTTPError, httpx.InvalidURL):
        return Unseen(f"{whom} cannot be reached")
    except ValueError:
        return Unseen(f"{whom} answers with something that is no answer")


async def _bounded(response: httpx.Response) -> bytes:
    """The body, as long as it is no larger than any honest answer; what is cut off is no JSON."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            return b""
    return bytes(body)
