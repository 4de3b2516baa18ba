"""Who goes first when a host's memory is short."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from belts.files import read_json, write_private_json
from belts.runtimes.process import lease_files
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host
from belts.runtimes.process.supervise import ranks

GATEWAY = "gateway"
LATER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Blue, green and a gateway, of which nothing runs."""
    for name, part in (("blue", "engine"), ("green", "engine"), (GATEWAY, "caddy")):
        layout = Layout(root=tmp_path, belt=name)
        write_private_json(layout.request(part), {})
        layout.supervisor.mkdir()
        (layout.home / lease_files.FOLDER).mkdir()
    return Host(tmp_path)


def of(host: Host, name: str, program: str = "engine") -> int:
    told = ranks.of(Layout(root=host.root, belt=name))
    return told.get(program, told[""])


def test_the_order(host: Host) -> None:
    """A candidate before what soaks, that before what serves, Caddy and the ledger last."""
    host.serve("blue", gateway=GATEWAY)
    assert of(host, "green") > of(host, "blue") > of(host, GATEWAY, "caddy")
    host.soak("blue", gateway=GATEWAY, until=LATER)
    host.serve("green", gateway=GATEWAY)
    assert 0 > of(host, "blue") > of(host, "green") > of(host, GATEWAY, "postgres")


def test_within_a_belt(host: Host) -> None:
    """What can go on where it was goes before those whom readers wait for; the supervisor last."""
    order = ("prover", "indexer", "engine", "supervisord")
    assert sorted(order, key=lambda program: of(host, "green", program), reverse=True) == list(order)
    assert of(host, "green", "engine") == of(host, "green", "postgres")


def test_a_belt_that_comes_to_serve(host: Host) -> None:
    """It is spared from the moment at which the alias may lead to it, and no more when that is undone."""
    before = of(host, "green")
    host.expect("green", gateway=GATEWAY)
    assert of(host, "green") < 0
    layout = Layout(root=host.root, belt="green")
    assert read_json(layout.ranks) == {"ranks": ranks.of(layout)}
    host.forget("green", gateway=GATEWAY)
    assert (read_json(layout.ranks) or {})["ranks"][""] == before


def test_a_lease_that_cannot_be_read(host: Host) -> None:
    """Whether the belt serves cannot be told, so it does."""
    (host.root / "green" / lease_files.FOLDER / "gateway.json").write_text("{")
    assert of(host, "green") < 0


def test_a_belt_elsewhere(host: Host) -> None:
    """Nothing is made for a belt whose supervisor has no place here."""
    (host.root / "red" / lease_files.FOLDER).mkdir(parents=True)
    host.serve("red", gateway=GATEWAY)
    assert not (host.root / "red" / "supervisor").exists()
