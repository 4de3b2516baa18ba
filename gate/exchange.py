"""One HTTP exchange, limited as a whole in time and in size. Its faults are httpx's own."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from belts.refusal import Caught
from gate.amounts import amount

NONE: Mapping[str, str] = {}
LARGEST_ANSWER = 256 * 1024


class TooLarge(Caught, httpx.HTTPError):
    """The answer is larger than any honest one; reading stopped there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A complete answer, whatever its status."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def ok(self) -> bool:
        """True if its status is 200."""
        return self.status == httpx.codes.OK


def asked(
    client: httpx.AsyncClient, url: str, document: object, headers: Mapping[str, str] = NONE
) -> httpx.Request:
    """A POST of JSON."""
    form = {"content-type": "application/json", "accept": "application/json", **headers}
    return client.build_request("POST", url, content=orjson.dumps(document), headers=form)


async def post(
    client: httpx.AsyncClient,
    url: str,
    document: object,
    *,
    seconds: float,
    headers: Mapping[str, str] = NONE,
    most: int = LARGEST_ANSWER,
) -> Answer:
    """The answer to a POST of JSON."""
    return await exchange(client, asked(client, url, document, headers), seconds=seconds, most=most)


async def exchange(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    seconds: float,
    most: int = LARGEST_ANSWER,
    before: Callable[[httpx.Response], Any] = lambda _: None,
) -> Answer:
    """Sends a request and reads the whole answer; `before` gets the response before its body is read.

    httpx limits each step alone, so a server that sends a byte now and then could delay the end forever.
    Redirects are not followed, because consumers would not.
    """
    try:
        async with asyncio.timeout(seconds):
            response = await client.send(request, stream=True)
            try:
                before(response)
                body = await _bounded(response, most)
                return Answer(status=response.status_code, headers=response.headers, body=body)
            finally:
                await response.aclose()
    except TimeoutError as late:
        raise httpx.ReadTimeout(f"no whole answer within {seconds:g} s", request=request) from late


async def _bounded(response: httpx.Response, most: int) -> bytes:
    # An uncompressed answer was requested, so nothing is unpacked: a small body may expand without limit.
    plain = response.request.headers.get("accept-encoding") == "identity"
    body = bytearray()
    async for chunk in response.aiter_raw() if plain else response.aiter_bytes():
        body += chunk
        if len(body) > most:
            raise TooLarge(f"more than {amount(most, 'byte')}")
    return bytes(body)
