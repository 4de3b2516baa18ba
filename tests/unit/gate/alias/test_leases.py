"""What a move means for the belts of a host, and what their leases tell of moves that were cut off."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from belts.runtimes.lease import Holding, Lease
from belts.runtimes.process import lease_files
from belts.runtimes.process.host import Host
from gate.alias import leases
from gate.alias.leases import Leases
from gate.alias.state import Standing, first

NOW = datetime(2027, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def standing(belt: str) -> Standing:
    return Standing(belt=belt, identity=f"{belt}'s", dial="127.0.0.1:1", heights={1: 100})


BLUE = first(standing("blue"), since=NOW.isoformat(), move=1, certificate="c")
GREEN = BLUE.promoted(standing("green"), left={1: 100}, since=NOW.isoformat(), move=2, certificate="d")


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    for belt in ("blue", "green", "red"):
        (tmp_path / belt).mkdir()
    return tmp_path


def of(hosts: Path) -> dict[str, Holding]:
    found = {home.name: lease_files.of_gateway(home, gateway="gateway") for home in hosts.iterdir()}
    return {name: held.holding for name, held in found.items() if isinstance(held, Lease)}


def gateway(hosts: Path) -> Leases:
    return Leases(gateway="gateway", place=Host(hosts), soak=48 * HOUR)


def test_a_move_that_was_cut_off_before_the_swap(hosts: Path) -> None:
    """The leases say it, and are what they were once it is taken back."""
    mine = gateway(hosts)
    mine.settle(BLUE)
    assert not leases.astray(Host(hosts), "gateway", BLUE)
    mine.expect("green")
    assert leases.astray(Host(hosts), "gateway", BLUE)
    mine.settle(BLUE)
    assert of(hosts) == {"blue": Holding.SERVES}
    assert not leases.astray(Host(hosts), "gateway", BLUE)


def test_a_move_that_was_cut_off_after_the_swap(hosts: Path) -> None:
    """The belt that serves is held as serving, and the one that was left soaks, once it is finished."""
    mine = gateway(hosts)
    mine.settle(BLUE)
    mine.expect("green")
    assert leases.astray(Host(hosts), "gateway", GREEN)
    mine.settle(GREEN)
    assert of(hosts) == {"blue": Holding.SOAKS, "green": Holding.SERVES}
    assert not leases.astray(Host(hosts), "gateway", GREEN)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no lease can be written."""

    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lease_files, "_write", refused)


def test_a_disk_that_is_full_after_the_swap(
    hosts: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both belts stay, so the move is not broken off: what is left to be said is told, and by the audit."""
    mine = gateway(hosts)
    mine.settle(BLUE)
    mine.expect("green")
    request.getfixturevalue("full")
    mine.settle(GREEN)
    assert of(hosts) == {"blue": Holding.SERVES, "green": Holding.COMES}
    assert leases.astray(Host(hosts), "gateway", GREEN)
    assert "green: its lease cannot be written (No space left on device)" in capsys.readouterr().err


def test_a_belt_that_nothing_would_hold(hosts: Path, full: None) -> None:
    """One that serves and is not held could be removed: that is no success."""
    with pytest.raises(OSError, match="No space left"):
        gateway(hosts).settle(BLUE)


def test_a_lease_that_was_removed(hosts: Path) -> None:
    """A belt that serves and is not held is seen, unless it runs elsewhere."""
    assert leases.astray(Host(hosts), "gateway", BLUE)
    (hosts / "blue").rmdir()
    assert not leases.astray(Host(hosts), "gateway", BLUE)


def test_who_served_last(hosts: Path) -> None:
    """The own gateway's last belt, else that of the one that ended last; never one that goes or serves."""
    assert leases.last_served(Host(hosts), "gateway") is None
    lease_files.serve(hosts / "red", gateway="other")
    assert leases.last_served(Host(hosts), "gateway") is None
    lease_files.end(hosts / "red", gateway="other", at=NOW + HOUR)
    assert leases.last_served(Host(hosts), "gateway") == "red"
    lease_files.serve(hosts / "blue", gateway="gateway")
    lease_files.end(hosts / "blue", gateway="gateway", at=NOW)
    assert leases.last_served(Host(hosts), "gateway") == "blue"
    lease_files.serve(hosts / "green", gateway="gateway")
    lease_files.end(hosts / "green", gateway="gateway", at=NOW + HOUR)
    assert leases.last_served(Host(hosts), "gateway") == "green"
    assert lease_files.go(hosts / "green") == ()
    assert leases.last_served(Host(hosts), "gateway") == "blue"
