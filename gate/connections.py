"""How the gate's HTTP clients reach servers: one pool of connections for each of them.

A pool looks at every connection that it holds whenever one is asked for, so one for all servers would spend
more on looking than on asking. What certificates are held against is read once, and only when a server has to
show one: belts on one machine are asked without encryption.
"""

import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx

Trust = Callable[[], ssl.SSLContext]


class PerServer(httpx.AsyncBaseTransport):
    """A transport for each server, made when it is first asked; what is not https trusts no authority."""

    def __init__(self, trust: Trust, **options: Any) -> None:
        """`trust` reads what is trusted; `options` are those of httpx's own transport, for each server."""
        self._trust = trust
        self._options = options
        self._transports: dict[tuple[str, str, int | None], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """What the server answers, where it is encrypted by a certificate that holds."""
        server = request.url.scheme, request.url.host, request.url.port
        if server not in self._transports:
            trusted = self._trust() if request.url.scheme == "https" else no_authority()
            self._transports[server] = httpx.AsyncHTTPTransport(verify=trusted, **self._options)
        return await self._transports[server].handle_async_request(request)

    async def aclose(self) -> None:
        """Closes every connection."""
        for transport in self._transports.values():
            await transport.aclose()


@cache
def certified() -> ssl.SSLContext:
    """The authorities that httpx comes with, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def no_authority() -> ssl.SSLContext:
    """No authority at all: whatever certificate is shown, it does not hold."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client_options(trust: Trust = certified, **options: Any) -> dict[str, Any]:
    """How a client of httpx reaches its servers, as its arguments."""
    return {"transport": PerServer(trust, **options), "trust_env": False}
