"""What a spec becomes for `belts.host`, whose own reader must take every request as it is."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from belts.chains import Chain, LocalChains, Traffic
from belts.gateway import Beacon, GatewaySpec, Watched, Webhook
from belts.generation import stamped
from belts.host import request as host
from belts.host.live import Health, Live
from belts.runtimes import process
from belts.spec import ExternalHasura
from tests.unit.belts.specs import belt, gateway

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def chains() -> LocalChains:
    """Two local chains."""
    return LocalChains(
        name="chains",
        root=Path("/hosts"),
        project=Path("/projects/examples"),
        chains=(
            Chain(id=1, port=8545, block_time=timedelta(seconds=5)),
            Chain(id=10, port=8546, block_time=timedelta(seconds=0.25)),
        ),
        traffic=Traffic(seed=7, events=5_000),
    )


WATCHING = gateway(
    beacon=Beacon(
        chains=(Watched(id=1, rpc="http://127.0.0.1:8545"), Watched(id=10, secret=True), Watched(id=7))
    )
)
REQUESTS = [
    *process.belt(belt()).values(),
    process.belt(belt(hasura=ExternalHasura(url="https://h")))["engine"],
    process.gateway(gateway()),
    process.ledger(gateway(ledger_port=5432)),
    process.beacon(WATCHING),
    process.herald(gateway(webhook=Webhook(signed=True))),
    process.chains(chains()),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each["part"])
def test_request_as_the_host_reads_it(request_: dict[str, Any]) -> None:
    """The host takes it whole: no key is unknown to it, none has the wrong type."""
    stamped_ = stamped({"part": request_}, {}, now=NOW)["part"]

    assert host.parse(json.dumps(stamped_)).part == request_["part"]


def test_parts_in_their_order() -> None:
    """Postgres before the engine, the engine before the indexer."""
    assert list(process.belt(belt())) == ["postgres", "engine", "indexer"]


def test_indexer() -> None:
    """The request says what is indexed, by digest, and with what heap."""
    request = process.belt(belt(heap_mb=512, environment={"B": "2", "A": "1"}))["indexer"]

    assert (request["digest"], request["chains"], request["heapMb"]) == ("d1", [1, 10], 512)
    assert list(request["env"]) == ["A", "B"]


def test_heap_changes_one_request() -> None:
    """A changed heap changes the indexer's request and no other, so that only the indexer restarts."""
    before, after = process.belt(belt(heap_mb=512)), process.belt(belt(heap_mb=640))

    assert [part for part in before if before[part] != after[part]] == ["indexer"]


def test_credentials() -> None:
    """The first generation is not spoken of, so that no belt that is up changes; a later one changes all."""
    first, second = belt(), replace(belt(), credentials=2)

    assert not [
        each for each in process.belt(first).values() if {"credentials", "revokePrevious"} & set(each)
    ]
    assert [each["credentials"] for each in process.belt(second).values()] == [2, 2, 2]
    assert all(host.parse(json.dumps(each)).body for each in process.belt(second).values())


def test_previous_credentials_revoked() -> None:
    """Only who makes passwords for others hears of it: an engine of ours leaves its old one by itself."""
    revoked = replace(belt(), revoke_previous=True)
    elsewhere = replace(belt(hasura=ExternalHasura(url="https://h")), revoke_previous=True)

    assert [part for part, each in process.belt(revoked).items() if "revokePrevious" in each] == ["postgres"]
    assert [part for part, each in process.belt(elsewhere).items() if "revokePrevious" in each] == [
        "postgres",
        "engine",
    ]


def test_external_hasura() -> None:
    """A Hasura of the operator's is an address; its secret is in no request."""
    request = process.belt(belt(hasura=ExternalHasura(url="https://hasura.example")))["engine"]

    assert request["external"] == "https://hasura.example/v1/graphql"
    assert "port" not in request


def live(*, state: Health = Health.UP, generation: str = "g1") -> Live:
    """A part as the host sees it."""
    return Live(health=state, generation=generation, programs={}, ports=())


def test_part_is_up() -> None:
    """A part that is up or coming up is asked for again as it was: Pulumi sees no change."""
    for state in (Health.UP, Health.STARTING):
        request = stamped({"postgres": {"port": 1}}, {"postgres": live(state=state)}, now=NOW)

        assert request == {"postgres": {"port": 1, "generation": "g1"}}


@pytest.mark.parametrize(
    "seen",
    [{}, {"postgres": live(state=Health.DOWN)}, {"postgres": live(generation="")}, {"engine": live()}],
    ids=["unknown to the host", "down", "without a generation", "another part"],
)
def test_part_is_not_up(seen: dict[str, Live]) -> None:
    """A part that is down or unknown is asked for anew: Pulumi sees a change, and carries it out."""
    request = stamped({"postgres": {"port": 1}}, seen, now=NOW)

    assert request["postgres"]["generation"] == "2026-01-02T00:00:00.000+00:00"


def test_gateway() -> None:
    """Caddy's whole config is in the request, so that a diff shows what changes."""
    request = process.gateway(gateway())
    server = request["config"]["apps"]["http"]["servers"]["gateway"]

    assert server["listen"] == ["127.0.0.1:8080"]
    assert "/hosts/gateway/alias/current/route" in json.dumps(server["routes"][0])


def test_beacon() -> None:
    """What is visible is in the request; of what is a secret, only that it is one."""
    assert process.beacon(WATCHING)["chains"] == [
        {"id": 1, "rpc": "http://127.0.0.1:8545", "secret": False},
        {"id": 10, "secret": True},
        {"id": 7, "secret": False},
    ]
    assert process.beacon(gateway())["chains"] == []


@pytest.mark.parametrize(("port", "own"), [(None, True), (5432, False)])
def test_herald(port: int | None, own: bool) -> None:
    """It finds the ledger that this host keeps; the URL of any other one travels apart, as a secret."""
    request = process.herald(gateway(ledger_port=port, webhook=Webhook()))

    assert (request["signed"], request["ownLedger"]) == (False, own)


def test_beacons_door() -> None:
    """One path and one method lead to it, and only where the stack has one."""
    routes = [
        [route["match"] for route in _routes(spec) if "beacon.sock" in json.dumps(route)]
        for spec in (gateway(), WATCHING)
    ]

    assert routes == [[], [[{"path": ["/_belt"], "method": ["GET"]}]]]


def _routes(spec: GatewaySpec) -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = process.gateway(spec)["config"]["apps"]["http"]["servers"]["gateway"][
        "routes"
    ]
    return routes


def test_gateway_on_another_address() -> None:
    """An IPv6 address is written as Caddy wants it."""
    config = process.gateway(replace(gateway(), listen="::1"))["config"]

    assert config["apps"]["http"]["servers"]["gateway"]["listen"] == ["[::1]:8080"]
