"""A gateway's door and its ledger stay while anybody is served through it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import ending


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    for belt in ("gateway", "blue"):
        (tmp_path / belt).mkdir()
    return Layout(root=tmp_path, belt="gateway")


def test_a_gateway_that_never_served(layout: Layout) -> None:
    """It may go; so may one beside another gateway that serves."""
    ending.check(layout)
    lease_files.serve(layout.root / "blue", gateway="other")
    ending.check(layout)


@pytest.mark.parametrize("leads", ["v00000001", "nowhere"])
def test_its_alias_leads_somewhere(layout: Layout, leads: str) -> None:
    """An alias is there, whether what it leads to is or not."""
    (layout.home / "alias" / "v00000001").mkdir(parents=True)
    (layout.home / "alias" / "current").symlink_to(leads)
    with pytest.raises(Refused, match="consumers are served through it") as refusal:
        ending.check(layout)
    assert "its alias in" in refusal.value.seen
    assert "decommission true --stack gateway" in refusal.value.now


def test_a_belt_is_held_for_it(layout: Layout) -> None:
    """An alias that was removed by hand frees nobody: the leases tell, until the gateway has ended."""
    home = layout.root / "blue"
    for hold in (lease_files.expect, lease_files.serve):
        hold(home, gateway="gateway")
        with pytest.raises(Refused) as refusal:
            ending.check(layout)
        assert refusal.value.seen == "blue is held as serving for it"
    (home / lease_files.FOLDER / "gateway.json").write_text("torn")
    with pytest.raises(Refused):
        ending.check(layout)
    lease_files.serve(home, gateway="gateway")
    lease_files.end(home, gateway="gateway", at=datetime.now(UTC))
    ending.check(layout)
