"""Blue and green on one host, behind a gateway of it: promoted over each other by turns, by `gate move`."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from belts.runtimes.process import lease_files
from belts.runtimes.process.host import Host
from belts.runtimes.process.toolchain import CHECKOUT
from belts.spec.identity import Identity, written
from gate import ledger as ledgers
from gate.alias import directory as alias
from gate.alias.certificate import memory
from gate.alias.order import ledger_address
from gate.alias.order.version import VERSION
from gate.alias.sight import DatabaseProbe
from gate.alias.state import Served
from gate.certify import sealing, taking
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.files import policy_of
from gate.ledger import Author, Ledger
from gate.observations.unobserved import Unobserved
from gate.secret import Address, Secret
from tests.identities import of
from tests.live import plain
from tests.live.engine.serving import table
from tests.live.gate.alias.test_move import EVENTS, VIEW
from tests.live.gate.content.belt import Belt
from tests.live.gate.content.test_again import ROWS
from tests.live.gate.content.test_own_state import transfers
from tests.live.gate.verdicts import passed, report
from tests.live.hosts import Hosts, wait_until

BELTS = ("blue", "green")
NEVER = 0
WITHIN_S = 240.0


@dataclass(frozen=True, kw_only=True)
class Side:
    """One belt as its stack would describe it."""

    name: str
    identity: Identity
    graphql: str
    secret: str
    database: str

    @property
    def dial(self) -> str:
        return self.graphql.removeprefix("http://").partition("/")[0]

    @property
    def doors(self) -> Doors:
        return Doors(
            graphql=Address(self.graphql), admin_secret=Secret(self.secret), database=Secret(self.database)
        )

    @property
    def told(self) -> dict[str, Any]:
        return {
            "belt": self.name,
            "dial": self.dial,
            "identity": written(self.identity),
            "graphql": self.graphql,
            "adminSecret": self.secret,
            "database": self.database,
            "sources": None,
        }


class Writers:
    """What every move is started by: a process that has loaded it, and forks."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._home, self._number = home, 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.gate.moments.touches"],
            cwd=CHECKOUT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "PYTHONDONTWRITEBYTECODE": "1",
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, order: str, halt: int) -> "Going":
        self._number += 1
        touches, said = (
            self._home / f"{self._process.pid}-{self._number}.{kind}" for kind in ("touches", "said")
        )
        asked = {"order": order, "touches": str(touches), "said": str(said), "halt": halt}
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        return Going(pid=int(self._heard()), halt=halt, told=touches, words=said, heard=self._heard)

    def end(self) -> None:
        """A move that stands still goes with it."""
        for move in psutil.Process(self._process.pid).children():
            move.kill()
        self._process.kill()
        self._process.wait()

    def _heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass
class Going:
    """A move that is under way, and how it ended."""

    pid: int
    halt: int
    told: Path
    words: Path
    heard: Callable[[], str]
    code: int | None = None

    @property
    def touches(self) -> list[str]:
        return self.told.read_text().splitlines() if self.told.exists() else []

    @property
    def said(self) -> str:
        return self.words.read_text()

    def halted(self) -> bool:
        """Waits for the touch at which it halts; false where it has ended before that."""
        ends = time.monotonic() + WITHIN_S
        while time.monotonic() < ends:
            status = self.status()
            if not status or status == psutil.STATUS_ZOMBIE:
                return False
            if status == psutil.STATUS_STOPPED:
                return True
            time.sleep(0.01)
        raise AssertionError(f"neither halted nor ended within {WITHIN_S:g} s: {self.touches[-3:]}")

    def goes_on(self) -> None:
        self._signal(signal.SIGCONT)

    def killed(self) -> None:
        self._signal(signal.SIGKILL)

    def ended(self) -> int:
        if self.code is None:
            self.code = int(self.heard())
        return self.code

    def status(self) -> str:
        try:
            return psutil.Process(self.pid).status()
        except psutil.NoSuchProcess:
            return ""

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One gateway over both; `ledger` is the URL of one that the host does not keep, with its owner's."""

    hosts: Hosts
    gateway: str
    port: int
    sides: dict[str, Side]
    policy: Path
    writers: Writers
    ledger: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/graphql"

    @property
    def alias(self) -> Path:
        return self.hosts.root / self.gateway / "alias"

    @property
    def served(self) -> Served | None:
        return alias.read(self.alias)

    @property
    def serves(self) -> str:
        served = self.served
        return served.serves.belt if served else ""

    def other(self, belt: str) -> str:
        return next(each for each in BELTS if each != belt)

    def held(self, belt: str) -> str:
        """What holds a belt for this gateway, in a word."""
        lease = lease_files.of_gateway(self.hosts.root / belt, gateway=self.gateway)
        return "" if lease is None else str(getattr(getattr(lease, "holding", None), "value", "unreadable"))

    @property
    def ledger_url(self) -> str:
        if self.ledger is not None:
            return self.ledger[0]
        found = ledger_address.of_place(Host(self.hosts.root), self.gateway)
        assert found is not None
        return found.reveal()

    @property
    def owner_url(self) -> str:
        if self.ledger is not None:
            return self.ledger[1]
        found = ledger_address.owner_of_place(Host(self.hosts.root), self.gateway)
        assert found is not None
        return found.reveal()

    @contextmanager
    def book(self) -> Iterator[Ledger]:
        author = Author(gateway=self.gateway, stack=self.gateway, who="ada")
        key = sealing.made(Host(self.hosts.root), self.gateway)
        with ledgers.opened(self.ledger_url, author, key=key) as book:
            yield book

    def certify(self, belt: str) -> None:
        """What the gate's hook leaves in the ledger when it has passed, judged against who serves now."""
        side, served = self.sides[belt], self.served
        over = self.sides[served.serves.belt] if served else None
        policy = policy_of(self.policy.read_text(), {})

        async def seen() -> Any:
            ends, begun = time.monotonic() + 60, asyncio.Event()
            endpoints = Endpoints(serving=None, candidate=side.doors)
            taken = await taking.take(endpoints, policy, ends=ends, begun=begun)
            return taken, (await DatabaseProbe(belt=belt, url=Secret(side.database))()).heights

        taken, heights = asyncio.run(seen())
        assert not isinstance(taken, Unobserved), taken
        verdict = passed(
            belt,
            side.identity.digest,
            serving=over.name if over else None,
            serving_identity=over.identity.digest if over else None,
            heights=heights,
            policy_digest=policy.digest,
            report=report(policy.digest) | {"state": memory.encode(taken), "spent": 1.0, "lifted": None},
        )
        with self.book() as book:
            book.record_verdict(verdict)

    def begun(self, to: str, *, halt: int = NEVER) -> Going:
        """A move to this belt, which halts at the touch of this number."""
        return self.writers.begin(json.dumps(self._order(to)), halt)

    def move(self, to: str) -> Going:
        """A whole move to this belt, however it ends."""
        going = self.begun(to)
        going.ended()
        return going

    def up(self, to: str) -> Going:
        """What the next `pulumi up` does: judged where it is a promotion, then moved."""
        served = self.served
        back = served is not None and bool(served.behind) and served.behind[-1].belt == to
        if self.serves != to and not back:
            self.certify(to)
        return self.move(to)

    def promotable(self) -> None:
        """The way to the other belt is a promotion: where it is the way back, that is gone first."""
        served = self.served
        if served is None:
            self.up(BELTS[0])
        elif served.behind and served.behind[-1].belt == self.other(served.serves.belt):
            self.up(served.behind[-1].belt)

    def stands(self) -> None:
        """Waits until everything of both belts and of the gateway runs and answers again."""
        wait_until(self._answers, f"{self.gateway}, its ledger and both belts answer", deadline_s=WITHIN_S)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.ledger_url, connect_timeout=2).close()
            for side in self.sides.values():
                psycopg.connect(side.database, connect_timeout=2).close()
                plain.post(side.graphql, json={"query": "{ who { name } }"}, timeout=5).raise_for_status()
            plain.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5)
        except Exception:  # noqa: BLE001 -- whatever it is: it is not there yet
            return False
        return True

    def _order(self, to: str) -> dict[str, Any]:
        return {
            "version": VERSION,
            "gateway": self.gateway,
            "stack": f"organization/belts/{self.gateway}",
            "runtime": "process",
            "hosts": str(self.hosts.root),
            "directory": str(self.alias),
            "url": self.url,
            "policy": str(self.policy),
            "deadline": 120.0,
            "lift": None,
            "ledger": self.ledger[0] if self.ledger else None,
            "decommission": False,
            "upstream": self.sides[to].told,
            "belts": [self.sides[self.other(to)].told],
        }


def side(hosts: Hosts, belt: str, *, database: int, engine: int) -> Side:
    """Brings a belt up whose database an indexer could have written, with one row that says its name."""
    hosts.apply("postgres", belt=belt, port=database, sharedBuffersMb=16, maxConnections=30, memoryMb=96)
    held = hosts.secrets(belt)

    def dsn(role: str) -> str:
        return make_conninfo(host="127.0.0.1", port=database, user=role, password=held[role], dbname="belts")

    written_by = Belt(dsn=dsn("indexer"))
    transfers(written_by, *ROWS)
    for statement in (VIEW, EVENTS, "create table who (name text primary key)"):
        written_by.execute(statement)
    written_by.execute("insert into who values (%s)", (belt,))
    hosts.apply("engine", belt=belt, port=engine, memoryMb=128)
    tables = [table(name, public={}) for name in ("Transfer", "chain_metadata", "who")]
    source = {"name": "default", "kind": "postgres", "tables": tables, "configuration": {}}
    plain.post(
        f"http://127.0.0.1:{engine}/v1/metadata",
        json={"type": "replace_metadata", "args": {"version": 3, "sources": [source]}},
        headers={"x-hasura-admin-secret": held["admin"]},
    ).raise_for_status()
    url = f"postgresql://gate:{held['gate']}@127.0.0.1:{database}/belts"
    seen = asyncio.run(DatabaseProbe(belt=belt, url=Secret(url))())
    return Side(
        name=belt,
        identity=of(seen.seed),
        graphql=f"http://127.0.0.1:{engine}/v1/graphql",
        secret=held["admin"],
        database=url,
    )
