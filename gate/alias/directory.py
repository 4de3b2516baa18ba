"""The alias as a directory that is swapped whole, for a Caddy that reads files.

`current` is a symbolic link to a version directory. In it, `route` and `byways` hold what Caddy reads:
address and name of the belt, a blank between them; the same, and an end, for each belt that consumers may
name. What we read is `state.json`. One rename changes all, so they always agree.
"""

import json
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from belts.files import is_draft, make, read_json, replace, sync
from belts.locks import locked
from belts.spec import byway
from gate.alias.state import Served, decode, encode
from gate.alias.store import AliasDamaged, AliasRefused

VERSION = 2
READ = (1, VERSION)
"""The first knew no byways."""
CURRENT = "current"
NEXT = "next"
OWNER = "owner.json"
MOVING = "moving.lock"
OURS = re.compile(rf"v[0-9]{{8}}|{CURRENT}|{NEXT}|{re.escape(OWNER)}|{re.escape(MOVING)}")
BELT = r"[a-z][a-z0-9-]*"
DIAL = r"unix//[^\s]+|[^\s/]+:[0-9]+"
KEPT = 3
"""Version directories that stay: a request that has just looked up an old one must still find it."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The alias of one gateway on the host where its Caddy runs."""

    path: Path
    gateway: str

    def __str__(self) -> str:
        return str(self.path)

    def read(self) -> Served | None:
        return read(self.path)

    def record(self) -> Served | None:
        return self.read()

    def names(self) -> frozenset[str]:
        try:
            live = self.read()
        except AliasDamaged:
            return frozenset()
        return frozenset() if live is None else frozenset({live.serves.belt})

    def leads(self, belt: str) -> bool:  # noqa: ARG002 -- nobody but its writer leads it anywhere
        return False

    def version(self) -> str | None:
        try:
            return str((self.path / CURRENT).readlink())
        except OSError:
            return None

    def owner(self) -> str | None:
        told = (read_json(self.path / OWNER) if self.path.is_dir() else None) or {}
        return str(told["gateway"]) if "gateway" in told else None

    def strange(self, *, kept: Collection[str]) -> tuple[str, ...]:
        names = sorted(path.name for path in self.path.iterdir()) if self.path.is_dir() else []
        ours = {name for name in names if name in kept or any(is_draft(name, one) for one in kept)}
        return tuple(name for name in names if name not in ours and not OURS.fullmatch(name))

    def swap(self, served: Served) -> None:
        serves = served.serves
        named = [("belt", serves.belt, BELT), ("dial", serves.dial, DIAL)]
        named += [("belt", each.belt, BELT) for each in served.byways]
        named += [("dial", each.dial, DIAL) for each in served.byways]
        for what, value, shape in named:
            if re.fullmatch(shape, value) is None:
                raise AliasRefused(
                    "the alias stays as it is",
                    expected=f"a {what} like {shape}",
                    seen=f"{value!r}, which is no {what}",
                    now=f"correct the {what} that the stack of the belt exports",
                )
        with _owned(self.path, self.gateway):
            _write(self.path, served)

    def clear(self) -> None:
        with _owned(self.path, self.gateway):
            (self.path / CURRENT).unlink(missing_ok=True)
            sync(self.path)

    def remove(self) -> None:
        if self.path.exists():
            self.clear()
            shutil.rmtree(self.path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        def busy() -> None:
            raise AliasRefused(
                f"the alias at {self.path} stays as it is",
                expected="one who moves it at a time",
                seen="somebody else is moving it",
                now="wait for them to finish, then run it again",
            )

        with _owned(self.path, self.gateway):
            pass  # a lock is made in no directory of somebody else
        with locked(self.path / MOVING, busy=busy):
            yield

    def keep(self, name: str, text: str) -> None:
        replace(self.path / name, text)

    def kept(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def forget(self, name: str) -> None:
        if (self.path / name).exists():
            (self.path / name).unlink()
            sync(self.path)


def read(directory: Path) -> Served | None:
    """What the alias says now; `None` where it was never set."""
    current = directory / CURRENT
    if not os.path.lexists(current):
        return None
    try:
        target = current.resolve(strict=True)
        route = (target / "route").read_text()
        state = json.loads((target / "state.json").read_text())
        version = state["version"]
        byways = _byways(target) if version in READ[1:] else ""
        served = decode(state["served"]) if version in READ else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(directory, f"a link that leads to no state of ours ({error})") from error
    if served is None:
        raise AliasRefused(
            f"the alias at {directory} stays as it is",
            expected=f"a state of version {VERSION}, which this release reads",
            seen=f"version {version}, which `pulumi up` of another release wrote",
            now="run this with that release",
        )
    if served.route != route:
        raise _unreadable(directory, f"the route {route!r} beside a state that says {served.route!r}")
    if _lines(served) != byways:
        raise _unreadable(directory, f"the byways {byways!r} beside a state that says {_lines(served)!r}")
    return served


def _byways(target: Path) -> str:
    return (target / byway.FILE).read_text()


def _lines(served: Served) -> str:
    """What Caddy reads of the byways."""
    return byway.text(each.line for each in served.byways)


@contextmanager
def _owned(directory: Path, gateway: str) -> Iterator[None]:
    """Hold the alias as its one writer; a directory that belongs to somebody else is refused untouched."""
    owner = directory / OWNER
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise _not_ours(directory, "something that is not a directory")
    if directory.exists() and directory.stat().st_uid != os.geteuid():
        raise _not_ours(directory, f"a directory of user {directory.stat().st_uid}")
    if directory.exists() and not owner.exists() and any(directory.iterdir()):
        raise _not_ours(directory, f"files, and no {OWNER} that says whose they are")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(owner) as descriptor:
        text = owner.read_text()
        if not text:
            os.write(descriptor, json.dumps({"version": VERSION, "gateway": gateway}).encode())
            os.fsync(descriptor)
        elif (seen := _gateway_of(text)) != gateway:
            raise _not_ours(directory, f"an alias of {seen}, where this is {gateway!r}")
        yield


def _gateway_of(text: str) -> str:
    try:
        return str(json.loads(text)["gateway"])
    except (ValueError, KeyError, TypeError):
        return "an unknown gateway"


def _write(directory: Path, served: Served) -> None:
    """Make the new version whole and durable, then put it in place by one rename."""
    versions = sorted(path for path in directory.iterdir() if path.is_dir() and not path.is_symlink())
    last = int(versions[-1].name.removeprefix("v")) if versions else 0
    before, fresh = (directory / CURRENT).resolve().name, directory / f"v{last + 1:08d}"
    fresh.mkdir(mode=0o700)
    try:
        make(fresh / "route", served.route)
        make(fresh / byway.FILE, _lines(served))
        make(fresh / "state.json", json.dumps({"version": VERSION, "served": encode(served)}, indent=1))
        sync(fresh)
        link = directory / NEXT
        link.unlink(missing_ok=True)
        link.symlink_to(fresh.name)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    link.rename(directory / CURRENT)
    sync(directory)
    # Some of them were never put in place, by moves that were cut off: the last that was stays in any case.
    for old in versions[: 1 - KEPT]:
        if old.name != before:
            shutil.rmtree(old)


def _unreadable(directory: Path, seen: str) -> AliasRefused:
    """An alias that cannot be read: in a directory of ours it is damaged, in any other it is not ours."""
    kind = AliasDamaged if (directory / OWNER).is_file() else AliasRefused
    return _not_ours(directory, seen, kind)


def _not_ours(directory: Path, seen: str, kind: type[AliasRefused] = AliasRefused) -> AliasRefused:
    return kind(
        f"the alias at {directory} stays as it is",
        expected="a directory that this gateway made",
        seen=seen,
        now="look at it, then move it away or give the gateway another `root`",
    )
