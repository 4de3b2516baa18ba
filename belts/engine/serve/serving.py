"""What every connection of one engine shares."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from belts.engine.metadata.store import Store
from belts.engine.postgres.credentials import Credentials
from belts.engine.postgres.database import Database
from belts.engine.serve.live import LiveQueries
from belts.engine.serve.readers import Readers
from belts.engine.serve.roles import Session, session_of
from belts.engine.serve.state import State
from belts.engine.serve.streams import Streams
from belts.engine.settings import Settings


class Closable(Protocol):
    """A connection that stays open."""

    def close(self, code: int, reason: str) -> None:
        """Asks for it to be closed."""

    def replan(self) -> None:
        """Tells it that the metadata changed."""


class Serving:
    """The database, the state, the polls, the open sockets and who reads."""

    def __init__(self, settings: Settings) -> None:
        # Polls leave half of the connections to those who wait for an answer.
        at_once = max(1, settings.connections // 2)
        self.settings = settings
        self.credentials = Credentials(settings)
        self.database = Database(settings, self.credentials)
        self.state = State(settings, self.database, Store(settings.metadata_file), self.replan)
        self.live = LiveQueries(self.database, settings.live_interval, at_once=at_once)
        self.streams = Streams(self.database, settings.stream_interval, at_once=at_once)
        self.sockets: set[Closable] = set()
        self.readers = Readers()

    def session(self, headers: Mapping[str, str]) -> Session:
        """Who asks with these headers."""
        return session_of(headers, self.credentials, self.settings.unauthorized_role)

    def replan(self) -> None:
        """Every socket looks again at what it may still ask, once the change is done."""
        asyncio.get_running_loop().call_soon(self._replan)

    def _replan(self) -> None:
        for socket in tuple(self.sockets):
            socket.replan()

    def close_sockets(self) -> None:
        """Sends every subscriber away: it connects again, to wherever the way leads by then."""
        for socket in tuple(self.sockets):
            socket.close(1001, "going away")
