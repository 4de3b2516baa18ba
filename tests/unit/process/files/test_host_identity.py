"""Who a host is: made once, true of one root on one machine, and never taken from another."""

import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from belts.files import private_dir
from belts.runtimes.process import command
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import host_identity
from belts.runtimes.process.files.host_identity import FILE

ONE, OTHER = "0" * 32, "f" * 32


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the machine calls itself."""
    file = tmp_path / "machine-id"
    file.write_text(f"{ONE}\n")
    monkeypatch.setattr(host_identity, "MACHINE", file)
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "hosts"


def named(root: Path) -> str:
    """The name of a root, given now where it has none."""
    private_dir(root)
    return host_identity.settle(root, host_identity.drawn())


def test_it_is_made_once(root: Path) -> None:
    """Of many who make it at once all get the same, which is for the owner alone and names no machine."""
    assert host_identity.own(root) is None
    assert not root.exists()
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: named(root), range(16)))
    assert names == {host_identity.own(root)}
    assert re.fullmatch(host_identity.NAME, names.pop())
    assert (root / FILE).stat().st_mode & 0o077 == 0
    assert ONE not in (root / FILE).read_text()
    assert [place.name for place in root.iterdir()] == [FILE]


def test_two_roots(root: Path, tmp_path: Path) -> None:
    """They are two hosts, also on one machine."""
    assert named(root) != named(tmp_path / "others")


def test_a_root_by_a_link(root: Path, tmp_path: Path) -> None:
    """It is the same host by whichever name it is called."""
    name = named(root)
    (tmp_path / "link").symlink_to(root)
    assert host_identity.own(tmp_path / "link") == name


def test_a_root_that_was_copied(root: Path, tmp_path: Path, machine: Path) -> None:
    """Elsewhere it is refused, be that another place or another machine, until it is adopted."""
    name = named(root)
    shutil.copytree(root, tmp_path / "copy")
    with pytest.raises(Refused, match=f"was made for {root}"):
        host_identity.own(tmp_path / "copy")
    with pytest.raises(Refused, match="python -m belts adopt --root"):
        named(tmp_path / "copy")
    machine.write_text(f"{OTHER}\n")
    with pytest.raises(Refused, match="was made on another machine"):
        host_identity.own(root)

    before, now = host_identity.adopt(root)
    assert before == name != now
    assert host_identity.own(root) == now
    assert host_identity.adopt(root) == (now, now)


@pytest.mark.parametrize("said", ["", "uninitialized\n", "\0", None])
def test_a_machine_that_says_nothing(root: Path, machine: Path, said: str | None) -> None:
    """A container has no name of its own: there the root alone tells."""
    name = named(root)
    machine.unlink()
    if said is not None:
        machine.write_text(said)
    assert host_identity.own(root) == name


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _text(text: str) -> Callable[[Path], None]:
    return lambda path: (path.write_text(text), None)[1]


def _json(**changes: Any) -> Callable[[Path], None]:
    whole = {"version": 1, "name": f"a-b-{'0' * 16}", "machine": "", "root": "/"}
    return _text(json.dumps(whole | changes))


IN_ITS_PLACE: dict[str, Callable[[Path], None]] = {
    "a socket": _socket,
    "a pipe": os.mkfifo,
    "a directory": Path.mkdir,
    "a link that leads nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "nothing": _text(""),
    "half a text": _text('{"version": 1'),
    "another version": _json(version=2),
    "a name with markup": _json(name="<b>a</b>-0000000000000000"),
    "a name with a path": _json(name="../a-0000000000000000"),
    "a name with NUL": _json(name="a\0-0000000000000000"),
    "no root": _json(root=None),
}


@pytest.mark.parametrize("what", IN_ITS_PLACE)
def test_what_stands_in_its_place(root: Path, tmp_path: Path, what: str) -> None:
    """It is refused with the file's name, and adopting puts a name there without following it."""
    root.mkdir()
    IN_ITS_PLACE[what](root / FILE)
    for ask in (host_identity.own, named):
        with pytest.raises(Refused, match=re.escape(str(root / FILE))) as refused:
            ask(root)
        assert "python -m belts adopt --root" in refused.value.now
    before, now = host_identity.adopt(root)
    assert before is None
    assert host_identity.own(root) == now
    assert (root / FILE).lstat().st_mode & 0o777 == 0o600
    assert not (root / "nowhere").exists()


def test_a_link_to_the_name_of_another_root(root: Path, tmp_path: Path) -> None:
    """It is not believed, and adopting leaves what it leads to as it was."""
    other = named(tmp_path / "others")
    root.mkdir()
    (root / FILE).symlink_to(tmp_path / "others" / FILE)
    with pytest.raises(Refused, match="was made for"):
        host_identity.own(root)
    host_identity.adopt(root)
    assert host_identity.own(tmp_path / "others") == other != host_identity.own(root)


@pytest.mark.parametrize("what", ["a file", "a socket", "a link that leads nowhere"])
def test_a_root_that_is_no_directory(root: Path, what: str) -> None:
    """It is refused in words."""
    (_text("") if what == "a file" else IN_ITS_PLACE[what])(root)
    with pytest.raises(Refused, match="nothing was done"):
        host_identity.settle(root, host_identity.drawn())


def test_adopting_by_the_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says who the root is from here on, and that there was nothing to do."""
    root.mkdir()
    assert command.main(["adopt", "--root", str(root)]) == 0
    name = host_identity.own(root)
    assert f"is the host {name} from here on" in capsys.readouterr().err
    assert command.main(["adopt", "--root", str(root)]) == 0
    assert "nothing was done" in capsys.readouterr().err


def test_what_status_tells(root: Path) -> None:
    """The name, or in one line why there is none."""
    assert "the next `pulumi up`" in host_identity.told(root)
    name = named(root)
    assert host_identity.told(root) == name
    (root / FILE).write_text("{}")
    assert host_identity.told(root) == "without a name to go by: no version 1; docs/host.md says what follows"
