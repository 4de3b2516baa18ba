"""Which command plugin a checkout runs with: real links, a real host, a program in Pulumi's place."""

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.answering import answering
from tools.checkout import Checkout
from tools.environment import environment
from tools.machine import Machine
from tools.plugin import NAME, STAND_IN, CommandPlugin, Kind, chosen
from tools.program import Programs, Running
from tools.progress import Board

pytestmark = pytest.mark.live

PLACE = Path("plugins") / "resource-command-v1.2.1"
SILENT = "http://127.0.0.1:1"


class Has(BaseHTTPRequestHandler):
    """A host that has every plugin."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    with answering(Has) as url:
        yield url


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """With the Python package that says which version it asks for, and the stand-in."""
    made = Checkout(root=tmp_path / "checkout", cache=tmp_path / "cache")
    described = made.venv / "lib" / "python3.11" / "site-packages" / "pulumi_command" / "pulumi-plugin.json"
    _write(described, json.dumps({"name": "command", "version": "1.2.1"}))
    _write(made.root / STAND_IN, "#!/bin/sh\n")
    return made


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def _run(checkout: Checkout, home: Path, host: str, *, unpinned: str = "command-plugin") -> str:
    told = io.StringIO()
    plugin = CommandPlugin(
        checkout=checkout,
        programs=Programs(running=Running(), logs=checkout.logs),
        machine=Machine(system="linux", processor="amd64"),
        environ={"HOME": str(home), "PATH": "/usr/bin:/bin", "BELTS_UNPINNED": unpinned},
        host=host,
    )
    plugin.run(Board(told, live=False).lane("plugin"))
    assert all(path.exists() for path in plugin.results())
    return told.getvalue()


def test_a_host_that_is_silent_means_the_stand_in(checkout: Checkout, tmp_path: Path) -> None:
    """It is said, with the reason, and Pulumi is told not to try by itself."""
    said = _run(checkout, tmp_path, SILENT)
    assert "using the stand-in command plugin (" in said
    assert f"{SILENT}/{NAME}-v1.2.1-linux-amd64.tar.gz cannot be read" in said
    assert chosen(checkout) is Kind.STAND_IN
    placed = checkout.pulumi_home / PLACE / NAME
    assert placed.samefile(checkout.root / STAND_IN)
    assert not placed.parent.is_symlink()
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" in environment(checkout, {})


def test_the_real_one_of_the_machine_is_used_without_asking_anybody(
    checkout: Checkout, tmp_path: Path
) -> None:
    theirs = _write(tmp_path / ".pulumi" / PLACE / NAME, "real")
    assert "using the real command plugin (found in " in _run(checkout, tmp_path, SILENT)
    assert chosen(checkout) is Kind.REAL
    assert (checkout.pulumi_home / PLACE / NAME).samefile(theirs)


def test_the_stand_in_of_another_checkout_is_not_the_real_one(checkout: Checkout, tmp_path: Path) -> None:
    """In a shell of that checkout its Pulumi home is the machine's."""
    theirs = tmp_path / ".pulumi" / PLACE / NAME
    theirs.parent.mkdir(parents=True)
    theirs.symlink_to(_write(tmp_path / "another" / STAND_IN, "#!/bin/sh\n"))
    assert "using the stand-in command plugin (" in _run(checkout, tmp_path, SILENT)
    assert chosen(checkout) is Kind.STAND_IN


def test_the_real_one_is_installed_where_its_host_answers(
    checkout: Checkout, tmp_path: Path, host: str
) -> None:
    """By Pulumi itself, in the version that the Python package asks for."""
    placed = f'"$PULUMI_HOME/{PLACE}'
    lines = ("#!/bin/sh", 'echo "$@" >"$0.called"', f'mkdir -p {placed}"', f'echo real >{placed}/{NAME}"')
    pulumi = _write(checkout.bin / "pulumi", "\n".join(lines))
    assert f"using the real command plugin (installed from {host})" in _run(checkout, tmp_path, host)
    assert pulumi.with_suffix(".called").read_text() == "plugin install resource command 1.2.1\n"
    assert (checkout.pulumi_home / PLACE / NAME).read_text() == "real\n"


def test_one_that_is_not_pinned(checkout: Checkout, tmp_path: Path, host: str) -> None:
    """Nobody is asked for it until the operator says so."""
    said = _run(checkout, tmp_path, host, unpinned="")
    assert "is not in tools/pins.txt; `BELTS_UNPINNED=command-plugin make setup` takes it unseen" in said
    assert chosen(checkout) is Kind.STAND_IN


def test_one_that_is_pinned(checkout: Checkout, tmp_path: Path, host: str) -> None:
    """Pulumi itself holds it against the pin."""
    digest = "a" * 64
    _write(checkout.root / "tools" / "pins.txt", f"{digest}  {NAME}-v1.2.1-linux-amd64.tar.gz\n")
    pulumi = _write(checkout.bin / "pulumi", '#!/bin/sh\necho "$@" >"$0.called"\n')
    (checkout.pulumi_home / PLACE).mkdir(parents=True)
    with suppress(AssertionError):  # this Pulumi makes nothing
        _run(checkout, tmp_path, host, unpinned="")
    called = pulumi.with_suffix(".called").read_text()
    assert called == f"plugin install resource command 1.2.1 --checksum {digest}\n"


def test_an_installation_that_fails_means_the_stand_in(checkout: Checkout, tmp_path: Path, host: str) -> None:
    _write(checkout.bin / "pulumi", "#!/bin/sh\necho disk full; exit 1\n")
    said = _run(checkout, tmp_path, host)
    assert "using the stand-in command plugin (installing the real one failed" in said
    assert "disk full" in said
    assert chosen(checkout) is Kind.STAND_IN


def test_the_real_one_takes_the_stand_ins_place_once_it_can_be_had(
    checkout: Checkout, tmp_path: Path
) -> None:
    _run(checkout, tmp_path, SILENT)
    theirs = _write(tmp_path / ".pulumi" / PLACE / NAME, "real")
    _run(checkout, tmp_path, SILENT)
    assert (checkout.pulumi_home / PLACE / NAME).samefile(theirs)
    assert (checkout.root / STAND_IN).read_text() == "#!/bin/sh\n"


def test_an_installed_real_one_is_never_replaced_by_the_stand_in(checkout: Checkout, tmp_path: Path) -> None:
    """A network that is away today does not change what the stacks run with."""
    _write(checkout.pulumi_home / PLACE / NAME, "real")
    assert "using the real command plugin (installed before)" in _run(checkout, tmp_path, SILENT)
    assert (checkout.pulumi_home / PLACE / NAME).read_text() == "real"
