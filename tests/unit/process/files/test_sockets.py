"""Folders of sockets: who may enter them, and which paths nobody could dial."""

import os
from pathlib import Path

import pytest

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import sockets
from belts.runtimes.process.files.layout import Layout


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_folder_of_two(tmp_path: Path) -> None:
    """Its owner, and a group that may enter it and not look around; what lies in it stays."""
    layout = Layout(root=tmp_path, belt="blue")
    folder = sockets.make(sockets.for_indexer(layout))
    (folder / "one").touch()
    assert (mode(folder), mode(folder.parent), mode(layout.home)) == (0o700, 0o711, 0o700)
    group = 54_321 if os.geteuid() == 0 else os.getegid()
    sockets.make(folder, group=group)
    assert (mode(folder), folder.stat().st_gid) == (0o710, group)
    sockets.make(folder)
    assert (mode(folder), folder.stat().st_gid) == (0o700, os.getegid())
    assert (folder / "one").exists()


@pytest.mark.parametrize(
    "root", ["/" + "x" * 90, "/with blanks", "/with,comma", "/with|bar", "/{env.HOME}", "/ü"]
)
def test_a_root_that_no_socket_can_lie_below(root: str) -> None:
    """Said in words before anything is begun; else a client would not find what seems to be well."""
    layout = Layout(root=Path(root), belt="blue")
    with pytest.raises(Refused) as refused:
        sockets.refuse_unfit(layout, *sockets.all_of_postgres(layout, 65_535))
    assert "107 bytes" in refused.value.expected
    assert root in refused.value.seen
    assert "`root`" in refused.value.now


def test_the_longest_path() -> None:
    """107 bytes are taken, and 108 are not."""
    end = "/blue/sockets/gateway/engine.sock"
    layout = Layout(root=Path("/" + "x" * (107 - len(end) - 1)), belt="blue")
    assert len(str(sockets.of_engine(layout))) == 107
    sockets.refuse_unfit(layout, sockets.of_engine(layout))
    longer = Layout(root=Path(f"{layout.root}x"), belt="blue")
    with pytest.raises(Refused):
        sockets.refuse_unfit(longer, sockets.of_engine(longer))
