"""Which programs of this machine were started from a checkout's own toolchain."""

import os
from pathlib import Path

from tools.checkout import Checkout


def running_from(checkout: Checkout, *places: Path, processes: Path = Path("/proc")) -> tuple[str, ...]:
    """Programs, ours aside, whose file or script lies in one of these places; without any, in all of them."""
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
    """Of somebody else's program only the command line is told."""
    try:
        return str((entry / "exe").readlink())
    except OSError:
        return ""
