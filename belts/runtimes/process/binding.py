"""Which toolchain a belt was brought up with; that one keeps it until `bind` changes it.

A toolchain is a checkout that was set up: its code, its Python with Postgres and Caddy among the packages,
its Node packages. Several versions stand side by side, each in its own checkout. A command for a belt of
another toolchain is handed over to that toolchain.
"""

import hashlib
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from belts.files import leads_nowhere, read, read_json, write_private_json
from belts.refusal import Relayed
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note

VERSION = 1
KEYS = ("checkout", "code", "python", "packages")
HANDED_OVER = toolchain.HANDED_OVER


@dataclass(frozen=True, kw_only=True, slots=True)
class Toolchain:
    """One checkout, as it was set up at that time."""

    checkout: Path
    code: Path
    python: Path
    packages: str
    """A hash of what the checkout's packages were installed from; empty if no set-up recorded it."""


def here() -> Toolchain:
    """The running toolchain."""
    return Toolchain(
        checkout=toolchain.CHECKOUT,
        code=kept_code.code(),
        python=_python(),
        packages=_packages(toolchain.CHECKOUT),
    )


def of_belt(layout: Layout) -> Toolchain | None:
    """The toolchain noted for a belt, else the one that starts its programs; None if it has neither."""
    with _readable(layout):
        return _noted(layout) or _started_by(layout)


def _readable(layout: Layout) -> AbstractContextManager[None]:
    return readable(
        f"{layout.belt}: which toolchain it was brought up with cannot be read",
        expected=f"version {VERSION} with {', '.join(KEYS)} in {file_of(layout)}",
        now=f"restore that file, or let this toolchain take the belt over: `{_bind(layout)}`",
    )


def _noted(layout: Layout) -> Toolchain | None:
    with _readable(layout):
        found = read_json(file_of(layout))
        if found is None and leads_nowhere(file_of(layout)):
            raise ValueError("a link that leads nowhere")
        _refuse_later(layout, found or {})
        return None if found is None else _parsed(found)


def elsewhere(layout: Layout) -> Toolchain | None:
    """The other toolchain that keeps this belt; None if this one does, or none does yet."""
    if os.environ.get(HANDED_OVER):
        return None
    found = of_belt(layout)
    return None if found is None or found == here() else found


def keep(layout: Layout) -> None:
    """Binds a belt that has no toolchain yet to this one."""
    if _noted(layout) is None:
        take_over(layout)


def take_over(layout: Layout) -> None:
    """Binds the belt to this toolchain. Overwrites a note that cannot be read, but not a later release's."""
    refuse_later(layout)
    write_private_json(file_of(layout), written(here()))


def refuse_later(layout: Layout) -> None:
    """Refuses to take over what a later release noted; an unreadable note belongs to no toolchain."""
    with suppress(OSError, ValueError):
        _refuse_later(layout, read_json(file_of(layout)) or {})


def forget(layout: Layout) -> None:
    file_of(layout).unlink(missing_ok=True)


def hand_over(layout: Layout, other: Toolchain, argv: Sequence[str], question: str = "") -> None:
    """Lets the belt's own toolchain run the command and report; raises `Relayed` if it fails."""
    refuse_gone(layout, other)
    note(f"{layout.belt}: {kept_elsewhere(layout, other)}")
    done = subprocess.run(
        # Without -P, modules in the current directory would be loaded first.
        [other.python, "-P", "-m", "belts", *argv],
        input=question,
        text=True,
        env={**os.environ, "PYTHONPATH": str(other.code), HANDED_OVER: "1"},
        check=False,
    )
    if done.returncode != 0:
        raise Relayed(f"{layout.belt}: the toolchain in {other.checkout} did not do it; it said why above")


def kept_elsewhere(layout: Layout, other: Toolchain) -> str:
    """Names the other toolchain, and the way to change it."""
    return f"kept by the toolchain in {other.checkout}; `{_bind(layout)}` lets this one take over"


def refuse_gone(layout: Layout, other: Toolchain) -> None:
    """Refuses if the checkout is gone or was set up again since: it cannot start the programs as before."""
    gone = [
        str(place) for place in (other.python, other.code / "belts" / "__main__.py") if not place.is_file()
    ]
    changed = bool(other.packages) and other.packages != _packages(other.checkout)
    if gone or changed:
        raise Refused(
            f"{layout.belt}: the toolchain that it was brought up with is not there any more",
            expected=f"the packages and the code of {other.checkout} as they were",
            seen=f"no {' and no '.join(gone)}" if gone else "packages of another version",
            now=f"put the version it had back in {other.checkout} and `make setup` there; or let this"
            f" toolchain take the belt over: `{_bind(layout)}`",
        )


def written(kept: Toolchain) -> Mapping[str, Any]:
    """The toolchain as JSON for its note."""
    return {
        "version": VERSION,
        "checkout": str(kept.checkout),
        "code": str(kept.code),
        "python": str(kept.python),
        "packages": kept.packages,
    }


def file_of(layout: Layout) -> Path:
    """The file that holds the note."""
    return layout.home / "toolchain.json"


def _refuse_later(layout: Layout, found: Mapping[str, Any]) -> None:
    version = found.get("version")
    if isinstance(version, int) and version > VERSION:
        raise Refused(
            f"{layout.belt}: which toolchain it was brought up with cannot be read",
            expected=f"version {VERSION} in {file_of(layout)}",
            seen=f"version {version}, which a later release wrote",
            now="run this with that release",
        )


def _parsed(found: Mapping[str, Any]) -> Toolchain:
    if found.get("version") != VERSION or not all(isinstance(found.get(key), str) for key in KEYS):
        raise ValueError(f"no version {VERSION} with {', '.join(KEYS)}")
    return Toolchain(
        checkout=Path(found["checkout"]),
        code=Path(found["code"]),
        python=Path(found["python"]),
        packages=found["packages"],
    )


def _started_by(layout: Layout) -> Toolchain | None:
    """The toolchain of a belt whose release noted none: where its programs' launcher lies, in its checkout.

    None if a newer release was pulled into this very checkout: the older one is gone.
    """
    for section in sorted(_sections(layout)):
        lines = read(section).decode().splitlines()
        command = next((line for line in lines if line.startswith("command=")), "")
        python, _, _, launcher, *_ = shlex.split(command.partition("=")[2].replace("%%", "%"))
        *_, code = Path(launcher).parents[:5]  # it is belts/runtimes/process/supervise/launch.py
        if code != toolchain.CHECKOUT and not (code / toolchain.COPIED_FROM).exists():
            return Toolchain(checkout=code, code=code, python=Path(python), packages="")
    return None


def _sections(layout: Layout) -> list[Path]:
    """The supervisord sections of the belt's programs; raises if the directory cannot be read."""
    try:
        return [file for file in layout.programs.iterdir() if file.suffix == ".conf"]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _python() -> Path:
    """One name for this Python, by whichever name it was started."""
    plain = Path(os.path.realpath(sys.prefix)) / "bin" / "python"
    return plain if plain.exists() else toolchain.python()


def _packages(checkout: Path) -> str:
    stamps = [checkout / ".tools" / "stamps" / name for name in ("python", "node")]
    try:
        return hashlib.sha256(b" ".join(stamp.read_bytes() for stamp in stamps)).hexdigest()[:16]
    except OSError:
        return ""


def _bind(layout: Layout) -> str:
    return f"python -m belts bind --root {layout.root} {layout.belt}"
