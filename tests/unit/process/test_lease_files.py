"""Whoever needs a belt is known on its host, and what cannot be read counts as need."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.runtimes.lease import BeltGoing, Holding, Lease
from belts.runtimes.process import lease_files

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_nobody_needs_it(tmp_path: Path) -> None:
    """A belt without a lease may go."""
    assert lease_files.holding(tmp_path) == ()


def test_it_serves(tmp_path: Path) -> None:
    """A belt that serves stays, however late it is."""
    lease_files.serve(tmp_path, gateway="gateway")
    assert lease_files.holding(tmp_path, now=NOW + 10_000 * HOUR) == ("it serves for gateway",)


def test_it_soaks(tmp_path: Path) -> None:
    """A belt that served stays until it has soaked, and says for how long."""
    lease_files.serve(tmp_path, gateway="gateway")
    lease_files.soak(tmp_path, gateway="gateway", until=NOW + 8 * HOUR)
    assert lease_files.holding(tmp_path, now=NOW + HOUR) == ("it soaks for gateway, for 7:00:00 more",)
    assert lease_files.holding(tmp_path, now=NOW + 8 * HOUR) == ()


def test_two_gateways(tmp_path: Path) -> None:
    """What one gateway releases, the other still holds."""
    for gateway in ("north", "south"):
        lease_files.serve(tmp_path, gateway=gateway)
    lease_files.end(tmp_path, gateway="north", at=NOW)
    assert lease_files.holding(tmp_path) == ("it serves for south",)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"gateway": "g", "holding": "sleeps", "until": null}', '{"gateway": "g", "until": 5}'],
)
def test_a_lease_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """A torn or strange lease is held."""
    lease_files.serve(tmp_path, gateway="gateway")
    (tmp_path / "leases" / "gateway.json").write_text(text)
    assert lease_files.holding(tmp_path) == ("its lease gateway.json cannot be read",)


def test_leases_that_are_no_folder(tmp_path: Path) -> None:
    """A file where the leases should be says nothing, so the belt stays."""
    (tmp_path / "leases").write_text("")
    assert lease_files.holding(tmp_path) == ("its lease leases cannot be read",)


@pytest.mark.parametrize(
    "text",
    [
        '{"gateway": "g", "holding": "serves", "until": "2020-01-01T00:00:00+00:00"}',
        '{"gateway": "g", "holding": "soaks", "until": null}',
        '{"gateway": "g", "holding": "soaks", "until": "2020-01-01T00:00:00"}',
        '{"gateway": "g", "holding": "soaks", "until": "0001-01-01T00:00:00+14:00"}',
        "[" * 100_000,
        "\udcff",
    ],
    ids=["serves until", "soaks for ever", "no zone", "before time", "nested", "no text"],
)
def test_a_lease_that_contradicts_itself(tmp_path: Path, text: str) -> None:
    """What cannot be meant is held, although its time may seem over."""
    lease_files.serve(tmp_path, gateway="gateway")
    (tmp_path / "leases" / "gateway.json").write_bytes(text.encode(errors="surrogateescape"))
    assert lease_files.holding(tmp_path) == ("its lease gateway.json cannot be read",)


def test_a_lease_that_was_torn_is_written_anew(tmp_path: Path) -> None:
    """The gateway that holds it makes it whole by its next move."""
    lease_files.serve(tmp_path, gateway="gateway")
    (tmp_path / "leases" / "gateway.json").write_bytes(b"\xff")
    lease_files.soak(tmp_path, gateway="gateway", until=NOW)
    assert lease_files.holding(tmp_path, now=NOW) == ()


def test_leases_behind_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    """Where leases should be and cannot be looked at, the belt stays."""
    (tmp_path / "leases").symlink_to(tmp_path / "gone")
    assert lease_files.holding(tmp_path) == ("its lease leases cannot be read",)


def test_a_belt_that_goes(tmp_path: Path) -> None:
    """It can be leased no more, until it is wanted again."""
    assert lease_files.go(tmp_path) == ()
    assert lease_files.goes(tmp_path)
    with pytest.raises(BeltGoing, match="its removal has begun"):
        lease_files.serve(tmp_path, gateway="gateway")
    assert lease_files.holding(tmp_path) == ()
    lease_files.stay(tmp_path)
    lease_files.serve(tmp_path, gateway="gateway")
    assert lease_files.holding(tmp_path) == ("it serves for gateway",)


def test_a_belt_that_is_held_does_not_go(tmp_path: Path) -> None:
    """Whoever wants it gone is told why not, and nothing is marked."""
    lease_files.serve(tmp_path, gateway="gateway")
    assert lease_files.go(tmp_path) == ("it serves for gateway",)
    assert not lease_files.goes(tmp_path)


def test_a_belt_that_is_not_there(tmp_path: Path) -> None:
    """Nobody can lease a belt that does not exist, and none is made by trying."""
    with pytest.raises(FileNotFoundError):
        lease_files.serve(tmp_path / "blue", gateway="gateway")
    assert not (tmp_path / "blue").exists()


@pytest.mark.parametrize("throw_away", [lease_files.go, lease_files.seed])
def test_a_lease_and_its_end_at_once(tmp_path: Path, throw_away: Callable[[Path], tuple[str, ...]]) -> None:
    """Of many who race, either some lease it and what it holds stays, or that goes and nobody does."""
    for number in range(30):
        home = tmp_path / str(number)
        home.mkdir()
        with ThreadPoolExecutor(4) as pool:
            leased = [pool.submit(_leased, home, name) for name in ("north", "south", "west")]
            gone = pool.submit(throw_away, home)
        served = any(each.result() for each in leased)
        assert served == bool(gone.result()), number
        assert served == bool(lease_files.holding(home)), number


def _leased(home: Path, gateway: str) -> bool:
    try:
        lease_files.serve(home, gateway=gateway)
    except BeltGoing:
        return False
    return True


def test_it_comes_to_serve(tmp_path: Path) -> None:
    """A belt that a move leads to stays from its beginning on, and needs nobody once the move is undone."""
    lease_files.expect(tmp_path, gateway="gateway")
    assert lease_files.holding(tmp_path) == ("it comes to serve for gateway",)
    lease_files.forget(tmp_path, gateway="gateway")
    assert lease_files.of_belt(tmp_path) == ()


def test_a_belt_that_soaks_and_comes_to_serve_again(tmp_path: Path) -> None:
    """Once that is undone it soaks as long as before."""
    lease_files.soak(tmp_path, gateway="gateway", until=NOW + 8 * HOUR)
    lease_files.expect(tmp_path, gateway="gateway")
    lease_files.serve(tmp_path, gateway="gateway")
    lease_files.forget(tmp_path, gateway="gateway")
    assert lease_files.holding(tmp_path, now=NOW) == ("it soaks for gateway, for 8:00:00 more",)
    lease_files.forget(tmp_path, gateway="gateway")
    assert lease_files.holding(tmp_path, now=NOW) == ("it soaks for gateway, for 8:00:00 more",)


def test_a_gateway_that_ended(tmp_path: Path) -> None:
    """Its belt may go, and that it served last is remembered."""
    lease_files.serve(tmp_path, gateway="gateway")
    lease_files.end(tmp_path, gateway="gateway", at=NOW)
    assert lease_files.holding(tmp_path, now=NOW - HOUR) == ()
    assert lease_files.of_belt(tmp_path) == (Lease(gateway="gateway", holding=Holding.SERVED, until=NOW),)
    assert lease_files.of_living(tmp_path) == ()
    lease_files.end(tmp_path, gateway="gateway", at=NOW + HOUR)
    assert lease_files.of_belt(tmp_path) == (Lease(gateway="gateway", holding=Holding.SERVED, until=NOW),)


STEPS = {
    "expect": lambda home: lease_files.expect(home, gateway="gateway"),
    "serve": lambda home: lease_files.serve(home, gateway="gateway"),
    "soak": lambda home: lease_files.soak(home, gateway="gateway", until=NOW + HOUR),
    "end": lambda home: lease_files.end(home, gateway="gateway", at=NOW),
    "forget": lambda home: lease_files.forget(home, gateway="gateway"),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_an_undone_move_leaves_no_trace(steps: list[str]) -> None:
    """Whatever a belt was held for before a move to it, it is held for after the move is undone."""
    with TemporaryDirectory() as directory:
        home = Path(directory)
        for step in steps:
            STEPS[step](home)
        before = [(one.holding, one.until) for one in lease_files.of_belt(home) if isinstance(one, Lease)]
        if before and before[0][0] is Holding.COMES:
            return
        lease_files.expect(home, gateway="gateway")
        lease_files.forget(home, gateway="gateway")
        assert [
            (one.holding, one.until) for one in lease_files.of_belt(home) if isinstance(one, Lease)
        ] == before


SHIFTS = st.timedeltas(min_value=-24 * HOUR, max_value=24 * HOUR)


@given(left=st.timedeltas(min_value=timedelta(), max_value=48 * HOUR), shift=SHIFTS)
def test_a_clock_that_jumps(left: timedelta, shift: timedelta) -> None:
    """Set back it ends no soak early, set forward it ends one by no more than that; who serves has no end.

    What a clock skips while a status endpoint watches the belt is counted as missed, and added.
    """
    soaks = Lease(gateway="way", holding=Holding.SOAKS, until=NOW + left)
    assert soaks.held(NOW + shift) is (left > shift)
    if shift > timedelta():
        watched = Lease(gateway="way", holding=Holding.SOAKS, until=NOW + left, missed=shift)
        assert watched.held(NOW + shift) is soaks.held(NOW)
    for holding in (Holding.SERVES, Holding.COMES):
        assert Lease(gateway="way", holding=holding, until=None).held(NOW + shift)
