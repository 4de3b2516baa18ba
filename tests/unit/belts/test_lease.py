"""Whoever needs a belt is known on its host, and what cannot be read counts as need."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from belts import lease

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_nobody_needs_it(tmp_path: Path) -> None:
    """A belt without a lease may go."""
    assert lease.holding(tmp_path) == ()


def test_it_serves(tmp_path: Path) -> None:
    """A belt that serves stays, however late it is."""
    lease.serve(tmp_path, gateway="gateway")
    assert lease.holding(tmp_path, now=NOW + 10_000 * HOUR) == ("it serves for gateway",)


def test_it_soaks(tmp_path: Path) -> None:
    """A belt that served stays until it has soaked, and says for how long."""
    lease.serve(tmp_path, gateway="gateway")
    lease.soak(tmp_path, gateway="gateway", until=NOW + 8 * HOUR)
    assert lease.holding(tmp_path, now=NOW + HOUR) == ("it soaks for gateway, for 7:00:00 more",)
    assert lease.holding(tmp_path, now=NOW + 8 * HOUR) == ()


def test_two_gateways(tmp_path: Path) -> None:
    """What one gateway releases, the other still holds."""
    for gateway in ("north", "south"):
        lease.serve(tmp_path, gateway=gateway)
    lease.release(tmp_path, gateway="north")
    assert lease.holding(tmp_path) == ("it serves for south",)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"gateway": "g", "holding": "sleeps", "until": null}', '{"gateway": "g", "until": 5}'],
)
def test_a_lease_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """A torn or strange lease is held."""
    lease.serve(tmp_path, gateway="gateway")
    (tmp_path / "leases" / "gateway.json").write_text(text)
    assert lease.holding(tmp_path) == ("its lease gateway.json cannot be read",)


def test_leases_that_are_no_folder(tmp_path: Path) -> None:
    """A file where the leases should be says nothing, so the belt stays."""
    (tmp_path / "leases").write_text("")
    assert lease.holding(tmp_path) == ("its lease leases cannot be read",)
