"""What every connection of one engine shares."""

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from belts.engine.clients.accounts import Account, Accounts
from belts.engine.clients.address import client_of
from belts.engine.clients.held import Held
from belts.engine.clients.kept import Kept
from belts.engine.clients.pace import Pace
from belts.engine.clients.turns import Busy, Turns
from belts.engine.clients.unread import Unread
from belts.engine.errors import AccessDenied
from belts.engine.garbage import Garbage
from belts.engine.metadata.store import Store
from belts.engine.planner.process import Planner
from belts.engine.postgres.credentials import Credentials
from belts.engine.postgres.database import Database
from belts.engine.serve.health import Healthy
from belts.engine.serve.live import LiveQueries
from belts.engine.serve.preparing import Preparing
from belts.engine.serve.readers import Readers
from belts.engine.serve.remembering import Remembering
from belts.engine.serve.roles import Session, headers_of, session_of
from belts.engine.serve.sealing import asked_by_the_gate
from belts.engine.serve.sockets import Sockets
from belts.engine.serve.state import State
from belts.engine.serve.streams import Streams
from belts.engine.settings import Settings

Scope = MutableMapping[str, Any]


class Limited(Busy):
    """The client asks more often than its gateway lets it."""

    def __init__(self, rate: int, account: Account) -> None:
        super().__init__(
            f"more than {rate} operations a second were asked for from this address",
            code="rate-limit-exceeded",
        )
        self.account = account


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who asks: in which role, on whose account, and from where."""

    session: Session
    account: Account
    address: Account
    rate: int


class Serving:
    """The database, the state, the polls, the open sockets and who reads."""

    def __init__(self, settings: Settings, planner: Planner) -> None:
        limits = settings.limits
        self.settings = settings
        self.credentials = Credentials(settings)
        self.database = Database(settings, self.credentials)
        self.state = State(settings, self.database, Store(settings.metadata_file), self.replan)
        self.garbage = Garbage()
        self.planner = planner
        self.preparing = Preparing(planner)
        self.accounts = Accounts()
        self.turns = Turns(
            settings.connections,
            patience=limits.acquire_timeout.total_seconds(),
            deadline=limits.operation_timeout.total_seconds(),
        )
        kept = Kept(limits.kept_bytes)
        self.unread = Unread(limits.unread_bytes, kept=kept)
        self.pace = Pace()
        self.live = LiveQueries(self.database, settings.live_interval, self.turns, self.pace)
        self.streams = Streams(self.database, settings.stream_interval, self.turns, self.pace)
        self.health = Healthy(self._drifted)
        self._proxies = frozenset(settings.trusted_proxies)
        self.held = Held(limits.held_bytes, kept)
        self.sockets = Sockets(limits.sockets)
        self.readers = Readers(self._proxies)
        self.remembering = Remembering(self.readers, settings.metadata_file)

    def session(self, headers: Mapping[str, str]) -> Session:
        """Who asks with these headers."""
        return session_of(headers, self.credentials, self.settings.unauthorized_role)

    def asker(self, scope: Scope) -> Asker:
        """Who asks with this request; refuses who asks too often, whatever it says of itself."""
        client = client_of(scope, self._proxies)
        address = self.accounts.of(client)
        try:
            session = self.session(headers_of(scope))
        except AccessDenied:
            # Guesses at the secret are as many as questions.
            self.spend(address, client.rate)
            raise
        trusted = session.proved or asked_by_the_gate(scope, self.credentials)
        account = self.accounts.trusted if trusted else address
        self.spend(account, client.rate)
        return Asker(session=session, account=account, address=address, rate=client.rate)

    def stranger(self, scope: Scope) -> Asker:
        """Who has yet to say who it is: nobody in particular, from this address."""
        client = client_of(scope, self._proxies)
        address = self.accounts.of(client)
        return Asker(session=Session(role=""), account=address, address=address, rate=client.rate)

    def spend(self, account: Account, rate: int) -> None:
        """One more operation of this client, at once or not at all."""
        self.demand_rate(account, rate)
        most = self.settings.limits.address_operations
        if account.operations >= most and not account.trusted:
            raise Busy(f"{most} operations of this address have not ended", code="operation-limit-exceeded")

    def demand_rate(self, account: Account, rate: int) -> None:
        """One more operation within what the gateway lets this client ask in a second."""
        if not account.spends(rate, self.accounts.clock()):
            raise Limited(rate, account)

    async def _drifted(self) -> tuple[object, ...]:
        async with self.turns.turn(self.accounts.trusted):
            return await self.state.drifted()

    def full(self, asker: Asker) -> str | None:
        """Why this client gets no further socket, or None; where all are taken, one of who has most is."""
        limits, address = self.settings.limits, asker.address
        if asker.account.trusted:
            return None
        if address.sockets >= limits.address_sockets:
            return f"{limits.address_sockets} sockets of this address are open"
        if address.idle >= limits.idle_sockets:
            return f"{limits.idle_sockets} sockets of this address are idle"
        return None if self.sockets.room(address) else f"{limits.sockets} sockets are open"

    def replan(self) -> None:
        """Every socket looks again at what it may still ask, once the change is done."""
        self.health.forget()
        self.garbage.changed()
        asyncio.get_running_loop().call_soon(self._replan)

    def _replan(self) -> None:
        for socket in self.sockets:
            socket.replan()

    def close_sockets(self) -> None:
        """Sends every subscriber away: it connects again, to wherever the way leads by then."""
        for socket in self.sockets:
            socket.close(1001, "going away")
