"""The recorded facts of known releases, one file each, as `verify-envio` writes them."""

from pathlib import Path

from belts.envio.release import RELEASES
from belts.envio.verify.release_facts import Facts, parsed

FOLDER = Path(__file__).with_name("recorded")


def facts() -> tuple[Facts, ...]:
    """The facts of every release that has a file, latest first."""
    files = (FOLDER / f"{version}.json" for version in reversed(RELEASES))
    return tuple(parsed(file.read_text()) for file in files if file.is_file())


def unseen() -> str:
    """Names the supported releases that no run has examined; they do not count as verified."""
    return "3.0 and later: the registry that this was made at serves none of them"
