"""The facts that were seen of the known releases, one file each, as a run of `verify-envio` writes them."""

from pathlib import Path

from belts.envio.release import RELEASES
from belts.envio.verify.release_facts import Facts, parsed

FOLDER = Path(__file__).with_name("recorded")


def facts() -> tuple[Facts, ...]:
    """Of every release that has such a file, the latest first."""
    files = (FOLDER / f"{version}.json" for version in reversed(RELEASES))
    return tuple(parsed(file.read_text()) for file in files if file.is_file())


def unseen() -> str:
    """Which releases belts run that no run of the suite has seen: it is said, and is no pass."""
    return "3.0 and later: the registry that this was made at serves none of them"
