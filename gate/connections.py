"""Transports of the gate's HTTP clients: one pool of connections per server.

A pool checks all its connections on every request, so one pool for all servers would spend more time on that
than on requests. Certificate authorities are loaded once, and only when a server has to show a certificate:
belts on one machine are asked without encryption.
"""

import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx

Trust = Callable[[], ssl.SSLContext]


class PerServer(httpx.AsyncBaseTransport):
    """A transport for each server, made on its first request; without https it trusts no authority."""

    def __init__(self, trust: Trust, **options: Any) -> None:
        """`trust` loads what is trusted; `options` are those of httpx's own transport, for each server."""
        self._trust = trust
        self._options = options
        self._transports: dict[tuple[str, str, int | None], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The server's response; with https, its certificate must be valid."""
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
    """The authorities of httpx, ignoring the environment."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def no_authority() -> ssl.SSLContext:
    """No authority at all, so that any certificate is invalid."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client_options(trust: Trust = certified, **options: Any) -> dict[str, Any]:
    """Arguments of an httpx client that set how it reaches servers."""
    return {"transport": PerServer(trust, **options), "trust_env": False}
