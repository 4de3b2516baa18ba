"""Requests are parsed once, and every mistake is told at once."""

import json
from typing import Any

import pytest

from belts.reading.codec import fields
from belts.runtimes.process.errors import BadRequest
from belts.runtimes.process.wire.request import VERSION, Head, parse, parse_all
from belts.spec.engine import Engine
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres

KNOWN = sorted(each.key for part in (Head, Postgres) for each in fields(part))


def request(**changes: Any) -> str:
    known = {"version": 1, "part": "postgres", "root": "/hosts", "belt": "blue", "port": 5432}
    return json.dumps({key: value for key, value in (known | changes).items() if value is not ...})


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(BadRequest) as caught:
        parse(text)
    return tuple(map(str, caught.value.mistakes))


def test_a_request() -> None:
    """What is not said has a default, and what is said is kept as it came."""
    parsed = parse(request(maxConnections=20, generation="g1"))
    assert parsed.body == Postgres(port=5432, shared_buffers_mb=128, max_connections=20, memory_mb=512)
    assert (parsed.belt, parsed.part, parsed.generation) == ("blue", "postgres", "g1")
    assert str(parsed.layout.home) == "/hosts/blue"


def test_several_mistakes() -> None:
    """All are told, each with its path, what was expected and what was there."""
    assert mistakes(request(port=True, memoryMb="much", belt="../green", colour=1)) == (
        'belt: expected a name of at most 31 lower-case letters, digits and dashes, got "../green"',
        "port: expected a port, got true",
        'memoryMb: expected a whole number of MiB, got "much"',
        f"colour: expected one of the keys {', '.join(KNOWN)}, got an unknown key",
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"port": ...}, "port: expected a port, got nothing"),
        ({"port": 65536}, "port: expected a port from 1024 to 65535, got 65536"),
        ({"port": 1.5}, "port: expected a port, got 1.5"),
        ({"root": "hosts"}, 'root: expected an absolute path, got "hosts"'),
        (
            {"version": VERSION + 1},
            f"version: expected version {VERSION}, got version {VERSION + 1}, which a later release writes",
        ),
        ({"version": True}, f"version: expected version {VERSION}, got true"),
        (
            {"belt": "Blue"},
            'belt: expected a name of at most 31 lower-case letters, digits and dashes, got "Blue"',
        ),
        (
            {"acknowledgedReaders": "app"},
            'acknowledgedReaders: expected a list of readers, as a refusal names them, got "app"',
        ),
        (
            {"acknowledgedReaders": ["app", ""]},
            'acknowledgedReaders: expected a list of readers, as a refusal names them, got ["app", ""]',
        ),
        ({"generation": 3}, "generation: expected a text that is not empty, got 3"),
    ],
)
def test_one_mistake(changes: dict[str, Any], told: str) -> None:
    """It is named by its path."""
    assert mistakes(request(**changes)) == (told,)


def test_a_part_that_nobody_knows() -> None:
    """The known ones are listed."""
    assert "part: expected one of postgres" in mistakes(request(part="mysql"))[0]


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"x"', "null"])
def test_what_is_no_request(text: str) -> None:
    """It is refused with words, never with a traceback."""
    assert mistakes(text)[0].startswith("stdin: expected")


def test_parts_of_one_belt() -> None:
    """A list of requests is as many requests."""
    both = parse_all(f"[{request()}, {request(part='engine')}]")
    assert [each.part for each in both] == ["postgres", "engine"]
    with pytest.raises(BadRequest):
        parse_all("[]")


def test_an_engine_that_runs_elsewhere() -> None:
    """It takes no port and no memory of this host."""
    parsed = parse(request(part="engine", port=..., engine="external", url="https://hasura.example"))
    assert isinstance(parsed.body, Engine)
    assert parsed.body.graphql == "https://hasura.example/v1/graphql"
    assert parsed.body.ports == ()
    assert parsed.body.programs == ()
    assert mistakes(request(part="engine", port=..., engine="external", url="ftp://x"))


def test_an_indexer() -> None:
    """Its chains differ from each other, and its config is a file, not a path."""
    known = {"part": "indexer", "project": "/p", "digest": "d", "chains": [1, 10], "heapMb": 512}
    parsed = parse(request(**known))
    assert isinstance(parsed.body, Indexer)
    assert parsed.body.chains == (1, 10)
    told = mistakes(
        request(**known | {"chains": [1, 1], "config": "../c.yaml", "profile": "fast", "env": {"A": 1}})
    )
    assert [mistake.partition(":")[0] for mistake in told] == ["config", "chains", "profile", "env.A"]


def test_chains() -> None:
    """A mistake within a list is told with its index."""
    known = {"part": "chains", "port": ..., "traffic": {"project": "/p", "seed": 1, "sed": 2}}
    told = mistakes(
        request(**known, chains=[{"id": 1, "port": 8001}, {"id": 0, "port": 8002, "blockTime": 0}])
    )
    assert told == (
        f"chains[1].id: expected a chain's id from 1 to {2**53}, got 0",
        "chains[1].blockTime: expected a number of seconds above 0, got 0",
        "traffic.sed: expected `seed`, perhaps, got an unknown key",
    )
