"""What a spec becomes for `python -m belts`, whose own reader must take every request as it is."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes import caddy as runtime
from belts.runtimes.process.errors import BadRequest
from belts.runtimes.process.generation import stamped
from belts.runtimes.process.parts import caddy
from belts.runtimes.process.supervise.live import Health, Live
from belts.runtimes.process.wire import request as host
from belts.runtimes.process.wire.request import from_json, written
from belts.spec.engine import ExternalHasura
from belts.spec.gateway import Caddy, GatewaySpec, StatusEndpoint, Timeouts, Watched, WebhookSender
from belts.spec.postgres import Ledger
from belts.spec.prover import Prover
from tests.unit.belts.specs import belt, door, gateway, local_chains

NOW = datetime(2026, 1, 2, tzinfo=UTC)


WATCHING = gateway(
    status_endpoint=StatusEndpoint(
        chains=(Watched(id=1, rpc="http://127.0.0.1:8545"), Watched(id=10, secret=True), Watched(id=7))
    )
)
PROVER = Prover(
    policy=Path("/policy.yaml"), digest="d", variables=("RPC_1",), evidence=Path("/e"), key_file=Path("/k")
)
REQUESTS = [
    *written(belt()).values(),
    written(belt(prover=PROVER))["prover"],
    written(belt(hasura=ExternalHasura(url="https://h")))["engine"],
    *written(gateway(ledger=Ledger(port=5432), webhook_sender=WebhookSender(signed=True))).values(),
    written(WATCHING)["status-endpoint"],
    *written(local_chains()).values(),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each["part"])
def test_request_as_the_host_reads_it(request_: dict[str, Any]) -> None:
    """The host takes it whole: no key is unknown to it, none has the wrong type."""
    stamped_ = stamped({"part": request_}, {}, now=NOW)["part"]

    assert host.parse(json.dumps(stamped_)).part == request_["part"]


def test_parts_in_their_order() -> None:
    """Postgres before the engine, the engine before the indexer."""
    assert list(written(belt())) == ["postgres", "engine", "indexer"]
    assert list(written(belt(prover=PROVER)))[-1] == "prover"


def test_prover() -> None:
    """Its request holds no value of a variable, and says of its key no more than where it lies."""
    request = written(belt(prover=PROVER))["prover"]

    assert (request["variables"], request["digest"], request["rate"]) == (["RPC_1"], "d", 10)
    assert request["keyFile"] == "/k"
    assert "keyFile" not in written(belt(prover=replace(PROVER, key_file=None)))["prover"]


def test_indexer() -> None:
    """The request says what is indexed, by digest, and with what heap."""
    request = written(belt(heap_mb=512, environment={"B": "2", "A": "1"}))["indexer"]

    assert (request["digest"], request["chains"], request["heapMb"]) == ("d1", [1, 10], 512)
    assert list(request["env"]) == ["A", "B"]


def test_heap_changes_one_request() -> None:
    """A changed heap changes the indexer's request and no other, so that only the indexer restarts."""
    before, after = written(belt(heap_mb=512)), written(belt(heap_mb=640))

    assert [part for part in before if before[part] != after[part]] == ["indexer"]


def test_credentials() -> None:
    """Every part that holds any is told of their generation."""
    third = belt(prover=PROVER)
    parts = {name: replace(part, credentials=3) for name, part in third.parts.items()}
    whole = replace(
        third,
        postgres=parts["postgres"],
        hasura=parts["engine"],
        indexer=parts["indexer"],
        prover=parts["prover"],
    )

    assert [each["credentials"] for each in written(third).values()] == [1, 1, 1, 1]
    assert [each["credentials"] for each in written(whole).values()] == [3, 3, 3, 3]


def test_previous_credentials_revoked() -> None:
    """Only who makes passwords for others hears of it: an engine of ours leaves its old one by itself."""
    elsewhere = belt(hasura=ExternalHasura(url="https://h"))
    key = "revokePreviousCredentials"

    assert [part for part, each in written(belt()).items() if key in each] == ["postgres"]
    assert [part for part, each in written(elsewhere).items() if key in each] == ["postgres", "engine"]


def test_external_hasura() -> None:
    """A Hasura of the operator's is an address; its secret is in no request."""
    request = written(belt(hasura=ExternalHasura(url="https://hasura.example")))["engine"]

    assert (request["engine"], request["url"]) == ("external", "https://hasura.example")
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
    """What the door is stands in the request, so that a diff shows what changes; a config never does."""
    request = written(gateway())["caddy"]

    assert request["port"] == 8080
    assert "alias" not in json.dumps(request)
    server = _server(gateway())
    assert server["listen"] == ["127.0.0.1:8080"]
    assert "/hosts/gateway/alias/current/route" in json.dumps(server["routes"][0])


def test_the_hosts_rendering_is_the_specs() -> None:
    """What the host makes of a request is what the spec renders to, field by field."""
    names = ("header", "body", "idle", "dial", "answer")
    waits = Timeouts(**{name: timedelta(seconds=number) for number, name in enumerate(names, 1)})
    for spec in (
        gateway(),
        WATCHING,
        gateway(caddy=door(listen="::1", max_body_mb=7, admin_headers=True, timeouts=waits)),
    ):
        home = spec.root / spec.name
        wanted = runtime.render(
            spec.parts["caddy"],
            alias=spec.alias,
            log=home / "logs" / "access.log",
            storage=home / "caddy" / "storage",
        )
        found = _rendered(spec)
        assert found.pop("admin") == {
            "listen": "unix//proc/self/cwd/admin.sock|0600",
            "config": {"persist": False},
        }
        assert found == wanted


@pytest.mark.parametrize(
    "words", [{"config": {"apps": {}}}, {"ready": "/"}, {"paths": ["/"]}, {"listen": "h:1/{file./x}"}]
)
def test_a_request_has_no_words_that_lead_past_the_alias(words: dict[str, Any]) -> None:
    """A config, a path or an address that is none is refused, whoever asks."""
    with pytest.raises(BadRequest):
        from_json(written(gateway())["caddy"] | words)


def test_status_endpoint() -> None:
    """What is visible is in the request; of what is a secret, only that it is one."""
    assert written(WATCHING)["status-endpoint"]["chains"] == [
        {"id": 1, "rpc": "http://127.0.0.1:8545", "secret": False},
        {"id": 10, "secret": True},
        {"id": 7, "secret": False},
    ]
    assert written(gateway(status_endpoint=StatusEndpoint()))["status-endpoint"]["chains"] == []


def test_status_endpoints_door() -> None:
    """One path and one method lead to it, and only where the stack has one."""
    routes = [
        [route["match"] for route in _routes(spec) if "status.sock" in json.dumps(route)]
        for spec in (gateway(), WATCHING)
    ]

    assert routes == [[], [[{"path": ["/_belt"], "method": ["GET"]}]]]


def _routes(spec: GatewaySpec) -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = _server(spec)["routes"]
    return routes


def _server(spec: GatewaySpec) -> dict[str, Any]:
    server: dict[str, Any] = _rendered(spec)["apps"]["http"]["servers"]["gateway"]
    return server


def _rendered(spec: GatewaySpec) -> dict[str, Any]:
    request = from_json(written(spec)["caddy"])
    assert isinstance(request.body, Caddy)
    return caddy.rendered(request.layout, request.body)


def test_gateway_on_another_address() -> None:
    """An IPv6 address is written as Caddy wants it."""
    assert _server(gateway(caddy=door(listen="::1")))["listen"] == ["[::1]:8080"]
