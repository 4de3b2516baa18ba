"""The page about who may do what names the test of each row, and leaves out nothing that a host has."""

import importlib
import pkgutil
from pathlib import Path

from belts.runtimes.process import parts
from belts.runtimes.process.database import roles
from belts.runtimes.process.files import secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import engine, ledger, prover, status_endpoint, webhook_sender
from belts.runtimes.process.supervise import caddy_admin, control
from gate.certify import sealing
from tests.unit import tables
from tests.unit.tables import REFERENCE, ROOT

PAGE = ROOT / "docs" / "security.md"
GIVEN_UP = "not defended"


def _first_cells(heading: str) -> str:
    """What the rows of one table are about."""
    section = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return "\n".join(line.split(" | ")[0] for line in section.splitlines() if line.startswith("| "))


def _unsaid(names: set[str], heading: str) -> set[str]:
    said = _first_cells(heading)
    return {name for name in names if f"`{name}`" not in said}


def test_every_test_that_is_named_exists() -> None:
    """A reader can run what the page names."""
    assert tables.named(PAGE)
    assert tables.missing(PAGE) == []


def test_every_row_is_shown_or_given_up() -> None:
    """There is no third kind."""
    found = tables.rows(PAGE)
    assert len(found) > 60
    assert [row[0] for row in found if not REFERENCE.search(row[-1]) and GIVEN_UP not in row[-1]] == []


def test_every_row_is_shown_in_every_run() -> None:
    """What only the deep tests saw, a change could break for weeks."""
    assert tables.left_out(PAGE) == []


def test_every_secret_has_its_thief() -> None:
    """Those that a host makes for a belt, and those that it is told."""
    told = {ledger.ROLE, sealing.NAME, webhook_sender.URL, webhook_sender.SECRET, webhook_sender.LEDGER}
    assert _unsaid({*secrets.NAMES, *told}, "What a thief of each secret gets") == set()


def test_every_role_is_bounded() -> None:
    """In a belt's database and in the ledger."""
    assert _unsaid({*roles.NAMES, roles.SUPERUSER}, "Roles in a belt's Postgres") == set()
    assert _unsaid({ledger.ROLE}, "Roles in the ledger") == set()


def test_every_program_is_told_of() -> None:
    """Whatever a host keeps running of a belt or a gateway, and what it holds."""
    names = [found.name for found in pkgutil.iter_modules(parts.__path__)]
    modules = [importlib.import_module(f"{parts.__name__}.{name}") for name in names]
    programs = {module.PROGRAM for module in modules if hasattr(module, "PROGRAM")}
    assert len(programs) > 5
    assert _unsaid(programs, "What each program is given") == set()


def test_every_socket_is_told_of() -> None:
    """Those that lie in a directory."""
    listed = _first_cells("What listens")
    for name in (caddy_admin.SOCKET.name, status_endpoint.SOCKET, control.SOCKET, sockets.ENGINE):
        assert f"/{name}`" in listed
    layout = Layout(root=Path("ROOT"), belt="BELT")
    for folder in (sockets.for_host(layout), sockets.for_indexer(layout), sockets.for_gateway(layout)):
        assert f"`{folder}/" in listed


def test_files_that_hold_a_secret() -> None:
    """By the names that the programs give them."""
    listed = _first_cells("What is stored where")
    for name in (engine.DATABASE_URL, engine.ADMIN_SECRET, prover.PROGRAM, "secrets.json"):
        assert name in listed


def test_every_promise_of_others() -> None:
    """Kept, in part or not, and by a test that runs every time."""
    page = ROOT / "docs" / "promises.md"
    found = tables.rows(page)
    assert {row[0] for row in found} == {"HAProxy", "Patroni", "CloudNativePG", "Argo Rollouts", "Vault"}
    assert [row[1] for row in found if not row[2].startswith(("kept", "in part: ", "not kept"))] == []
    assert [row[1] for row in found if not REFERENCE.search(row[-1])] == []
    assert tables.missing(page) == []
    assert tables.left_out(page) == []
