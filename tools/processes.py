"""Finds the programs on this machine that were started from a checkout's own toolchain."""

import os
from pathlib import Path

from tools.checkout import Checkout


def running_from(checkout: Checkout, *places: Path, processes: Path = Path("/proc")) -> tuple[str, ...]:
    """Other programs whose file or script is in one of these places, or in any of the toolchain's."""
    ours = places or (checkout.venv, checkout.node_modules, checkout.tools)
    found = []
    for entry in processes.iterdir():
        if not entry.name.isdigit() or entry.name == str(os.getpid()):
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it ended while we looked
            continue
        named = (_executable(entry), *words[:2])
        if any(Path(word).is_relative_to(place) for word in named for place in ours):
            found.append(f"{entry.name} {' '.join(words[:3]).strip()}")
    return tuple(found)


def _executable(entry: Path) -> str:
    """The executable; empty for another user's program, of which only the command line can be read."""
    try:
        return str((entry / "exe").readlink())
    except OSError:
        return ""
