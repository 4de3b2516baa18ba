"""The webhook sender as a part of a gateway: where its ledger is, what it keeps, where no secret is."""

import json
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from belts.runtimes.process.host import Host
from belts.runtimes.process.wire.request import written
from belts.spec.gateway import Caddy, GatewaySpec, WebhookSender
from belts.spec.postgres import Ledger
from gate.alias.order import ledger_address
from tests.live.gate.signals.moves import book, book_of_host
from tests.live.gate.signals.servers import Reply, Server, serving
from tests.live.hosts import Answer, Hosts, command_line, processes, wait_until

pytestmark = pytest.mark.live

TOKEN = "T0KEN-4711-0815"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def listener() -> Iterator[Server]:
    with serving(lambda _: Reply()) as server:
        yield server


def apply(hosts: Hosts, spec: GatewaySpec, **secrets: str) -> Answer:
    return hosts.run(
        "apply",
        stdin=json.dumps(written(spec)["webhook-sender"]),
        environment={"BELTS_SECRETS": json.dumps(secrets)} if secrets else {},
    )


def announcing(hosts: Hosts, ledger_port: int | None, *, signed: bool = False) -> GatewaySpec:
    return GatewaySpec(
        name="gateway",
        root=hosts.root,
        caddy=Caddy(port=1_024),
        ledger=Ledger(port=ledger_port) if ledger_port else None,
        webhook_sender=WebhookSender(signed=signed, own_ledger=ledger_port is None),
    )


def ledger(hosts: Hosts, port: int) -> None:
    """A ledger that the gateway's host keeps."""
    hosts.apply("ledger", belt="gateway", port=port)
    assert ledger_address.of_place(Host(hosts.root), "gateway") is not None


def test_a_gateway_with_a_webhook_sender(
    hosts: Hosts, listener: Server, free_port: Callable[[], int]
) -> None:
    """It announces what the ledger of its host says, again after a crash, and knows nothing twice."""
    spec = announcing(hosts, free_port(), signed=True)
    ledger(hosts, spec.ledger.port if spec.ledger else 0)
    answer = apply(hosts, spec, webhookUrl=f"{listener.url}/{TOKEN}", webhookSecret=SECRET)
    assert answer.code == 0, answer.said
    with book_of_host(hosts.root) as moves:
        moves.promote("blue")
    wait_until(lambda: len(listener.asked) == 1, "the first announcement")

    os.kill(hosts.pids("gateway")["supervisord"], signal.SIGKILL)
    healed = hosts.run("heal", "--root", str(hosts.root), "gateway")
    assert healed.code == 0, healed.said
    with book_of_host(hosts.root) as moves:
        moves.promote("green")
    wait_until(lambda: len(listener.asked) == 2, "the second announcement")

    assert [asked.json["belt"] for asked in listener.asked] == ["blue", "green"]
    assert {asked.path for asked in listener.asked} == {f"/{TOKEN}"}
    assert all(asked.headers["webhook-signature"].startswith("v1,") for asked in listener.asked)
    home = hosts.root / "gateway"
    for secret in (TOKEN, SECRET):
        holding = {
            path.relative_to(home).as_posix()
            for path in home.rglob("*")
            if path.is_file() and secret.encode() in path.read_bytes()
        }
        assert holding == {"secrets.json", "supervisor/programs/webhook-sender.json"}
        assert [pid for pid in processes() if secret in command_line(pid)] == []


def test_a_ledger_of_the_operators_own(
    hosts: Hosts, listener: Server, database: str, free_port: Callable[[], int]
) -> None:
    """Its URL comes as a secret; the moves in it are announced."""
    spec = announcing(hosts, None)
    answer = apply(hosts, spec, webhookUrl=listener.url, ledgerUrl=database)
    assert answer.code == 0, answer.said
    with book(database) as moves:
        moves.promote("blue")
    wait_until(lambda: len(listener.asked) == 1, "the announcement")


@pytest.mark.parametrize(
    ("signed", "port", "secrets", "words"),
    [
        (False, 1, {}, "webhookUrl"),
        (False, 1, {"webhookUrl": TOKEN}, "an http or https URL of the listener"),
        (True, 1, {"webhookUrl": f"http://x/{TOKEN}"}, "webhookSecret"),
        (True, 1, {"webhookUrl": f"http://x/{TOKEN}", "webhookSecret": TOKEN}, "a key that is whsec_"),
        (False, None, {"webhookUrl": f"http://x/{TOKEN}"}, "ledgerUrl"),
    ],
)
def test_what_is_missing_or_wrong(
    hosts: Hosts, signed: bool, port: int | None, secrets: dict[str, str], words: str
) -> None:
    """It is refused by name before anything is started, and no secret is shown."""
    answer = apply(hosts, announcing(hosts, port, signed=signed), **secrets)

    assert answer.code == 1
    assert words in answer.said
    assert TOKEN not in answer.said
    hosts.remove("webhook-sender", belt="gateway")
