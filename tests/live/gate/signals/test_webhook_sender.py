"""The webhook sender with a real ledger and a real listener, which fails, hangs, and dies as listeners do."""

import base64
import hashlib
import hmac
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from belts.runtimes.process.toolchain import CHECKOUT
from gate.ledger.errors import LedgerRefused
from gate.ledger.outbox import outbox
from tests.live.gate.ledgers import made
from tests.live.gate.signals.moves import book
from tests.live.gate.signals.servers import Asked, Reply, Server, serving
from tests.live.hosts import command_line, wait_until

pytestmark = pytest.mark.live

TOKEN = "T0KEN-4711"
KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Station:
    """A ledger, and a webhook sender that is started and killed."""

    database: str
    home: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def log(self) -> str:
        return (self.home / "webhook-sender.log").read_text()

    @property
    def url(self) -> str:
        parts = conninfo_to_dict(made(self.database))
        return "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**parts)

    def start(self, listener: str, **environment: str) -> "subprocess.Popen[bytes]":
        with (self.home / "webhook-sender.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "gate.signals.webhook",
                    "--root",
                    str(self.home),
                    "--gateway",
                    "gateway",
                ],
                cwd=self.home,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(CHECKOUT),
                    "BELTS_LEDGER_URL": self.url,
                    "BELTS_WEBHOOK_URL": listener,
                    **environment,
                },
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    def move(self, *belts: str) -> None:
        with book(self.database) as moves:
            for belt in belts:
                moves.promote(belt)

    def deliveries(self) -> list[tuple[int, int, int | None, str | None]]:
        """Move, attempt, status and error of every attempt, in their order."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(
                "select seq, attempt, status, error"
                " from deliveries join announcements using (key) order by seq, attempt"
            ).fetchall()

    def wait_for(self, *expected: tuple[int, int, int | None, str | None], seconds: float = 20) -> None:
        wait_until(
            lambda: self.deliveries()[: len(expected)] == list(expected),
            f"{expected}, is {self.log}",
            deadline_s=seconds,
        )


@pytest.fixture
def station(database: str, tmp_path: Path) -> Iterator[Station]:
    made = Station(database=database, home=tmp_path)
    yield made
    for process in made.running:
        process.kill()
        process.wait()


@contextmanager
def listener(*statuses: int, port: int = 0, **reply: Any) -> Iterator[Server]:
    """A listener that answers with these statuses, one after the other, and then always with the last."""
    left = list(statuses)

    def answer(_: Asked) -> Reply:
        return Reply(status=left.pop(0) if len(left) > 1 else left[0], **reply)

    with serving(answer, port=port) as server:
        yield server


def told(server: Server) -> list[int]:
    """The moves that were announced, in the order in which they came."""
    return [asked.json["move"] for asked in server.asked]


def keys(server: Server) -> list[str]:
    return [asked.headers["idempotency-key"] for asked in server.asked]


def test_a_promotion_and_a_rollback(station: Station) -> None:
    """Each is told once, in its order: kind, belts, certificate, heights and moment, and nothing else."""
    with listener(200) as server:
        station.start(f"{server.url}/hooks/{TOKEN}")
        station.move("blue", "green")
        with book(station.database) as moves:
            moves.roll_back("blue")
        station.wait_for((1, 1, 200, None), (2, 1, 200, None), (3, 1, 200, None))
        first, second, third = (asked.json for asked in server.asked)

    assert set(first) == {"gateway", "move", "kind", "belt", "from", "certificate", "heights", "at"}
    assert (first["kind"], first["belt"], first["from"]) == ("promotion", "blue", None)
    assert (second["kind"], second["belt"], second["from"]) == ("promotion", "green", "blue")
    assert (third["kind"], third["belt"], third["from"]) == ("rollback", "blue", "green")
    assert second["heights"] == {"1": 100, "10": 90}
    assert third["certificate"] is None
    assert len(set(keys(server))) == 3
    assert {asked.path for asked in server.asked} == {f"/hooks/{TOKEN}"}


def test_a_listener_that_fails(station: Station) -> None:
    """It is told again, by the same key and in the same bytes, and the next move waits for its turn."""
    with listener(500, 404, 200) as server:
        station.move("blue", "green")
        station.start(server.url)
        station.wait_for((1, 1, 500, None), (1, 2, 404, None), (1, 3, 200, None), (2, 1, 200, None))

    assert told(server) == [1, 1, 1, 2]
    assert len(set(keys(server)[:3])) == 1
    assert len({asked.body for asked in server.asked[:3]}) == 1


@pytest.mark.deep
def test_pauses_in_between(station: Station) -> None:
    """The second attempt comes a second after the first, the third two seconds after that."""
    came: list[float] = []

    def note(_: Asked) -> Reply:
        came.append(time.monotonic())
        return Reply(status=503 if len(came) < 3 else 204)

    with serving(note) as server:
        station.move("blue")
        station.start(server.url)
        station.wait_for((1, 1, 503, None), (1, 2, 503, None), (1, 3, 204, None))

    assert 1.0 <= came[1] - came[0] < 4.0
    assert 2.0 <= came[2] - came[1] < 5.0
    assert re.findall("again in .* s", station.log) == ["again in 1 s", "again in 2 s"]


def test_a_redirect(station: Station) -> None:
    """It is not followed: whoever answers for the listener cannot choose another one."""
    with listener(200) as other, listener(307, 200, headers={"Location": f"{other.url}/"}) as server:
        station.move("blue")
        station.start(server.url)
        station.wait_for((1, 1, 307, None), (1, 2, 200, None))
    assert other.asked == []


@pytest.mark.deep
def test_a_listener_that_hangs(station: Station) -> None:
    """It is given ten seconds, and what came of it is recorded as no answer."""
    with listener(200, after=30) as server:
        station.move("blue")
        station.start(server.url)
        station.wait_for((1, 1, None, "no answer within 10 s"))


def test_a_listener_that_is_away(station: Station, free_port: Callable[[], int]) -> None:
    """It is told when it is back; not one announcement is lost."""
    port = free_port()
    station.move("blue")
    station.start(f"http://127.0.0.1:{port}/{TOKEN}")
    station.wait_for((1, 1, None, "no answer (ConnectError)"))
    station.move("green")
    with listener(200, port=port) as server:
        wait_until(lambda: told(server) == [1, 2], "both announcements")


def test_a_webhook_sender_killed_between_post_and_record(station: Station) -> None:
    """The one case of telling twice: the listener knows it by the key, and nothing is lost."""

    def kill(_: Asked) -> Reply:
        if len(server.asked) == 1:
            station.running[-1].send_signal(signal.SIGKILL)
        return Reply()

    with serving(kill) as server:
        station.move("blue", "green")
        assert station.start(server.url).wait(20) == -signal.SIGKILL
        assert station.deliveries() == []
        station.start(server.url)
        station.wait_for((1, 1, 200, None), (2, 1, 200, None))

    assert told(server) == [1, 1, 2]
    assert keys(server)[0] == keys(server)[1] != keys(server)[2]


@pytest.mark.deep
def test_a_webhook_sender_started_again(station: Station) -> None:
    """It goes on where it was: what is delivered stays so, and a pause that has begun is not begun anew."""
    with listener(200, 500, 500, 200) as server:
        station.move("blue", "green")
        process = station.start(server.url)
        station.wait_for((1, 1, 200, None), (2, 1, 500, None), (2, 2, 500, None))
        process.kill()
        process.wait()
        time.sleep(2)
        station.start(server.url)
        station.wait_for(
            (1, 1, 200, None), (2, 1, 500, None), (2, 2, 500, None), (2, 3, 200, None), seconds=10
        )
    assert told(server) == [1, 2, 2, 2]


def test_a_webhook_sender_that_is_stopped(station: Station) -> None:
    """It ends the delivery that it is at, and records it, so that nobody is told twice."""
    with listener(200, after=2) as server:
        station.move("blue")
        process = station.start(server.url)
        wait_until(lambda: server.asked, "the announcement")
        process.terminate()
        assert process.wait(10) == 0
        assert station.deliveries() == [(1, 1, 200, None)]


def test_a_ledger_that_goes_away(station: Station, cluster: str) -> None:
    """What was told while it was away is recorded when it is back, and not told again."""
    name = str(conninfo_to_dict(station.database)["dbname"])

    def shut(_: Asked) -> Reply:
        if len(server.asked) == 1:
            _let_in(cluster, name, let=False)
        return Reply()

    with serving(shut) as server:
        station.move("blue")
        station.start(f"{server.url}/{TOKEN}")
        wait_until(lambda: "the ledger cannot be asked" in station.log, "the webhook sender's complaint")
        _let_in(cluster, name, let=True)
        station.move("green")
        station.wait_for((1, 1, 200, None), (2, 1, 200, None))
    assert told(server) == [1, 2]
    assert station.log.count("the ledger cannot be asked") <= 2


def _let_in(cluster: str, name: str, *, let: bool) -> None:
    """Opens or closes a database to everybody, and ends whoever is in."""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter database {} with allow_connections {}").format(
                sql.Identifier(name), sql.Literal(let)
            )
        )
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
        )


def test_two_webhook_senders(station: Station) -> None:
    """The second one waits until the first is gone; nobody is told twice meanwhile."""
    with listener(200) as server:
        first = station.start(server.url)
        station.move("blue")
        station.wait_for((1, 1, 200, None))
        station.start(server.url)
        wait_until(
            lambda: "another webhook sender is at work" in station.log,
            "the second one's complaint",
        )
        with (
            pytest.raises(LedgerRefused, match="another webhook sender"),
            outbox(station.database, "gateway"),
        ):
            pass
        first.kill()
        station.move("green")
        station.wait_for((1, 1, 200, None), (2, 1, 200, None))
    assert told(server) == [1, 2]


def test_the_moves_of_another_gateway(station: Station) -> None:
    """A ledger may serve several gateways: each webhook sender tells of its own."""
    station.move("blue")
    with outbox(station.database, "another") as other:
        assert other.oldest() is None
    with outbox(station.database, "gateway") as own:
        assert own.oldest() is not None


def test_a_signed_announcement(station: Station) -> None:
    """The listener can tell that it comes from here, now, and unchanged."""
    with listener(200) as server:
        station.move("blue")
        station.start(server.url, BELTS_WEBHOOK_SECRET=SECRET)
        station.wait_for((1, 1, 200, None))
    (asked,) = server.asked
    second = asked.headers["webhook-timestamp"]
    signed = f"{asked.headers['webhook-id']}.{second}.".encode() + asked.body

    assert asked.headers["webhook-signature"] == (
        f"v1,{base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()}"
    )
    assert asked.headers["webhook-id"] == asked.headers["idempotency-key"]
    assert abs(int(second) - time.time()) < 60


def test_what_is_secret(station: Station, free_port: Callable[[], int]) -> None:
    """Neither the listener's URL nor the ledger's, nor any key, is in a log, an argument or the ledger."""
    password = str(conninfo_to_dict(station.database)["password"])
    with listener(500, 200, body=TOKEN.encode()) as server:
        station.move("blue")
        process = station.start(f"{server.url}/{TOKEN}?token={TOKEN}", BELTS_WEBHOOK_SECRET=SECRET)
        station.wait_for((1, 1, 500, None), (1, 2, 200, None))
        arguments = command_line(process.pid)
    dead = station.start(
        f"http://127.0.0.1:1/{TOKEN}",
        BELTS_LEDGER_URL=f"postgresql://ledger:{password}@127.0.0.1:{free_port()}/belts",
    )
    wait_until(lambda: "cannot be asked" in station.log, "a complaint")
    dead.kill()
    with psycopg.connect(station.database) as connection:
        rows = connection.execute("select payload::text from announcements").fetchall()
        rows += connection.execute("select coalesce(error, '') from deliveries").fetchall()

    for secret in (TOKEN, SECRET, password, KEY.decode()):
        assert secret not in station.log + arguments + repr(rows)
    assert "status 500; again in 1 s" in station.log


@pytest.mark.parametrize(
    "environment",
    [{"BELTS_WEBHOOK_URL": TOKEN}, {"BELTS_WEBHOOK_SECRET": TOKEN}],
    ids=["no listener", "no key"],
)
def test_settings_that_are_wrong(station: Station, environment: dict[str, str]) -> None:
    """It does not start, says what it expected, and shows nothing."""
    process = station.start("http://127.0.0.1:1/", **environment)

    assert process.wait(20) == 2
    assert "gate.signals.webhook: the environment has one mistake" in station.log
    assert TOKEN not in station.log


def test_a_move_does_not_wait(station: Station, free_port: Callable[[], int]) -> None:
    """A move ends as fast whether or not anybody can be told of it."""
    station.start(f"http://127.0.0.1:{free_port()}")
    began = time.monotonic()
    station.move(*("blue", "green") * 4)
    assert time.monotonic() - began < 8.0, (
        "less for each than the webhook sender pauses after its first attempt"
    )
