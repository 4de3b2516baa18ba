"""What a belt that a gateway needs may change, and what not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from belts.reading.codec import fields
from belts.runtimes.lease import BeltGoing
from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.guards import held
from belts.runtimes.process.guards.retirement import PARTS
from belts.runtimes.process.seed import seed_note
from belts.runtimes.process.wire.request import PARTS as KNOWN
from belts.runtimes.process.wire.request import Request, from_json

INDEXER = {
    "project": "/p",
    "digest": "d",
    "chains": [1, 10],
    "heapMb": 512,
    "env": {"BELTS_RPC_1": "http://r"},
}

EDGE = {
    "url": "https://host.example/v1/graphql",
    "database": "belt",
    "systemIdentifier": "7",
    "databaseOid": 5,
    "chainTableOid": 16_384,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "blue"
    place.mkdir()
    lease_files.serve(place, gateway="gateway")
    return place


def asked(home: Path, part: str = "indexer", **fields: Any) -> Request:
    known = {"indexer": INDEXER, "edge": EDGE}.get(part, {})
    common = {"version": 1, "part": part, "root": str(home.parent), "belt": "blue", "port": 5432}
    told = common | known | fields
    if told.get("engine") == "external":
        del told["port"]
    return from_json(told)


def refusal(before: Request, after: Request) -> str:
    with pytest.raises(Refused) as caught:
        held.refuse_change(after, [before])
    return caught.value.seen


FREE = [
    ("indexer", {"heapMb": 1024}),
    ("indexer", {"profile": "steady"}),
    ("indexer", {"relay": {"port": 5434, "requestsPerSecond": 5}}),
    ("indexer", {"port": 5433}),
    ("indexer", {"seedDeadlineSeconds": 30}),
    ("indexer", {"env": {"BELTS_RPC_1": "http://other"}}),
    ("indexer", {"env": {"ENVIO_RESTART": "0"}}),
    ("indexer", {"generation": "g2"}),
    ("postgres", {"memoryMb": 1024, "sharedBuffersMb": 64, "maxConnections": 50}),
    ("postgres", {"acknowledgedReaders": ["app"]}),
    ("postgres", {"credentials": 2, "revokePreviousCredentials": True}),
    ("engine", {"credentials": 2}),
    ("indexer", {"credentials": 2}),
    ("engine", {"memoryMb": 512}),
    ("caddy", {"port": 5433, "maxBodyMb": 2}),
]


@pytest.mark.parametrize(("part", "change"), FREE, ids=str)
def test_a_change_that_is_free(home: Path, part: str, change: dict[str, Any]) -> None:
    """What it may use of the host, and how it is looked at, changes while it serves."""
    held.refuse_change(asked(home, part, **change), [asked(home, part)])


BARRED = [
    ("indexer", {"chains": [1]}, "chains (1, 10) → (1,)"),
    ("indexer", {"seed": 2}, "seed 1 → 2"),
    ("indexer", {"env": {"ENVIO_RESTART": "1"}}, "ENVIO_RESTART is on"),
    ("indexer", {"env": {"ENVIO_RESTART": "True"}}, "ENVIO_RESTART is on"),
    ("indexer", {"env": {"ENVIO_PG_SCHEMA": "other"}}, "ENVIO_PG_SCHEMA changes"),
    ("indexer", {"env": {"ENVIO_PG_PUBLIC_SCHEMA": "other"}}, "ENVIO_PG_PUBLIC_SCHEMA changes"),
    ("postgres", {"port": 5433}, "port 5432 → 5433"),
    ("edge", {"url": "https://h/v1/graphql"}, "url https://host.example/v1/graphql → https://h/v1/graphql"),
    ("edge", {"chainTableOid": 17_000}, "chain_table_oid 16384 → 17000"),
    ("engine", {"port": 5433}, "port 5432 → 5433"),
    ("engine", {"responseLimit": 5}, "response_limit 1000 → 5"),
    ("engine", {"stringifyNumeric": False}, "stringify_numeric True → False"),
    (
        "engine",
        {"engine": "external", "url": "http://h"},
        "engine embedded → external, url nothing → http://h",
    ),
]


@pytest.mark.parametrize(("part", "change", "told"), BARRED, ids=str)
def test_a_change_that_is_not(home: Path, part: str, change: dict[str, Any], told: str) -> None:
    """What makes it another belt, or moves it, waits until nobody needs it; then it is free."""
    before, after = asked(home, part), asked(home, part, **change)
    assert refusal(before, after) == f"it serves for gateway; the change: {told}"
    lease_files.soak(home, gateway="gateway", until=datetime.now(UTC) - timedelta(seconds=1))
    held.refuse_change(after, [before])


def test_a_flag_that_was_on_already(home: Path) -> None:
    """Left on, it is refused with every change, since each starts the indexer anew; taken out, it is not."""
    on = asked(home, env={"ENVIO_RESTART": "1"})
    assert "ENVIO_RESTART is on" in refusal(on, asked(home, env={"ENVIO_RESTART": "1"}, heapMb=640))
    held.refuse_change(asked(home, env={}), [on])


@pytest.fixture
def restart_as_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELTS_SECRETS", json.dumps({"ENVIO_RESTART": "hidden-value"}))


def test_a_flag_that_is_a_secret(home: Path, restart_as_a_secret: None) -> None:
    """It is seen where it comes from, and not shown."""
    told = refusal(asked(home), asked(home))
    assert "ENVIO_RESTART is on" in told
    assert "hidden-value" not in told


def test_a_flag_that_was_kept_as_a_secret(home: Path) -> None:
    """What the belt's own secrets hold counts as well."""
    (home / "secrets.json").write_text(json.dumps({"env:ENVIO_RESTART": "1"}))
    assert "ENVIO_RESTART is on" in refusal(asked(home), asked(home, heapMb=640))


def test_a_part_that_is_gone(home: Path) -> None:
    """It may come back, wherever: nothing is there that could be moved."""
    held.refuse_change(asked(home, "engine", port=5433), [asked(home, "postgres")])


def test_seeding_a_held_belt(home: Path) -> None:
    """Its data is what is needed, so it is never made anew."""
    with pytest.raises(Refused, match="may not be seeded now"):
        seed_note.begin_seeding(asked(home).layout)
    lease_files.forget(home, gateway="gateway")
    seed_note.begin_seeding(asked(home).layout)
    with pytest.raises(BeltGoing, match="its seeding has begun"):
        lease_files.expect(home, gateway="gateway")
    lease_files.seeded(home)
    lease_files.expect(home, gateway="gateway")


def test_what_may_change_while_a_belt_serves(home: Path) -> None:
    """The spec says it of each field: a field that is added may not change until it is said that it may."""
    assert set(KNOWN) >= PARTS
    free = {
        part: {each.name for each in fields(type(asked(home, part).body)) if each.kind.live} for part in PARTS
    }
    assert free == {
        "postgres": {
            *("shared_buffers_mb", "max_connections", "memory_mb", "acknowledged_readers", "tcp", "outlet"),
            *("credentials", "revoke_previous", "budget"),
        },
        "engine": {"memory_mb", "connections", "statement", "sockets_per_address", "credentials"},
        "indexer": {
            *("project", "config", "digest", "heap_mb", "profile", "port", "environment", "seed_deadline"),
            *("credentials", "exposes_every_belt", "forward_only", "smaller_heap", "relay"),
        },
        "edge": {"ca", "authorities", "budget", "noted"},
    }
