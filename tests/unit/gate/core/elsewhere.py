"""A place where belts run that is no host: all that it knows is held in memory."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from belts.runtimes.audited import Audited, Running
from belts.runtimes.cost import Census
from belts.runtimes.lease import Holding, Lease, Unreadable
from belts.runtimes.relayed import Relayed
from gate.alias.state import Served
from gate.alias.store import AliasRefused


@dataclass(kw_only=True)
class Cluster:
    """What is there: belts by name, and what each gateway needs them for."""

    belts: dict[str, str] = field(default_factory=dict)
    """Where each belt answers."""
    held: dict[tuple[str, str], Lease] = field(default_factory=dict)
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    census: Census = field(default_factory=Census)


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """The belts of a cluster."""

    cluster: Cluster

    def here(self, belt: str) -> bool:
        return belt in self.cluster.belts

    def leases(self) -> Iterator[tuple[str, Lease | Unreadable]]:
        return (
            (belt, lease) for (belt, _), lease in sorted(self.cluster.held.items(), key=lambda one: one[0])
        )

    def lease(self, belt: str, *, gateway: str) -> Lease | Unreadable | None:
        return self.cluster.held.get((belt, gateway))

    def goes(self, belt: str) -> bool:
        return not self.here(belt)

    def expect(self, belt: str, *, gateway: str) -> None:
        self._hold(belt, gateway, Holding.COMES)

    def serve(self, belt: str, *, gateway: str) -> None:
        self._hold(belt, gateway, Holding.SERVES)

    def soak(self, belt: str, *, gateway: str, until: datetime) -> None:
        self._hold(belt, gateway, Holding.SOAKS, until)

    def miss(self, belt: str, *, gateway: str, time: timedelta) -> None:
        raise AssertionError((belt, gateway, time))

    def forget(self, belt: str, *, gateway: str) -> None:
        self.cluster.held.pop((belt, gateway), None)

    def end(self, *, gateway: str, at: datetime) -> None:
        for belt in self.cluster.belts:
            if (belt, gateway) in self.cluster.held:
                self._hold(belt, gateway, Holding.SERVED, at)

    def graphql(self) -> Mapping[str, str]:
        return self.cluster.belts

    def seeded(self, belt: str) -> int:
        return int(self.here(belt))

    def drain(self, belt: str) -> str | None:
        return None if self.here(belt) else f"{belt} is not here"

    def ledger(self, gateway: str, *, owner: bool = False) -> str | None:
        return self.cluster.secrets.get((gateway, "owner" if owner else "ledger"))

    def kept(self, gateway: str, name: str) -> str | None:
        return self.cluster.secrets.get((gateway, name))

    def keep(self, gateway: str, name: str, fresh: str) -> str | None:
        return self.cluster.secrets.setdefault((gateway, name), fresh)

    def beside(self, gateway: str) -> Path:
        raise AssertionError(gateway)

    def census(self) -> Census:
        return self.cluster.census

    def relayed(self, belt: str) -> Relayed | None:
        """No belt here has a relay."""

    def audited(self) -> Audited:
        return Shown(cluster=self.cluster)

    def _hold(self, belt: str, gateway: str, holding: Holding, until: datetime | None = None) -> None:
        if self.here(belt):
            self.cluster.held[belt, gateway] = Lease(gateway=gateway, holding=holding, until=until)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What it shows to the auditor; no gateway runs in it."""

    cluster: Cluster

    def names(self) -> tuple[str, ...]:
        return tuple(self.cluster.belts)

    def url(self, gateway: str) -> str | None:
        return None

    def running(self, gateway: str) -> Running | None:
        return None

    def sharing(self, gateway: str) -> tuple[str, ...]:
        return ()

    def watched(self, gateway: str) -> Mapping[int, int | None] | None:
        return None

    def announces(self, gateway: str) -> bool:
        return False

    def unread(self) -> tuple[str, ...]:
        return ()

    def unfinished(self, belt: str) -> tuple[str, ...]:
        return ()

    def apart(self, belt: str, stated: Mapping[str, str]) -> tuple[str, ...]:
        return ()

    def down(self, belt: str) -> tuple[str, ...]:
        return () if belt in self.cluster.belts else ("postgres",)

    def hung(self, belt: str) -> tuple[str, ...]:
        return ()

    def idle(self) -> tuple[str, ...]:
        return ()

    def disk(self) -> None:
        return None

    def database(self, belt: str) -> str | None:
        return None

    def seals(self, belt: str) -> str | None:
        return None


@dataclass(kw_only=True)
class Memory:
    """An alias that is kept in memory."""

    gateway: str
    served: Served | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"the alias of {self.gateway}"

    def read(self) -> Served | None:
        return self.served

    def record(self) -> Served | None:
        return self.served

    def names(self) -> frozenset[str]:
        return frozenset() if self.served is None else frozenset({self.served.serves.belt})

    def leads(self, belt: str) -> bool:
        raise AssertionError(belt)

    def version(self) -> str | None:
        return None if self.served is None else str(self.served.move)

    def owner(self) -> str | None:
        return self.gateway if self.served else None

    def strange(self, *, kept: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted(self.texts.keys() - set(kept)))

    def swap(self, served: Served) -> None:
        if self.served is not None and (served.move or 0) <= (self.served.move or 0):
            raise AliasRefused("the alias stays", expected="a later move", seen=str(served.move), now="look")
        self.served = served

    def clear(self) -> None:
        self.served = None

    def remove(self) -> None:
        self.clear()

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()

    def keep(self, name: str, text: str) -> None:
        self.texts[name] = text

    def kept(self, name: str) -> str | None:
        return self.texts.get(name)

    def forget(self, name: str) -> None:
        self.texts.pop(name, None)
