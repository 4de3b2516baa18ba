"""One HTTP exchange, limited in time and size, whose faults each have a message and a cause."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import orjson

from gate import exchange
from gate.observations.unobserved import Cause
from gate.probes.unseen import BusyError, LargeError, SlowError, UnseenError
from gate.probes.world import World
from gate.secret import Address

EXCHANGE_SECONDS = 15.0
BROKEN_OFF = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
LARGEST_ANSWER = 64 * 1024 * 1024


class BrokenOffError(BusyError):
    """The server closed the connection before it had answered."""


class GatewayTimeoutError(BusyError, SlowError):
    """A gateway in front of the server did not wait for its answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(exchange.Answer):
    """A complete answer; its status is 200 unless any status was accepted."""

    def json(self, address: Address, *, exactly: bool = False) -> Any:
        """Parses the body; anything but JSON, such as a login page with status 200, is a bad answer.

        With `exactly`, no number loses a digit: fractions are decimals, and integers have any length.
        """
        try:
            return json.loads(self.body, parse_float=Decimal) if exactly else orjson.loads(self.body)
        except (ValueError, ArithmeticError, RecursionError) as error:
            kind = self.headers.get("content-type", "no content type").split(";")[0]
            raise UnseenError(
                f"{address} answers {self.status} with {kind}, not with JSON", Cause.BAD_ANSWER
            ) from error


async def get(world: World, address: Address) -> Answer:
    """The answer to a GET."""
    return await _exchange(world, world.http.build_request("GET", address.reveal()), address)


async def post(
    world: World, address: Address, body: object, headers: Mapping[str, str], *, any_status: bool = False
) -> Answer:
    """The answer to a POST of JSON; with `any_status` also the body of an error."""
    request = exchange.asked(world.http, address.reveal(), body, headers)
    return await _exchange(world, request, address, any_status=any_status)


async def _exchange(
    world: World, request: httpx.Request, address: Address, *, any_status: bool = False
) -> Answer:
    """Sends a request and reads the whole answer."""
    seconds = min(EXCHANGE_SECONDS, world.remaining)

    def demanded(response: httpx.Response) -> None:
        if not any_status:
            demand_ok(response.status_code, response.headers, address)

    try:
        answer = await exchange.exchange(
            world.http, request, seconds=seconds, most=LARGEST_ANSWER, before=demanded
        )
        return Answer(status=answer.status, headers=answer.headers, body=answer.body)
    except httpx.TimeoutException as error:
        if seconds < EXCHANGE_SECONDS:
            raise UnseenError(
                f"{address} had not answered when the gate's time was up", Cause.DEADLINE
            ) from error
        raise SlowError(f"{address} did not answer within {seconds:g} s", Cause.TIMEOUT) from error
    except BROKEN_OFF as error:
        words = str(error) or type(error).__name__
        raise BrokenOffError(f"{address} broke off: {words}", Cause.UNREACHABLE) from error
    except exchange.TooLarge as error:
        raise LargeError(f"{address} answers with {error}", Cause.BAD_ANSWER) from error
    except httpx.TransportError as error:
        words = str(error) or type(error).__name__
        raise UnseenError(f"{address} cannot be reached: {words}", Cause.UNREACHABLE) from error


def demand_ok(status: int, headers: httpx.Headers, address: Address) -> None:
    """Raises for anything but status 200."""
    if 300 <= status < 400:
        goal = _goal(headers.get("location", ""))
        raise UnseenError(f"{address} redirects with status {status}{goal}", Cause.BAD_ANSWER)
    if status in {401, 402, 403}:
        raise UnseenError(f"{address} denies access with status {status}", Cause.DENIED)
    if status == 413:
        raise LargeError(f"{address} is asked for too much: status {status}", Cause.BAD_ANSWER)
    if status == 429:
        raise BusyError(f"{address} is asked too often: status {status}", Cause.UNREACHABLE)
    if status == 500:
        raise BusyError(f"{address} answers with status {status}", Cause.BAD_ANSWER)
    if status in {408, 504, 524}:
        raise GatewayTimeoutError(f"{address} has nothing behind it: status {status}", Cause.UNREACHABLE)
    if status in {502, 503}:
        raise BusyError(f"{address} has nothing behind it: status {status}", Cause.UNREACHABLE)
    if status != 200:
        raise UnseenError(f"{address} answers with status {status}", Cause.BAD_ANSWER)


def _goal(location: str) -> str:
    """Where a redirect leads, if known."""
    try:
        host, origin = Address(location).parts.hostname, str(Address(location))
    except ValueError:
        return ""
    return f" to {origin}" if host else ""
