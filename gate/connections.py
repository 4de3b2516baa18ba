"""HTTP clients that read what certificates are held against once, and only when a server has to show one.

Reading it takes as long as twenty questions, and belts on one machine are asked without encryption.
"""

import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx

Trust = Callable[[], ssl.SSLContext]


class Encrypted(httpx.AsyncBaseTransport):
    """The way to every https address; it is laid when the first of them is asked."""

    def __init__(self, trust: Trust, **options: Any) -> None:
        """`trust` reads what is trusted; `options` are the others of httpx's own transport."""
        self._trust = trust
        self._options = options
        self._way: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """What the server answers whose certificate holds."""
        if self._way is None:
            self._way = httpx.AsyncHTTPTransport(verify=self._trust(), **self._options)
        return await self._way.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes what was opened."""
        if self._way is not None:
            await self._way.aclose()


@cache
def certified() -> ssl.SSLContext:
    """The authorities that httpx comes with, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


def ways(trust: Trust = certified, **options: Any) -> dict[str, Any]:
    """How a client of httpx reaches its addresses, as its arguments; what is not https trusts nobody."""
    plain = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **options)
    return {"transport": plain, "mounts": {"https://": Encrypted(trust, **options)}, "trust_env": False}
