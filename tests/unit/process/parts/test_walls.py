"""What a program reaches that a superuser lets Postgres run: the files of its cluster, and no other part."""

import os
import socket
from pathlib import Path

import pytest

from belts.files import private_dir, write_private
from belts.runtimes.process.confine import landlock
from belts.runtimes.process.files import sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import postgres
from belts.runtimes.process.supervise import identity
from belts.runtimes.process.supervise.programs import Program

pytestmark = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
KNOCK = "import socket; socket.socket(socket.AF_UNIX).connect('{}'); print('entered')"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(root=tmp_path, belt="blue")
    private_dir(found.of_part("postgres") / "data")
    write_private(found.secrets, "hush-4711")
    postgres.open_sockets(found)
    return found


def ran(layout: Layout, command: str) -> tuple[bool, str]:
    user = identity.for_postgres()
    if user == "nobody":
        pytest.skip("nobody may not come near this directory at all")
    program = Program(
        name="probe",
        argv=("/bin/sh", "-c", command),
        cwd=layout.of_part("postgres") / "data",
        user=user,
        cage=postgres.walls(layout, user),
    )
    done = identity.run_tool(layout, program)
    return done.returncode == 0, done.stdout


def test_its_own_files(layout: Layout) -> None:
    """It writes among its data, and makes its sockets in both folders."""
    folders = (sockets.for_host(layout), sockets.for_indexer(layout))
    makes = " && ".join(f"echo x > {folder}/made" for folder in folders)
    assert ran(layout, f"echo x > made && cat made && {makes}") == (True, "x\n")
    assert all((folder / "made").exists() for folder in folders)


def test_files_of_others(layout: Layout) -> None:
    """The belt's secrets are not there, nor to be read; nothing is made beside its data."""
    worked, said = ran(layout, f"cat {layout.secrets}")
    assert (worked, "hush" in said) == (False, False)
    assert ran(layout, f"echo x > {layout.home}/made")[0] is False
    assert ran(layout, "cat /etc/shadow")[0] is False


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's sockets are not defended")
def test_sockets_that_believe_root(
    layout: Layout, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sees neither the supervisor's nor one elsewhere, though it is root to both."""
    private_dir(layout.supervisor)
    for folder in (layout.supervisor, tmp_path_factory.mktemp("other")):
        with socket.socket(socket.AF_UNIX) as listening:
            monkeypatch.chdir(folder)
            listening.bind("s")
            listening.listen()
            worked, said = ran(layout, f'/usr/bin/python3 -I -c "{KNOCK.format(folder / "s")}"')
        assert (worked, "entered" in said) == (False, False)
