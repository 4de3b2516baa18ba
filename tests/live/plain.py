"""Questions to servers on this machine, each on a connection of its own, without a look at certificates.

httpx reads all authorities whenever it is asked for anything, which takes longer than any of these servers.
"""

from typing import Any

import httpx

from gate.connections import no_authority


def get(url: str, **options: Any) -> httpx.Response:
    return httpx.get(url, verify=no_authority(), **options)


def post(url: str, **options: Any) -> httpx.Response:
    return httpx.post(url, verify=no_authority(), **options)


def client(**options: Any) -> httpx.Client:
    return httpx.Client(verify=no_authority(), **options)


def async_client(**options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=no_authority(), **options)
