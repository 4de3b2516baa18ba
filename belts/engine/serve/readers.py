"""Who asks the engine, and when last: bounded, so that a belt is not retired under its readers.

An engine that is started anew goes on from what the one before it has kept (`remembering`).
Whoever calls itself `belts-…` is one of our own (the gate, the host) and counts as nobody. A client is its
address, as its turns and limits have it, and its user agent. When too many have asked of
late, further ones are counted together: a flood of names hides nobody who was there before it.
"""

import time
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from belts.engine.clients.address import client_of, named
from belts.engine.plan.nodes import Json

WINDOW = timedelta(minutes=10)
MOST = 500
OTHERS = ("others", b"", "others")
"""By which those go that are counted together."""
OWN = b"belts-"
_LONGEST = 200
_PURGE_S = 1.0

Scope = MutableMapping[str, Any]
Key = tuple[str, bytes, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """One client as it is remembered; `last` is None where it read to the end."""

    key: Key
    asked: int
    last: float | None


@dataclass(kw_only=True, eq=False, slots=True)
class Reader:
    """One client: how often it asked, when last, and how many sockets it has open."""

    address: str
    agent: str
    asked: int = 0
    last: float = 0.0
    sockets: int = 0

    def recent(self, now: float) -> bool:
        """Whether it still reads, as far as can be told."""
        return self.sockets > 0 or (self.asked > 0 and now - self.last <= WINDOW.total_seconds())


class Readers:
    """All clients of one engine, up to a number."""

    def __init__(self, proxies: frozenset[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._proxies = proxies
        self._clock = clock
        self._began = clock()
        self._purged = self._began
        self._known: dict[Key, Reader] = {}
        self._others = Reader(address="others", agent="")

    def asked(self, scope: Scope) -> None:
        """One more question of this client."""
        reader = self._reader(scope)
        if reader is not None:
            reader.asked += 1
            reader.last = self._clock()

    def joined(self, scope: Scope) -> Reader | None:
        """This client has opened a socket; to be given back when it closes."""
        reader = self._reader(scope)
        if reader is not None:
            reader.asked += 1
            reader.sockets += 1
        return reader

    def left(self, reader: Reader | None) -> None:
        """A socket has closed."""
        if reader is not None:
            reader.sockets -= 1
            reader.last = self._clock()

    def as_json(self) -> Json:
        """Those who read now or did so of late, and for how long anything is known at all."""
        now = self._clock()
        recent = [each for each in (*self._known.values(), self._others) if each.recent(now)]
        return {
            "knownForSeconds": round(now - self._began, 3),
            "readers": [
                {
                    "address": each.address,
                    "agent": each.agent,
                    "asked": each.asked,
                    "secondsAgo": None if each.sockets else round(now - each.last, 3),
                    "sockets": each.sockets,
                }
                for each in sorted(recent, key=lambda each: (each.address, each.agent))
            ],
        }

    def past(self) -> tuple[float, tuple[Past, ...]]:
        """Since when anything is known, and who has read of late; those counted together are one."""
        now = self._clock()
        return self._began, tuple(
            Past(key=key, asked=each.asked, last=None if each.sockets else each.last)
            for key, each in (*self._known.items(), (OTHERS, self._others))
            if each.recent(now)
        )

    def recall(self, began: float, past: Iterable[Past]) -> None:
        """Goes on from there."""
        now = self._clock()
        self._began = min(self._began, began)
        for each in past:
            reader = self._others if each.key == OTHERS else self._known.get(each.key) or self._new(each.key)
            reader.asked += each.asked
            reader.last = max(reader.last, now if each.last is None else min(now, each.last))

    def _reader(self, scope: Scope) -> Reader | None:
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
        if agent.startswith(OWN):
            return None
        peer = scope.get("client")
        key = (peer[0] if peer else "", agent[:_LONGEST], client_of(scope, self._proxies).name)
        return self._known.get(key) or self._new(key)

    def _new(self, key: Key) -> Reader:
        if len(self._known) >= MOST:
            self._purge()
        if len(self._known) >= MOST:
            return self._others
        host, agent, client = key
        address = host if client in (host, named(host)) else f"{client} through {host}"
        reader = self._known[key] = Reader(address=address, agent=agent.decode("latin-1"))
        return reader

    def _purge(self) -> None:
        """Forgets who has not asked for long; not at every question of a flood."""
        now = self._clock()
        if now - self._purged < _PURGE_S:
            return
        self._purged = now
        self._known = {key: each for key, each in self._known.items() if each.recent(now)}
