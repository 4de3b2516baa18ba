"""Our way: the one writer, with a gateway and a ledger that are brought up as on a real host."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from belts.runtimes.process.host import Host as Place
from belts.runtimes.process.wire.request import written
from belts.spec.identity import Identity
from bench.swap import fixed
from bench.swap.ways import FIRST, Way
from gate.alias import directory as alias
from gate.alias.directory import Directory
from gate.alias.leases import Leases
from gate.alias.move import arrival
from gate.alias.move.writer import Limits, Writer
from gate.alias.order.wanted import Wanted
from gate.alias.sight import IdentityProbe, Sight
from gate.ledger import Author, Ledger
from gate.secret import Address
from tests.conftest import Ports
from tests.identities import identity
from tests.live.gate.alias.confirmed import Confirmed
from tests.live.gate.ledgers import of_host
from tests.live.gate.verdicts import POLICY, passed
from tests.live.hosts import Hosts
from tests.live.small import small

NAME = "gateway"
HERE = Author(gateway=NAME, stack=NAME, who="bench")
HEIGHTS = {1: 100, 10: 200}
SOAK = timedelta(hours=8)
QUESTION = "subscription { who { name } }"
BELTS = ("blue", "green")


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A host with a ledger, a gateway, and two belts whose engines serve subscriptions."""

    hosts: Hosts
    port: int
    engines: Mapping[str, str]

    @contextmanager
    def leading(self, dials: Mapping[str, str]) -> Iterator[Way]:
        """The gateway between two belts; it leaves its former belt by an ordinary promotion."""
        book = Book(hosts=self.hosts, port=self.port, dials=dials)
        book.move(FIRST)
        yield Way(h1=self.port, h2=self.port, move=book.move)


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """Moves the alias as `gate move` does: opens ledger and connections, moves, closes them."""

    hosts: Hosts
    port: int
    dials: Mapping[str, str]

    def certify(self, belt: str) -> None:
        """Records a passed verdict for a belt; the belt that served last needs none."""
        live = alias.read(self._directory)
        identity = self._declared(belt).digest
        if live is not None and live.behind and live.behind[-1].identity == identity:
            return
        verdict = passed(
            belt,
            identity,
            serving=live.serves.belt if live else None,
            serving_identity=live.serves.identity if live else None,
            heights=HEIGHTS,
        )
        with self._ledger() as ledger:
            ledger.record_verdict(verdict)

    def move(self, belt: str) -> None:
        """Certifies, and moves: heights, swap, arrival on every connection, record."""
        self.certify(belt)
        with self._ledger() as ledger:
            asyncio.run(self._move(ledger, belt))

    async def _move(self, ledger: Ledger, belt: str) -> None:
        async with arrival.opened(Address(f"http://127.0.0.1:{self.port}/v1/graphql")) as connections:
            writer = Writer(
                store=Directory(self._directory, NAME),
                ledger=ledger,
                policy=POLICY,
                connections=connections,
                leases=Leases(gateway=NAME, place=Place(self.hosts.root), soak=SOAK),
                others={name: self._wanted(name) for name in self.dials},
                again=Confirmed(),
                lift=None,
                limits=Limits(),
            )
            await writer.move(self._wanted(belt))

    def _wanted(self, belt: str) -> Wanted:
        return Wanted(
            belt=belt, dial=self.dials[belt], declared=self._declared(belt), probe=self._probe(belt)
        )

    def _declared(self, belt: str) -> Identity:
        """Another address counts as another belt, whatever its name."""
        return identity(self.dials[belt])

    def _probe(self, belt: str) -> IdentityProbe:
        async def look() -> Sight:
            return Sight(seed=self._declared(belt).seed, heights=HEIGHTS)

        return look

    @property
    def _directory(self) -> Any:
        return self.hosts.root / NAME / "alias"

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        with of_host(self.hosts.root, HERE) as ledger:
            yield ledger


@contextmanager
def host(ports: Ports) -> Iterator[Host]:
    """Brings up everything by `python -m belts`, as stacks do."""
    with Hosts.temporary() as hosts:
        engines = {belt: small(hosts, ports, belt) for belt in BELTS}
        port = ports.one()
        hosts.apply("ledger", belt=NAME, port=ports.one())
        request = written(fixed.spec(port, name=NAME, root=hosts.root))["caddy"]
        answer = hosts.run("apply", stdin=json.dumps(request))
        if answer.code != 0:
            raise RuntimeError(answer.said)
        yield Host(hosts=hosts, port=port, engines=engines)
