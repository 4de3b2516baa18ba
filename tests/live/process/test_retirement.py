"""A belt goes when no gateway needs it and nobody reads it, and then it goes whole."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from belts.runtimes.lease import BeltGoing
from belts.runtimes.process import lease_files
from tests.conftest import Ports
from tests.live.hosts import Answer, Hosts, listens
from tests.live.process.conftest import engine, postgres

pytestmark = pytest.mark.live

HOUR, HALF_A_MINUTE = timedelta(hours=1), timedelta(seconds=30)
APP = "127.0.0.1 app/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """A belt without an indexer: what retirement looks at is its database, its engine and its leases."""

    hosts: Hosts
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def up(cls, hosts: Hosts, ports: Ports) -> "Belt":
        belt = cls(hosts=hosts)
        for part, fields in (("postgres", postgres(ports.one())), ("engine", engine(ports.one()))):
            belt.apply(part, **fields)
        return belt

    @property
    def home(self) -> Path:
        return self.hosts.root / "blue"

    @property
    def graphql(self) -> str:
        return f"http://127.0.0.1:{self.requests['engine']['port']}/v1/graphql"

    def apply(self, part: str, **fields: Any) -> None:
        self.requests[part] = self.requests.get(part, {}) | fields
        self.hosts.apply(part, **self.requests[part])

    def ask(self, verb: str, part: str, **changed: Any) -> Answer:
        known = {} if changed.get("engine") == "external" else self.requests[part]
        return self.hosts.ask(verb, part, **known | changed)

    def remove_all(self, *flags: str) -> Answer:
        return self.hosts.run("remove", "--all", *flags, "--root", str(self.hosts.root), "blue")

    def serves(self) -> None:
        lease_files.serve(self.home, gateway="gateway")

    def soaks(self, for_: timedelta) -> None:
        lease_files.soak(self.home, gateway="gateway", until=datetime.now(UTC) + for_)

    def session(self) -> "psycopg.Connection[Any]":
        """A raw-database consumer."""
        return psycopg.connect(
            make_conninfo(
                host="127.0.0.1",
                port=self.requests["postgres"]["port"],
                user="consumer",
                password=self.hosts.secrets("blue")["consumer"],
                dbname="belts",
                application_name="board",
            )
        )

    def query(self, agent: str = "app/1") -> None:
        """A consumer that goes straight to the engine."""
        headers = {"Content-Type": "application/json", "User-Agent": agent}
        request = urllib.request.Request(self.graphql, b'{"query": "{ __typename }"}', headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.status == 200

    def untouched(self) -> Any:
        """What a refusal leaves as it is; whoever looks notes what the disk has left."""
        files = [path for path in self.home.rglob("*.json") if not {"programs", "disk.json"} & {*path.parts}]
        return self.hosts.pids(), {path: path.stat().st_mtime_ns for path in files}


@pytest.fixture(scope="module")
def standing(ports: Ports) -> Iterator[Belt]:
    with Hosts.temporary() as hosts:
        yield Belt.up(hosts, ports)


@pytest.fixture
def belt(standing: Belt) -> Iterator[Belt]:
    """A belt that nobody needs yet; tests of refusals leave it as it is."""
    yield standing
    for file in (standing.home / "leases").glob("*"):
        file.unlink()


@pytest.fixture
def own(hosts: Hosts, ports: Ports) -> Belt:
    """A belt that the test may do away with."""
    return Belt.up(hosts, ports)


def unreadable(belt: Belt) -> None:
    belt.serves()
    (belt.home / "leases" / "gateway.json").write_bytes(b"\xff{")


HELD: dict[str, tuple[Callable[[Belt], None], str]] = {
    "it serves": (Belt.serves, "it serves for gateway"),
    "it soaks": (lambda belt: belt.soaks(8 * HOUR - HALF_A_MINUTE), "it soaks for gateway, for 7:59:"),
    "it has a lease that cannot be read": (unreadable, "its lease gateway.json cannot be read"),
}


@pytest.mark.parametrize("how", HELD)
def test_removing_a_held_belt(belt: Belt, how: str) -> None:
    """Refused, part by part and whole, with the time left; nothing is stopped and nothing written."""
    hold, told = HELD[how]
    hold(belt)
    before = belt.untouched()
    answers = [
        belt.ask("check-remove", "engine"),
        belt.ask("remove", "engine"),
        belt.ask("remove", "postgres"),
    ]
    answers += [belt.remove_all("--acknowledge-readers")]
    assert [answer.code for answer in answers] == [1] * 4
    for answer in answers:
        assert "blue stays\n  expected: a belt that no gateway needs" in answer.said
        assert f"seen:     {told}" in answer.said
        assert "now:      wait until it has soaked" in answer.said
    assert belt.untouched() == before


def test_removing_a_belt_that_another_gateway_holds(belt: Belt) -> None:
    """Each gateway's need counts by itself."""
    belt.soaks(-HOUR)
    lease_files.serve(belt.home, gateway="other")
    answer = belt.ask("remove", "engine")
    assert (answer.code, "it serves for other" in answer.said) == (1, True)


CHANGES = [
    ("postgres", {"port": 1}, "port"),
    ("engine", {"port": 2}, "port"),
    ("engine", {"engine": "external", "url": "http://127.0.0.1:9"}, "engine embedded → external"),
    ("engine", {"stringifyNumeric": False}, "stringify_numeric True → False"),
]


@pytest.mark.parametrize(("part", "change", "told"), CHANGES, ids=lambda each: str(each)[:40])
def test_changing_a_held_belt(belt: Belt, ports: Ports, part: str, change: dict[str, Any], told: str) -> None:
    """What would make it another belt, or one somewhere else, is refused beforehand and when it is done."""
    belt.serves()
    before = belt.untouched()
    change = {"port": ports.one()} if "port" in change else change
    for verb in ("check", "apply"):
        answer = belt.ask(verb, part, **change)
        assert answer.code == 1, answer.said
        assert f"blue: its {part} may not change like this now" in answer.said
        assert "it serves for gateway; the change: " in answer.said
        assert told in answer.said
    assert belt.untouched() == before


def test_more_memory_for_a_held_belt(belt: Belt) -> None:
    """It may have what it needs of the host."""
    belt.serves()
    belt.apply("engine", memoryMb=160)
    belt.apply("postgres", memoryMb=160)


def test_a_held_belt_is_healed(belt: Belt) -> None:
    """What it was asked to be it may always become again."""
    belt.serves()
    answer = belt.hosts.run("heal", "--root", str(belt.hosts.root), "blue")
    assert answer.code == 0, answer.said


@pytest.mark.deep
def test_removing_a_belt_part_by_part(own: Belt) -> None:
    """When it has soaked it goes, and with its last part everything: no lease, no password, no secret."""
    secrets = [value.encode() for value in own.hosts.secrets("blue").values()]
    own.soaks(-HOUR)
    for part in ("engine", "postgres"):
        assert own.ask("check-remove", part).code == 0
        own.hosts.remove(part, **own.requests[part])
    left = [path for path in own.hosts.root.rglob("*") if path.is_file()]
    assert not own.home.exists()
    assert [path for path in left if any(secret in path.read_bytes() for secret in secrets)] == []
    assert [fields["port"] for fields in own.requests.values() if listens(fields["port"])] == []


def test_readers_of_a_belt_that_has_soaked(own: Belt) -> None:
    """Each is named, by address and name, with what it does; by name they are acknowledged, no more."""
    own.soaks(-HOUR)
    protocol = Subprotocol("graphql-transport-ws")
    socket = f"ws://{own.graphql.partition('//')[2]}"
    with own.session(), connect(socket, subprotocols=[protocol], user_agent_header="pinned/2"):
        own.query()
        own.query("belts-gate")
        before = own.untouched()
        answers = [own.ask("check-remove", "engine"), own.ask("remove", "engine"), own.remove_all()]
        assert own.untouched() == before
    for answer in answers:
        assert answer.code == 1
        assert "blue stays: somebody still reads it" in answer.said
        assert "127.0.0.1 board: 1 session in its database, since 20" in answer.said
        assert f"{APP}: 1 request to its engine, the last " in answer.said
        assert "127.0.0.1 pinned/2: 1 request to its engine, 1 socket open" in answer.said
        assert "belts-gate" not in answer.said
        assert f"--plaintext 'acknowledgedReaders[0]={APP}'" in answer.said

    own.apply("postgres", acknowledgedReaders=[APP])
    answer = own.ask("remove", "engine")
    assert (answer.code, APP + ":" in answer.said, "pinned/2" in answer.said) == (1, False, True)
    assert f"'acknowledgedReaders[0]={APP}'" in answer.said
    assert "'acknowledgedReaders[1]=127.0.0.1 pinned/2'" in answer.said

    own.apply("postgres", acknowledgedReaders=[APP, "127.0.0.1 pinned/2"])
    answer = own.ask("check-remove", "engine")
    assert (answer.code, APP in answer.said) == (0, True)
    answer = own.ask("remove", "engine")
    assert (answer.code, f"is cut off: {APP}: 1 request" in answer.said) == (0, True)


def test_readers_acknowledged_by_hand(own: Belt) -> None:
    """Without Pulumi a flag says that all of them may be cut off."""
    own.soaks(-HOUR)
    own.query()
    assert own.remove_all().code == 1
    answer = own.remove_all("--acknowledge-readers")
    assert (answer.code, f"is cut off: {APP}" in answer.said) == (0, True)


def test_readers_of_a_belt_that_never_served(own: Belt) -> None:
    """They are told, and keep nothing."""
    own.query()
    told = own.ask("check-remove", "engine")
    answer = own.remove_all()
    assert (told.code, told.said.startswith(f"{APP}: 1 request")) == (0, True)
    assert (answer.code, f"is cut off: {APP}" in answer.said) == (0, True)


def test_a_removal_that_has_begun(own: Belt) -> None:
    """No gateway can lease what is half gone; applied again it may serve; else it goes, whoever comes."""
    own.soaks(-HOUR)
    own.hosts.remove("engine", **own.requests["engine"])
    with pytest.raises(BeltGoing):
        own.serves()
    own.apply("engine")
    own.serves()
    assert own.ask("remove", "engine").code == 1
    own.soaks(-HOUR)
    own.hosts.remove("engine", **own.requests["engine"])
    with own.session():
        own.hosts.remove("postgres", **own.requests["postgres"])
    assert not own.home.exists()


def test_an_engine_that_cannot_be_asked(own: Belt) -> None:
    """Where nobody can tell who reads, somebody may."""
    own.soaks(-HOUR)
    kept = own.home / "secrets.json"
    held = json.loads(kept.read_text())
    kept.write_text(json.dumps(held | {"admin": "another", "superuser": "another"}))
    answer = own.ask("remove", "engine")
    assert answer.code == 1
    assert "engine: it cannot be asked who reads it: status 401" in answer.said
    assert "database: it cannot be asked who reads it (OperationalError)" in answer.said
    kept.write_text(json.dumps(held))
