"""Which downloads are known by their hash, and which the operator allows without one."""

from collections.abc import Mapping
from pathlib import Path

PINS = Path("tools") / "pins.txt"
VARIABLE = "BELTS_UNPINNED"
PULUMI, COMMAND_PLUGIN, NODE_PACKAGES = "pulumi", "command-plugin", "node-packages"


def listing(root: Path) -> str:
    """The pinned hashes, as sha256sum writes them; empty if there is no such file."""
    try:
        lines = (root / PINS).read_text().splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(line for line in lines if not line.startswith("#"))


def let_in(environ: Mapping[str, str], what: str) -> bool:
    """Whether the operator allows this download, by its name, without a pinned hash."""
    return what in environ.get(VARIABLE, "").replace(" ", "").split(",")


def how(what: str) -> str:
    """The setting that allows it."""
    return f"{VARIABLE}={what}"
