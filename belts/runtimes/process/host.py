"""The belts and gateways below one directory of a host, as the gate asks for them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from belts.database_url import database_url
from belts.runtimes.audited import Audited
from belts.runtimes.cost import Census
from belts.runtimes.lease import Lease, Unreadable
from belts.runtimes.process import lease_files
from belts.runtimes.process.files import ballast, lock, secrets, sockets
from belts.runtimes.process.files.layout import Layout, homes
from belts.runtimes.process.progress import note
from belts.runtimes.process.seed import seed_note
from belts.runtimes.process.wire import recorded
from belts.runtimes.relayed import Relayed
from belts.spec.edge import Edge
from belts.spec.engine import Engine


@dataclass(frozen=True, slots=True)
class Host:
    """One directory of belts; each has its home in it."""

    root: Path

    def here(self, belt: str) -> bool:
        return self._home(belt).is_dir()

    def leases(self) -> Iterator[tuple[str, Lease | Unreadable]]:
        for home in self._homes():
            for held in lease_files.of_belt(home):
                yield home.name, held

    def lease(self, belt: str, *, gateway: str) -> Lease | Unreadable | None:
        return lease_files.of_gateway(self._home(belt), gateway=gateway)

    def goes(self, belt: str) -> bool:
        return lease_files.goes(self._home(belt))

    def expect(self, belt: str, *, gateway: str) -> None:
        self._make_room(gateway)
        if self.here(belt):
            lease_files.expect(self._home(belt), gateway=gateway)
            self._rank(belt)

    def serve(self, belt: str, *, gateway: str) -> None:
        self._make_room(gateway)
        if self.here(belt):
            lease_files.serve(self._home(belt), gateway=gateway)
            self._rank(belt)

    def soak(self, belt: str, *, gateway: str, until: datetime) -> None:
        self._make_room(gateway)
        if self.here(belt):
            lease_files.soak(self._home(belt), gateway=gateway, until=until)
            self._rank(belt)

    def miss(self, belt: str, *, gateway: str, time: timedelta) -> None:
        lease_files.miss(self._home(belt), gateway=gateway, time=time)

    def forget(self, belt: str, *, gateway: str) -> None:
        self._make_room(gateway)
        if self.here(belt):
            lease_files.forget(self._home(belt), gateway=gateway)
            self._rank(belt)

    def end(self, *, gateway: str, at: datetime) -> None:
        """A lease that says nothing any more keeps its own belt, and not the gateway from ending."""
        unwritten: list[OSError] = []
        for home in self._homes():
            held = lease_files.of_gateway(home, gateway=gateway)
            if held is None:
                continue
            try:
                lease_files.end(home, gateway=gateway, at=at)
            except OSError as why:
                unwritten += [why] if isinstance(held, Lease) else []
                note(f"{home.name}: its lease for {gateway} cannot be ended, and holds it ({why.strerror})")
            self._rank(home.name)
        for one in unwritten:
            raise one

    def graphql(self) -> Mapping[str, str]:
        asked = recorded.of_host(self.root).requests
        return {each.belt: each.body.graphql for each in asked if isinstance(each.body, Engine | Edge)}

    def seeded(self, belt: str) -> int:
        layout = self._layout(belt)
        edges = (each.body for each in recorded.look(layout).requests if isinstance(each.body, Edge))
        edge = next(edges, None)
        return seed_note.seeded(layout) if edge is None else edge.seed.number

    def drain(self, belt: str) -> str | None:
        from belts.runtimes.process.supervise import drain  # noqa: PLC0415 -- the supervisor's client is needed for this alone

        return drain.sockets(self._layout(belt))

    def ledger(self, gateway: str, *, owner: bool = False) -> str | None:
        from belts.runtimes.process.database.roles import SUPERUSER  # noqa: PLC0415
        from belts.runtimes.process.parts.ledger import ROLE  # noqa: PLC0415 -- the client of Postgres takes long to load
        from belts.runtimes.process.parts.postgres import DATABASE  # noqa: PLC0415

        layout, (role, name) = self._layout(gateway), (SUPERUSER, "superuser") if owner else (ROLE, ROLE)
        password = secrets.known(layout).get(name)
        ports = [request.body.ports[0] for request in recorded.of_belt(layout) if request.part == "ledger"]
        if password is None or not ports:
            return None
        where = str(sockets.for_host(layout))
        return database_url(login=role, password=password, host=where, port=ports[0], database=DATABASE)

    def kept(self, gateway: str, name: str) -> str | None:
        return secrets.known(self._layout(gateway)).get(name) or None

    def keep(self, gateway: str, name: str, fresh: str) -> str | None:
        layout = self._layout(gateway)
        if not layout.home.is_dir():
            return None
        with lock.of_belt(layout):
            found = self.kept(gateway, name)
            if found is None:
                secrets.keep(layout, name, fresh)
            return found or fresh

    def beside(self, gateway: str) -> Path:
        return self._home(gateway) / "status-endpoint"

    def census(self) -> Census:
        from belts.runtimes.process.guards import siblings  # noqa: PLC0415 -- its guards and their clients are needed for this alone

        return siblings.census(self.root)

    def relayed(self, belt: str) -> Relayed | None:
        from belts.runtimes.process.parts import relay  # noqa: PLC0415 -- its supervisor's client is needed for this alone

        return relay.said(self._layout(belt))

    def audited(self) -> Audited:
        from belts.runtimes.process import audited  # noqa: PLC0415 -- its parts and their clients are needed for this alone

        return audited.Audited(self.root)

    def _make_room(self, gateway: str) -> None:
        """A lease is written on a full disk too: a move that was cut off is ended before another begins."""
        ballast.give_up(self._layout(gateway))

    def _rank(self, belt: str) -> None:
        """Who goes first when memory is short: by whether it serves, soaks or does neither."""
        from belts.runtimes.process.supervise import ranks  # noqa: PLC0415 -- the supervisor's client is needed for this alone

        with suppress(OSError):
            ranks.spread(self._layout(belt))

    def _layout(self, name: str) -> Layout:
        return Layout(root=self.root, belt=name)

    def _home(self, name: str) -> Path:
        return self.root / name

    def _homes(self) -> list[Path]:
        return homes(self.root)
