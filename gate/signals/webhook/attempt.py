"""One attempt to deliver an announcement, limited in time, whose faults are returned as values."""

import asyncio
from dataclasses import dataclass

import httpx

from gate.connections import client_options
from gate.secret import Address
from gate.signals.webhook.payload import Payload

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """The result: the listener's status, or why there is none."""

    status: int | None = None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        """True if the listener accepted it."""
        return self.status is not None and httpx.codes.is_success(self.status)

    def __str__(self) -> str:
        """The outcome in words."""
        return f"status {self.status}" if self.error is None else self.error


async def deliver(listener: Address, sent: Payload, *, seconds: float = PATIENCE_SECONDS) -> Attempt:
    """Sends it once. Redirects are not followed, because only the operator names the listener.

    The body of the answer is not read.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(**client_options(), timeout=seconds) as http,
            http.stream("POST", listener.reveal(), content=sent.body, headers=dict(sent.headers)) as response,
        ):
            return Attempt(status=response.status_code)
    except (TimeoutError, httpx.TimeoutException):
        return Attempt(error=f"no answer within {seconds:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Attempt(error=f"no answer ({type(error).__name__})")
