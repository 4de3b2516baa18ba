"""How far a belt is, as it tells everybody who asks."""

from collections.abc import Mapping
from typing import Any

import httpx

from gate.beacon.ask import ask, client
from gate.beacon.unseen import Unseen

QUESTION = {"query": "{ _meta { chainId progressBlock } }"}
WHOM = "the belt"
SOCKET = "unix//"
DIGITS = 15

Committed = Mapping[int, int]


class Belts:
    """Asks whichever belt serves, over TCP or over the unix socket that it listens on."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """A socket needs a client of its own, which is kept: there are no more of them than belts."""
        self._http = http
        self._behind_sockets: dict[str, httpx.AsyncClient] = {}

    async def committed(self, dial: str) -> Committed | Unseen:
        """The last block that the belt has committed, by chain."""
        if dial.startswith(SOCKET):
            if dial not in self._behind_sockets:
                self._behind_sockets[dial] = client(dial.removeprefix("unix/"))
            answer = await ask(self._behind_sockets[dial], "http://belt/v1/graphql", QUESTION, WHOM)
        else:
            answer = await ask(self._http, f"http://{dial}/v1/graphql", QUESTION, WHOM)
        return answer if isinstance(answer, Unseen) else _heights(answer)

    async def close(self) -> None:
        """Ends the connections that are its own."""
        for http in self._behind_sockets.values():
            await http.aclose()


def _heights(answer: Any) -> Committed | Unseen:
    try:
        rows = answer["data"]["_meta"]
        heights = {_whole(row["chainId"]): _whole(row["progressBlock"]) for row in rows}
    except (KeyError, TypeError, ValueError):
        return Unseen("the belt answers without its chains")
    return heights


def _whole(value: object) -> int:
    """A whole number, which a server may send as a number or as a text, and none that JSON could not hold."""
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > DIGITS:
        raise TypeError(f"{type(value).__name__} is no whole number")
    return int(value)
