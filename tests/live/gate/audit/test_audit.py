"""Whatever moves or changes behind the gate's back is a finding; nothing else is."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from belts.runtimes.process import lease_files
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import caddy
from belts.runtimes.process.supervise import caddy_admin, door
from gate.alias import directory as alias_directory
from gate.alias.decide import refutation
from gate.alias.decide.refutation import Refutation
from gate.alias.state import Standing, first
from gate.audit.exported import ALIAS
from gate.ledger import Kind, Move, Result
from tests.live.gate.audit.conftest import Place

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

SINCE = "2026-11-21T12:00:00.000+00:00"


def green(place: Place) -> Standing:
    return Standing(belt="green", identity="9" * 64, dial=place.dials["green"], heights={1: 100})


def test_everything_agrees(place: Place, tmp_path: Path) -> None:
    """Not a word to cron, exit code 0, and a metric that says so."""
    metrics = tmp_path / "belts.prom"
    told = place.audit("--quiet", "--metrics", str(metrics))
    assert (told.code, told.text) == (0, "")
    assert 'belts_serving{belt="blue",gateway="gateway"} 1.0' in metrics.read_text()
    assert 'belts_answers{gateway="gateway"} 1.0' in metrics.read_text()
    assert "blue serves, and everything agrees" in place.audit().text


def test_the_alias_was_moved_by_hand(place: Place) -> None:
    """Ledger, state and leases all say otherwise; consumers get what the alias says."""
    place.serve(first(green(place), since=SINCE, move=None, certificate=None))
    told = place.json()
    assert told.code == 1
    assert told.kinds == {"ledger", "state", "lease"}
    assert all(one["cause"] and one["cure"] for one in told.findings)


def test_a_route_without_its_state(place: Place) -> None:
    """Half of the alias was written by hand: consumers are elsewhere, and the alias is damaged."""
    route = place.spec.alias / "current" / "route"
    kept = route.read_text()
    try:
        route.write_text(f"{place.dials['green']} green")
        told = place.json()
        assert (told.code, told.kinds) == (1, {"alias"})
    finally:
        route.write_text(kept)


def test_what_nobody_made_in_the_directory(place: Place) -> None:
    """A file of somebody else's, and an owner that is not this gateway."""
    strange, owner = place.spec.alias / "backup.tar", place.spec.alias / "owner.json"
    kept = owner.read_text()
    try:
        strange.write_text("")
        owner.write_text(json.dumps({"version": 1, "gateway": "edge"}))
        told = place.json()
        assert (told.code, told.kinds) == (1, {"directory"})
        assert len(told.findings) == 2
    finally:
        strange.unlink()
        owner.write_text(kept)


def test_what_is_kept_beside_the_alias(place: Place) -> None:
    """A refutation is ours, and so is its file on its way; what the ledger does not know of it is told."""
    directory = alias_directory.Directory(place.spec.alias, "gateway")
    draft = place.spec.alias / f".{refutation.NAME}.{'0a' * 8}"
    try:
        draft.write_text("")
        assert place.json().kinds == set()
        refutation.note(directory, Refutation(belt="blue", identity="x", move=1, told="1 row"))
        told = place.json()
        assert (told.code, told.kinds) == (1, {"unbooked"})
        (place.spec.alias / refutation.NAME).write_text("{")
        assert (place.json().code, place.json().kinds) == (3, {"directory"})
    finally:
        draft.unlink()
        refutation.forget(directory)


def test_caddy_was_changed_through_its_admin_endpoint(place: Place) -> None:
    """Its file says nothing of it; what runs does. Healing the gateway gives it its own config back."""
    home = Layout(root=place.root, belt="gateway").of_part(caddy.PROGRAM)
    answer = door.ask(home, caddy_admin.SOCKET.name, "GET", "/config/")
    assert isinstance(answer, door.Answer)
    config = json.loads(answer.text)
    [server] = config["apps"]["http"]["servers"]
    path = f"/config/apps/http/servers/{server}/routes"
    patched = door.ask(
        home,
        caddy_admin.SOCKET.name,
        "PATCH",
        path,
        [{"handle": [{"handler": "static_response"}]}],  # type: ignore[arg-type]
    )
    assert isinstance(patched, door.Answer)
    assert patched.status == 200, patched
    told = place.json()
    assert told.code == 1
    assert "caddy" in told.kinds
    healed = place.hosts.run("heal", "--root", str(place.root), "gateway")
    assert healed.code == 0, healed.said
    assert place.json().code == 0


def test_its_config_file_was_edited(place: Place) -> None:
    """It would be what runs after the next restart."""
    file = Layout(root=place.root, belt="gateway").of_part(caddy.PROGRAM) / "config.json"
    kept = file.read_text()
    try:
        file.write_text(json.dumps({**json.loads(kept), "logging": {}}))
        assert place.json().kinds == {"caddy"}
    finally:
        file.write_text(kept)


@pytest.mark.parametrize("resources", [[], [{"type": ALIAS, "delete": True, "outputs": {}}]])
def test_the_alias_was_deleted_from_the_state(place: Place, resources: list[dict[str, object]]) -> None:
    """The alias still leads to blue, and Pulumi knows of none."""
    place.say("gateway", *resources)
    told = place.json()
    assert (told.code, told.kinds) == (1, {"state"})
    assert "has no alias" in told.findings[0]["seen"]


def test_a_state_that_was_edited(place: Place) -> None:
    """It says that green serves."""
    place.say_alias("green")
    told = place.json()
    assert (told.code, told.kinds) == (1, {"state"})


def test_no_stack(place: Place) -> None:
    """Pulumi says that there is none: nobody can tell."""
    (place.states / "gateway.json").unlink()
    told = place.json()
    assert (told.code, told.kinds) == (3, {"state"})


def test_no_pulumi(place: Place, tmp_path: Path) -> None:
    """Cron's PATH often lacks it: nobody can tell, and why."""
    told = place.audit("--json", path=str(tmp_path))
    assert told.code == 3
    assert any("not on the PATH" in one["seen"] for one in told.findings)


def test_the_lease_was_removed(place: Place) -> None:
    """Nothing on the host would refuse to destroy the belt that serves."""
    lease_files.forget(place.root / "blue", gateway="gateway")
    told = place.json()
    assert (told.code, told.kinds) == (1, {"lease"})


def test_a_lease_that_cannot_be_read(place: Place) -> None:
    """It holds, and it says nothing."""
    (place.root / "blue" / "leases" / "gateway.json").write_text("{")
    told = place.json()
    assert (told.code, told.kinds) == (1, {"lease"})


def test_the_belt_was_seeded_again(place: Place) -> None:
    """The stack's word and the database's differ."""
    place.say_blue(chainTableOid=1)
    told = place.json()
    assert told.code == 1
    assert told.kinds == {"identity"}


def test_the_belt_is_lower_than_it_was(place: Place) -> None:
    """A restored database: same identity, fewer blocks."""
    with psycopg.connect(place.database, autocommit=True) as connection:
        connection.execute("update envio_chains set progress_block = 99")
        told = place.json()
        connection.execute("update envio_chains set progress_block = 100")
    assert (told.code, told.kinds) == (1, {"height"})
    assert "chain 1 at 99, was 100" in told.findings[0]["seen"]


def test_another_gateway_reads_this_alias(place: Place, free_port: Callable[[], int]) -> None:
    """A second gateway of this host, with a home of its own whose Caddy leads to this directory."""
    edge = Layout(root=place.root, belt="edge")
    kept = json.loads((place.root / "gateway" / "requests" / "caddy.json").read_text())
    config = (Layout(root=place.root, belt="gateway").of_part(caddy.PROGRAM) / "config.json").read_text()
    try:
        edge.requests.mkdir(parents=True)
        (edge.requests / "caddy.json").write_text(json.dumps({**kept, "belt": "edge", "port": free_port()}))
        edge.of_part(caddy.PROGRAM).mkdir(parents=True)
        (edge.of_part(caddy.PROGRAM) / "config.json").write_text(config)
        told = place.json()
        assert "directory" in told.kinds
        assert any("edge reads this alias" in one["seen"] for one in told.findings)
    finally:
        shutil.rmtree(edge.home)


def test_the_ledger_is_down(place: Place) -> None:
    """Nobody can tell, and its URL is nowhere."""
    url = "postgresql://ledger:hush-hush@127.0.0.1:1/belts"
    told = place.json(BELTS_LEDGER_URL=url)
    assert (told.code, told.kinds) == (3, {"ledger"})
    assert "hush-hush" not in told.text


def test_looking_changes_nothing(place: Place) -> None:
    """Not the ledger, and not the alias."""
    current = place.spec.alias / "current"

    def traces() -> object:
        with psycopg.connect(place.ledger_url) as connection:
            written = connection.execute("select count(*) from moves").fetchall()
        return (current.readlink(), current.lstat().st_mtime_ns, written)

    before = traces()
    place.json()
    assert traces() == before


def test_a_belt_with_newer_credentials(place: Place) -> None:
    """Its login has another name then. No test after this one asks as the superuser: that changes too."""
    port = int(str(conninfo_to_dict(place.database)["port"]))
    place.hosts.apply("postgres", port=port, credentials=2, revokePreviousCredentials=True)
    told = place.json()
    assert (told.code, told.findings) == (0, [])


def test_moves_that_the_ledger_tells_of(place: Place) -> None:
    """A move without a result; then one that was found; then a rollback that was never booked."""
    with place.ledger() as ledger:
        to = green(place)
        move = Move(
            kind=Kind.FOUND,
            certificate=None,
            belt=to.belt,
            identity=to.identity,
            from_belt="blue",
            from_identity=place.blue.identity,
            heights={},
        )
        seq = ledger.begin(move)
        assert place.json().kinds == {"unended"}
        ledger.end(seq, Result.SERVED, "found")
        assert place.json().kinds == {"ledger"}
        back = first(to, since=SINCE, move=seq, certificate=None).rolled_back(
            place.blue, since=SINCE, move=None
        )
        place.serve(back)
        assert place.json().kinds == {"unbooked"}
        home = Move(
            kind=Kind.FOUND,
            certificate=None,
            belt="blue",
            identity=place.blue.identity,
            from_belt=to.belt,
            from_identity=to.identity,
            heights={},
        )
        booked = ledger.begin(home)
        place.serve(replace(back, move=booked))
        ledger.end(booked, Result.SERVED, "found again")
        assert place.json().code == 0


def test_a_row_of_the_ledger_was_edited(place: Place) -> None:
    """With the triggers off, as only the owner can: the gateway's seal is broken."""
    with psycopg.connect(place.owner_url) as connection:
        connection.execute("set session_replication_role = replica")
        [[kept]] = connection.execute("select heights from moves where seq = 1").fetchall()
        connection.execute("update moves set heights = '{}' where seq = 1")
    try:
        told = place.json()
    finally:
        with psycopg.connect(place.owner_url) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute("update moves set heights = %s where seq = 1", [Jsonb(kept)])
    assert (told.code, told.kinds) == (1, {"ledger"})
    assert "has not written: move 1" in told.findings[0]["seen"]
    assert place.json().code == 0


def test_the_gateways_role_was_given_more(place: Place) -> None:
    """Rows could come past the functions that check them."""
    with psycopg.connect(place.owner_url, autocommit=True) as connection:
        connection.execute("grant insert on verdicts to ledger")
    try:
        told = place.json()
    finally:
        with psycopg.connect(place.owner_url, autocommit=True) as connection:
            connection.execute("revoke insert on verdicts from ledger")
    assert (told.code, told.kinds) == (1, {"ledger"})
    assert "past their functions" in told.findings[0]["seen"]


def test_the_ledger_was_restored_from_a_backup(place: Place) -> None:
    """The alias came about by a move that it does not know."""
    with psycopg.connect(place.owner_url) as connection:
        [[last]] = connection.execute("select max(seq) from moves").fetchall()
    place.serve(first(place.blue, since=SINCE, move=last + 2, certificate="c"))
    told = place.json()
    assert (told.code, told.kinds) == (1, {"ledger"})
    assert f"by move {last + 2}, and the ledger ends with {last}" in told.findings[0]["seen"]
