"""A file of one belt that says nothing any more, whichever it is, however it is damaged: what it breaks."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from belts.files import remove_tree, write_private_json
from belts.runtimes.lease import Holding, Lease
from belts.runtimes.process import binding, lease_files, status, verbs
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import ending
from belts.runtimes.process.host import Host
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.parts.part import Part
from belts.runtimes.process.supervise import leftovers
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json
from gate.alias.leases import Leases
from gate.alias.state import How, Served, Standing
from tests.deep import some

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILES = (
    "requests/postgres.json",
    "requests/engine.json",
    "requests/engine.applied",
    "requests",
    "secrets.json",
    "leases/gateway.json",
    "leases",
    "postgres/seeding.json",
    "postgres/owner.json",
    "postgres",
    "prover/note.json",
    "prover",
    "caddy/config.json",
    "caddy",
    "toolchain.json",
    "supervisor/supervisord.pid",
    "supervisor/control.sock",
    "supervisor",
    "alias",
    "",
)
"""Every file and directory of a belt that is looked at for the sake of others; the last one is its home."""
TEXTS = {
    "NUL": b"\0" * 40,
    "empty": b"",
    "half": b'{"version": 1, "part": "postg',
    "no text": b'{"version": "\xff\xfe"}',
    "a list": b"[1, 2]",
    "deep": b"[" * 200_000,
    "another version": b'{"version": 99, "part": "postgres"}',
    "of another belt": b'{"version": 1, "part": "postgres", "root": "/", "belt": "red", "port": 1}',
    "other types": b'{"generations": 1, "gateway": [], "holding": {}, "until": 3, "state": null, "nonce": 7}',
    "endless": b" " * (17 * 1024 * 1024),
}
SAID = ("cannot be read", "may not be what runs")
SAID_OTHERWISE = frozenset({"supervisor/control.sock", "alias", "postgres/owner.json", ""})
"""What is no file that is read for others: a dead supervisor shows as such, the rest with the belt itself."""


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


OTHERS: dict[str, Callable[[Path], None]] = {
    "a directory": Path.mkdir,
    "a pipe": os.mkfifo,
    "a socket": _socket,
    "a loop": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to an endless file": lambda path: path.symlink_to("/dev/zero"),
}
DAMAGES = ("closed", *TEXTS, *OTHERS)
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def within_seconds() -> Iterator[None]:
    """Whoever waits at a pipe waits for ever."""

    def late(*_: object) -> None:
        raise AssertionError("somebody waits at a file")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def root(tmp_path: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Blue, green, and the gateway; blue has every file that there can be, green soaks."""
    # Nothing of them runs; to see that, every process of this machine would be looked at each time.
    monkeypatch.setattr(leftovers, "of_belt", lambda _: ())
    for belt in ("blue", "green"):
        for part in ("postgres", "engine"):
            ask(tmp_path, belt, part, free_port())
        secrets.ensure(Layout(root=tmp_path, belt=belt))
        lease_files.serve(tmp_path / belt, gateway="gateway")
    ask(tmp_path, "gateway", "caddy", free_port())
    blue = tmp_path / "blue"
    note = {"state": "proved", "digest": "d", "version": "1", "line": "it proves", "at": "noon"}
    for name in ("postgres/seeding.json", "prover/note.json", "caddy/config.json"):
        write_private_json(blue / name, note)
    write_private_json(blue / "postgres/owner.json", {"belt": "blue", "nonce": "n"})
    binding.keep(Layout(root=tmp_path, belt="blue"))
    (blue / "supervisor").mkdir()
    (blue / "supervisor/supervisord.pid").write_text("1")
    return tmp_path


def ask(root: Path, belt: str, part: str, port: int) -> Request:
    raw = {"version": 1, "part": part, "root": str(root), "belt": belt, "port": port}
    request = from_json(raw)
    recorded.record(request)
    recorded.applied(request)
    return request


@contextmanager
def damaged(path: Path, how: str) -> Iterator[None]:
    """While the block lasts; then it is as it was."""
    print(how)  # which one it was, where the block fails
    signal.alarm(PATIENCE_S)  # for each of them: all together take as long as the machine is busy
    with pytest.MonkeyPatch.context() as patched:
        if how == "closed":
            _close(path, patched)
            yield
            return
        kept = path.with_name(f"{path.name}.kept")
        before = os.path.lexists(path)
        if before:
            path.rename(kept)
        try:
            if how in TEXTS:
                path.write_bytes(TEXTS[how])
            else:
                OTHERS[how](path)
            yield
        finally:
            remove_tree(path)
            if before:
                kept.rename(path)


def _close(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As to an ordinary user; to root nothing is closed."""

    def refusing(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(name: Any, *rest: Any, **named: Any) -> Any:
            below = isinstance(name, str | Path) and path in (Path(name), *Path(name).parents)
            if below and (call.__name__ not in {"stat", "lstat"} or Path(name) != path):
                raise PermissionError(13, "Permission denied", str(name))
            return call(name, *rest, **named)

        return called

    for name in ("open", "stat", "lstat", "scandir", "listdir", "mkdir"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_what_it_breaks(root: Path, name: str) -> None:
    """That belt, and nothing of another one: each look at the host goes on, and says so."""
    green = recorded.of_belt(Layout(root=root, belt="green"))
    for how in some(DAMAGES, turn=FILES.index(name)):
        with damaged(root / "blue" / name, how):
            looked_at(root, green, said=name not in SAID_OTHERWISE and damaging(name, how))


def looked_at(root: Path, green: tuple[Request, ...], *, said: bool) -> None:
    host = Host(root)
    verbs.check(green)
    assert "green" in host.graphql()
    assert {belt for belt, _ in host.leases()} >= {"green"}
    assert "gateway" in host.audited().names()
    assert host.audited().sharing("gateway") == ()
    assert host.audited().down("green") == ("engine", "postgres")
    assert host.audited().announces("gateway") is False
    with pytest.raises(Refused, match="green is held as serving"):
        ending.check(Layout(root=root, belt="gateway"))
    layouts = recorded.belts(root)
    table, told = status.as_table(layouts), status.as_json(layouts)
    assert told["belts"]["green"]["unread"] == []
    assert set(told["belts"]["green"]["parts"]) == {"postgres", "engine"}
    assert table.count("\ngreen  ") == 3
    lines = [
        *host.audited().unread(),
        *(line for line in table.splitlines() if any(word in line for word in SAID)),
    ]
    assert all(line.startswith("blue: ") for line in lines)
    if said:
        assert any(line.startswith("blue: ") for line in lines), table


def damaging(name: str, how: str) -> bool:
    """Not where the text says something all the same, or what is there is what belongs there."""
    if how == "a directory" and "." not in Path(name).name:
        return False
    if name in {"prover/note.json", "caddy/config.json"}:
        return how not in {"another version", "of another belt", "other types"}
    return True


@dataclass(frozen=True)
class Nothing:
    """A part of which nothing is made: who would have been is kept."""

    part: str
    made: list[tuple[str, str]]

    def apply(self, layout: Layout, _request: Any, /) -> Mapping[str, Any]:
        secrets.known(layout)
        self.made.append((layout.belt, self.part))
        return {}

    def remove(self, _layout: Layout, /) -> None:
        """There is nothing."""


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_who_heals(root: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every other belt is healed, and the sum names no other."""
    healed: list[tuple[str, str]] = []
    for part in PARTS:
        monkeypatch.setitem(PARTS, part, Part(module=partial(Nothing, part, healed)))
    for how in some(DAMAGES, turn=FILES.index(name)):
        healed.clear()
        summed_up = ""
        with damaged(root / "blue" / name, how):
            try:
                verbs.heal(recorded.belts(root))
            except Refused as refused:
                summed_up = str(refused)
        assert "green" not in summed_up
        assert {("green", "postgres"), ("green", "engine"), ("gateway", "caddy")} <= set(healed)


@pytest.mark.parametrize("name", ["leases/gateway.json", "leases"])
def test_a_move_away_from_it(root: Path, name: str) -> None:
    """Consumers come to the other belt, whose lease is written; what says nothing holds its own belt."""
    served = Served(serves=standing("green"), since=NOW.isoformat(), how=How.PROMOTED, left=standing("blue"))
    for how in DAMAGES:
        with damaged(root / "blue" / name, how):
            Leases(gateway="gateway", place=Host(root), soak=timedelta(hours=1)).settle(served)
            assert holding(root / "green") is Holding.SERVES
            Host(root).end(gateway="gateway", at=NOW)
            assert holding(root / "green") is Holding.SERVED


def holding(home: Path) -> Holding:
    held = lease_files.of_gateway(home, gateway="gateway")
    assert isinstance(held, Lease)
    return held.holding


def standing(belt: str) -> Standing:
    return Standing(belt=belt, identity="1" * 64, dial="127.0.0.1:1", heights={1: 1})


def test_the_part_itself(root: Path) -> None:
    """It is written over, unless a gateway needs the belt or a later release asked for it."""
    layout = Layout(root=root, belt="blue")
    again = recorded.of_belt(layout)[:1]
    file = layout.request("postgres")
    file.write_text("{")
    with pytest.raises(Refused, match="may not change now"):
        verbs.check(again)
    remove_tree(root / "blue" / "leases")
    verbs.check(again)
    file.write_text(json.dumps({"version": 99}))
    with pytest.raises(Refused, match="a later release wrote"):
        verbs.check(again)


def test_what_secrets_it_tells(root: Path) -> None:
    """None: what cannot be parsed is not shown."""
    (root / "blue/secrets.json").write_text('{"gate": "hunter2", "admin": hunter2}')
    for words in (status.as_table(recorded.belts(root)), *Host(root).audited().unread()):
        assert "its secrets cannot be read" in words
        assert "hunter2" not in words
