"""A place of another kind is one folder and one line: what the gate does asks for no host."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.lease import Holding
from belts.runtimes.runtime import Place
from belts.spec.runtime import Runtime
from belts.webhook import URL
from gate.__main__ import main
from gate.alias import leases
from gate.alias.leases import Leases
from gate.alias.order.ledger_address import LEDGER_VARIABLE
from gate.alias.state import Standing, first
from gate.alias.store import Store
from gate.audit.snapshot import Unseen
from gate.commands import place
from gate.signals.webhook import __main__ as webhook
from tests.unit.gate.core.elsewhere import Cluster, Elsewhere, Memory

NOW = datetime(2026, 11, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def standing(belt: str) -> Standing:
    return Standing(belt=belt, identity=f"{belt}'s", dial="127.0.0.1:1", heights={1: 100})


BLUE = first(standing("blue"), since=NOW.isoformat(), move=1, certificate="c")
GREEN = BLUE.promoted(standing("green"), left={1: 100}, since=NOW.isoformat(), move=2, certificate="d")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster with two belts stands where the hosts do: the line is this one."""
    found = Cluster(belts={"blue": "http://blue.test", "green": "http://green.test"})
    store = Memory(gateway="gateway", served=GREEN)
    monkeypatch.setitem(place.PLACES, Runtime.PROCESS, lambda _: Elsewhere(cluster=found))
    monkeypatch.setitem(place.STORES, Runtime.PROCESS, lambda *_: store)
    monkeypatch.setattr("gate.audit.exported.export", lambda *_: Unseen(why="no stack"))
    monkeypatch.delenv(LEDGER_VARIABLE, raising=False)
    return found


def test_it_is_a_place_and_an_alias() -> None:
    """By its types alone."""
    somewhere: Place = Elsewhere(cluster=Cluster())
    alias: Store = Memory(gateway="gateway")
    assert not list(somewhere.leases())
    assert alias.read() is None


def test_a_move(cluster: Cluster) -> None:
    """What it means for the belts there, and what a move that was cut off left."""
    there = place.place(Path("/nowhere"), Runtime.PROCESS)
    mine = Leases(gateway="gateway", place=there, soak=48 * HOUR)
    mine.settle(BLUE)
    mine.expect("green")
    assert leases.astray(there, "gateway", BLUE)
    mine.settle(GREEN)
    found = {belt: held.holding for (belt, _), held in cluster.held.items()}
    assert found == {"blue": Holding.SOAKS, "green": Holding.SERVES}
    assert not leases.astray(there, "gateway", GREEN)


@pytest.mark.parametrize("command", ["history", "report"])
def test_commands_that_read_the_ledger(
    cluster: Cluster, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They ask the place where it is; here none is kept yet."""
    assert main([command, "--root", "/nowhere", "--runtime", "process"]) == 3
    assert "gateway keeps no ledger where it runs" in capsys.readouterr().err
    assert not cluster.secrets


def test_audit(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """It sets side by side what the place shows: here a belt serves of which no lease says so."""
    Leases(gateway="gateway", place=Elsewhere(cluster=cluster), soak=HOUR).settle(BLUE)
    assert main(["audit", "--root", "/nowhere", "--runtime", "process"]) == 1
    told = capsys.readouterr().out
    assert "no gateway of the name gateway runs here" in told
    assert "green" in told


@pytest.mark.parametrize("command", ["history", "report", "audit"])
def test_a_kind_that_nobody_knows(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told from those that are known."""
    assert main([command, "--runtime", "cluster"]) == 2
    assert "--runtime" in capsys.readouterr().err


def test_the_webhook_sender(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks for the ledger where the place keeps one."""
    asked: list[Any] = []

    def told(of: Any, gateway: str, _: Any) -> Any:
        asked.append((of, gateway))
        raise KeyboardInterrupt

    class Sender:
        def __init__(self, *, outbox: Any, **_: Any) -> None:
            self.outbox = outbox

        def run(self) -> None:
            with pytest.raises(KeyboardInterrupt), self.outbox():
                raise AssertionError

    monkeypatch.setattr(webhook, "address", told)
    monkeypatch.setattr(webhook, "Sender", Sender)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv(URL, "https://listener.example.com/hook")
    monkeypatch.setattr("belts.webhook.mistakes", lambda _: [])
    arguments = ["--root", "/nowhere", "--gateway", "gateway", "--runtime", "process"]
    assert webhook.main(arguments) == 0
    assert asked == [(Elsewhere(cluster=cluster), "gateway")]
