"""An order says in which kind of place the belts run, and one that does not say it moves nothing."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from belts.runtimes.runtime import Place
from belts.spec import identity as identities
from belts.spec.runtime import Runtime
from gate.alias.order.order import OrderRefused, parse
from gate.alias.order.version import VERSION
from gate.alias.store import Store
from gate.commands import place
from tests.identities import identity


def order(**changes: Any) -> str:
    upstream = {
        "belt": "green",
        "dial": "127.0.0.1:8501",
        "identity": identities.written(identity()),
        "graphql": "http://127.0.0.1:8501/v1/graphql",
        "sources": None,
    }
    told = {
        "version": VERSION,
        "gateway": "gateway",
        "stack": "gateway",
        "runtime": "process",
        "hosts": "/hosts",
        "directory": "/hosts/gateway/alias",
        "url": "http://127.0.0.1:8080/v1/graphql",
        "policy": "/policy.yaml",
        "deadline": 60,
        "upstream": upstream,
        "belts": [],
    } | changes
    return json.dumps({key: value for key, value in told.items() if value is not None})


def test_who_chooses_is_told_the_runtime() -> None:
    """It is asked with the order's words, and what it gives is what the order leads to."""
    asked: list[tuple[object, ...]] = []

    def of(*told: object) -> Any:
        asked.append(told)
        return cast("Any", told)

    found = parse(order(), of, of)

    assert asked == [
        (Path("/hosts"), Runtime.PROCESS),
        (Path("/hosts/gateway/alias"), "gateway", Runtime.PROCESS),
    ]
    assert (cast("object", found.place), cast("object", found.alias)) == (asked[0], asked[1])


@pytest.mark.parametrize("runtime", [None, "docker", ""])
def test_no_place_that_is_known(runtime: str | None) -> None:
    """Refused before a place is chosen: no default stands in."""

    def never(*_: object) -> Place:
        raise AssertionError

    def neither(*_: object) -> Store:
        raise AssertionError

    with pytest.raises(OrderRefused, match="the alias stays where it is"):
        parse(order(runtime=runtime), never, neither)


def test_the_choice() -> None:
    """The belts of a root, and the alias of a gateway in its directory."""
    found = parse(order(), place.place, place.alias)
    assert str(found.alias) == "/hosts/gateway/alias"
    assert found.journal("green") == Path("/hosts/gateway/status-endpoint/journal/green.jsonl")
