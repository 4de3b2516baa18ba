"""One HTTP exchange, with a bound on its time and size, whose every fault has words and a cause."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from gate.observations.unobserved import Cause
from gate.probes.unseen import BusyError, UnseenError
from gate.probes.world import World
from gate.secret import Address

EXCHANGE_SECONDS = 15.0
BROKEN_OFF = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
LARGEST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A complete answer with status 200."""

    headers: httpx.Headers
    body: bytes

    def json(self, address: Address) -> Any:
        """The body as JSON; anything else, such as a login page with status 200, is a bad answer."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            kind = self.headers.get("content-type", "no content type").split(";")[0]
            raise UnseenError(
                f"{address} answers 200 with {kind}, not with JSON", Cause.BAD_ANSWER
            ) from error


async def get(world: World, address: Address) -> Answer:
    """What the address answers to a GET."""
    return await _exchange(world, world.http.build_request("GET", address.reveal()), address)


async def post(world: World, address: Address, body: object, headers: Mapping[str, str]) -> Answer:
    """What the address answers to a POST of JSON."""
    request = world.http.build_request(
        "POST",
        address.reveal(),
        content=orjson.dumps(body),
        headers={"content-type": "application/json", "accept": "application/json", **headers},
    )
    return await _exchange(world, request, address)


async def _exchange(world: World, request: httpx.Request, address: Address) -> Answer:
    """Sends a request and reads its whole answer; redirects are not followed, because consumers would not."""
    seconds = min(EXCHANGE_SECONDS, world.remaining)
    try:
        async with asyncio.timeout(seconds):
            response = await world.http.send(request, stream=True)
            try:
                _demand_ok(response, address)
                return Answer(headers=response.headers, body=await _bounded(response, address))
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException) as error:
        if seconds < EXCHANGE_SECONDS:
            raise UnseenError(
                f"{address} had not answered when the gate's time was up", Cause.DEADLINE
            ) from error
        raise UnseenError(f"{address} did not answer within {seconds:g} s", Cause.TIMEOUT) from error
    except BROKEN_OFF as error:
        words = str(error) or type(error).__name__
        raise BusyError(f"{address} broke off: {words}", Cause.UNREACHABLE) from error
    except httpx.TransportError as error:
        words = str(error) or type(error).__name__
        raise UnseenError(f"{address} cannot be reached: {words}", Cause.UNREACHABLE) from error


def _demand_ok(response: httpx.Response, address: Address) -> None:
    """Refuses everything but a plain 200."""
    status = response.status_code
    if response.has_redirect_location or 300 <= status < 400:
        goal = _goal(response.headers.get("location", ""))
        raise UnseenError(f"{address} redirects with status {status}{goal}", Cause.BAD_ANSWER)
    if status in {401, 403}:
        raise UnseenError(f"{address} denies access with status {status}", Cause.DENIED)
    if status == 429:
        raise BusyError(f"{address} is asked too often: status {status}", Cause.UNREACHABLE)
    if status == 500:
        raise BusyError(f"{address} answers with status {status}", Cause.BAD_ANSWER)
    if status in {502, 503, 504}:
        raise BusyError(f"{address} has nothing behind it: status {status}", Cause.UNREACHABLE)
    if status != 200:
        raise UnseenError(f"{address} answers with status {status}", Cause.BAD_ANSWER)


def _goal(location: str) -> str:
    """Where a redirect leads to, where that can be told."""
    try:
        host, origin = Address(location).parts.hostname, str(Address(location))
    except ValueError:
        return ""
    return f" to {origin}" if host else ""


async def _bounded(response: httpx.Response, address: Address) -> bytes:
    """The body, unless it is larger than any honest answer to a question of the gate."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise UnseenError(f"{address} answers with more than {LARGEST_ANSWER} bytes", Cause.BAD_ANSWER)
    return bytes(body)
