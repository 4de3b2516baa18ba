"""Which host this is: one root of belts on one machine, named once, with the name kept at the root.

A hostname is not enough: machines share one, and two roots may lie on one machine. So the name is random,
after a readable beginning, and stored with the machine and the root that it was made for: a root that was
copied elsewhere carries the name of another host, and is not mistaken for it.
"""

import hashlib
import json
import os
import pwd
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from belts.files import make_once, private_dir, read, read_json, write_private_json
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files import lock

FILE = ".host.json"
VERSION = 1
NAME = r"[A-Za-z0-9][A-Za-z0-9-]{0,99}-[0-9a-f]{16}"
MACHINE = Path("/etc/machine-id")
LONGEST = 40
"""How many characters of a user's or machine's name are kept: enough to recognize it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostIdentity:
    """The name, and what it was made for; `machine` is empty if the machine has no id."""

    name: str
    machine: str
    root: str


def file_of(root: Path) -> Path:
    return root / FILE


def kept(root: Path) -> HostIdentity | None:
    """The identity stored at the root, whether it is right or not; None if there is none yet."""
    with readable(
        f"which host the belts below {root} are on cannot be told; nothing was done",
        expected=f"what this release keeps in {file_of(root)}",
        now="run this as the user whose root it is. Where it is yours, restore that file, or let the root be"
        f" a new host: `python -m belts adopt --root {root}`",
    ):
        found = read_json(file_of(root))
        return None if found is None else _parsed(found)


def own(root: Path) -> str | None:
    """The name of this host; None if it has none. Raises `Refused` if the name is another host's."""
    found = kept(root)
    if found is None:
        return None
    if (why := strange(found, root)) is not None:
        raise Refused(
            f"the belts below {root} are those of another host; nothing was done",
            expected=f"a root that is where {found.name} was made",
            seen=why,
            now="where that host still runs, run this there. Where this is to be a host of its own:"
            f" `python -m belts adopt --root {root}`, which says what follows",
        )
    return found.name


def told(root: Path) -> str:
    """The name in one line, or why there is no valid one."""
    try:
        return own(root) or f"without a name; the next `pulumi up` gives {root} one"
    except Refused as why:
        return f"without a name to go by: {why.cause}; docs/host.md says what follows"


def strange(found: HostIdentity, root: Path) -> str | None:
    """Why a root is not the one that its name was made for; None if it is."""
    machine, place = machine_here(), os.path.realpath(root)
    if found.machine and machine and found.machine != machine:
        return f"{file_of(root)} was made on another machine"
    if found.root != place:
        return f"{file_of(root)} was made for {found.root}"
    return None


def drawn() -> str:
    """A new name that no host has yet."""
    words = [_plain(_user()), _plain(socket.gethostname())]
    known_as = "-".join(word for word in words if word) or "host"
    return f"{known_as}-{secrets.token_hex(8)}"


def settle(root: Path, name: str) -> str:
    """Gives the root this name if it has none, and returns the name that it has then.

    If two processes do so at once, the first wins; the caller holds the lock of the host.
    """
    try:
        make_once(file_of(root), _text(_made(root, name)))
    except OSError as fault:
        raise Refused(
            f"nothing can be kept below {root}; nothing was done",
            expected="a directory that this user may write to",
            seen=str(fault),
            now="see to it, or name another `root`",
        ) from None
    settled = own(root)
    assert settled is not None  # noqa: S101 -- it was made above, and `own` refuses what it cannot read
    return settled


def adopt(root: Path) -> tuple[str | None, str]:
    """Makes the root a host of its own; returns its former name, if readable, and its present one.

    A name that is right stays.
    """
    try:
        before = kept(root)
    except Refused:
        before = None
    if before is not None and strange(before, root) is None:
        return before.name, before.name
    private_dir(root)
    with lock.of_host(root):
        now = _made(root, drawn())
        # What is at the file's place may be a link, or not a file at all: it is moved aside, and never
        # followed.
        if file_of(root).is_dir() and not file_of(root).is_symlink():
            file_of(root).rename(file_of(root).with_name(f"{FILE}.{secrets.token_hex(4)}"))
        file_of(root).unlink(missing_ok=True)
        write_private_json(file_of(root), _written(now))
    return (before.name if before else None), now.name


def machine_here() -> str:
    """A digest of this machine's id, since the id itself must not be shown."""
    try:
        said = read(MACHINE).decode().strip()
    except (OSError, ValueError):
        return ""
    if re.fullmatch(r"[0-9a-f]{32}", said) is None:
        return ""
    return hashlib.sha256(f"belts:{said}".encode()).hexdigest()[:16]


def _made(root: Path, name: str) -> HostIdentity:
    return HostIdentity(name=name, machine=machine_here(), root=os.path.realpath(root))


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid{os.geteuid()}"


def _plain(word: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-")[:LONGEST].strip("-")


def _text(identity: HostIdentity) -> str:
    return json.dumps(_written(identity), indent=2, sort_keys=True) + "\n"


def _written(identity: HostIdentity) -> dict[str, Any]:
    return {
        "version": VERSION,
        "name": identity.name,
        "machine": identity.machine,
        "root": identity.root,
    }


def _parsed(found: Mapping[str, Any]) -> HostIdentity:
    if found.get("version") != VERSION:
        raise ValueError(f"no version {VERSION}")
    name, machine, root = (found.get(key) for key in ("name", "machine", "root"))
    if not isinstance(name, str) or re.fullmatch(NAME, name) is None:
        raise ValueError("a name that is none")
    if not (isinstance(machine, str) and isinstance(root, str)):
        raise ValueError("no machine or no root")  # noqa: TRY004 -- of the text
    return HostIdentity(name=name, machine=machine, root=root)
