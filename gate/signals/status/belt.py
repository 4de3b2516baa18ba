"""Asks a belt how far it is, as any consumer can."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from belts.envio.release import META
from gate.signals.status.request import ask, client
from gate.signals.status.unseen import Unseen

HEIGHT, END = META.field("progress_block"), META.field("end_block")
QUESTION = {"query": f"{{ {META.name} {{ {META.chain} {HEIGHT} {END} }} }}"}
WHOM = "the belt"
SOCKET = "unix//"
DIGITS = 15

Committed = Mapping[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """How far a belt has come on a chain, and whether it has reached the end that its config sets."""

    height: int
    ended: bool


class Belts:
    """Asks the serving belt, over TCP or over the unix socket that it listens on."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Each socket gets a client of its own, which is kept: there are no more of them than belts."""
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

    async def reached(self, url: str) -> Mapping[int, Reached] | Unseen:
        """The same for a belt at its GraphQL URL, and whether that is its end."""
        answer = await ask(self._http, url, QUESTION, WHOM)
        return answer if isinstance(answer, Unseen) else _reached(answer)

    async def close(self) -> None:
        """Closes its own connections."""
        for http in self._behind_sockets.values():
            await http.aclose()


def _heights(answer: Any) -> Committed | Unseen:
    found = _reached(answer)
    return found if isinstance(found, Unseen) else {chain: at.height for chain, at in found.items()}


def _reached(answer: Any) -> Mapping[int, Reached] | Unseen:
    try:
        rows = {_whole(row[META.chain]): row for row in answer["data"][META.name]}
        return {chain: _row(row) for chain, row in rows.items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unseen("the belt answers without its chains")


def _row(row: Any) -> Reached:
    height, end = _whole(row[HEIGHT]), row.get(END)
    return Reached(height=height, ended=end is not None and height >= _whole(end))


def _whole(value: object) -> int:
    """A whole number, sent as a number or as text, that JSON can represent."""
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > DIGITS:
        raise TypeError(f"{type(value).__name__} is no whole number")
    return int(value)
