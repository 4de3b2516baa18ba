"""Which downloads are known by their hash, and what the operator lets in without one."""

from collections.abc import Mapping
from pathlib import Path

PINS = Path("tools") / "pins.txt"
VARIABLE = "BELTS_UNPINNED"
PULUMI, COMMAND_PLUGIN, NODE_PACKAGES = "pulumi", "command-plugin", "node-packages"


def listing(root: Path) -> str:
    """The pinned hashes, as sha256sum writes them; none where there is no such file."""
    try:
        lines = (root / PINS).read_text().splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(line for line in lines if not line.startswith("#"))


def let_in(environ: Mapping[str, str], what: str) -> bool:
    """Whether the operator takes this without a hash of ours, by its name."""
    return what in environ.get(VARIABLE, "").replace(" ", "").split(",")


def how(what: str) -> str:
    """How to say so."""
    return f"{VARIABLE}={what}"
