"""Which Envio runs a belt: a known release that its project pins and that wrote the belt's data."""

from pathlib import Path

from belts.envio.package import FILE as PACKAGE
from belts.envio.package import package as read_package
from belts.envio.release import HOW_TO_VERIFY, KNOWN, EnvioRelease
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout


def by_project(layout: Layout, project: Path) -> EnvioRelease:
    """The release that a project pins."""
    file = project / PACKAGE
    package = read_package(file.read_text() if file.is_file() else None, [])
    if package.release is None:
        raise Refused(
            f"{layout.belt}: its project pins no release of Envio that belts run",
            expected=f"one of {KNOWN}",
            seen=f"{package.envio or 'none'} in {file}",
            now=f"pin one of these; to verify another one, {HOW_TO_VERIFY}",
        )
    return package.release


def refuse_other_than_seeded(layout: Layout, here: EnvioRelease, seeded: str) -> None:
    """State is tied to the release that wrote it: an upgrade needs a fresh belt."""
    if seeded != here.version:
        raise Refused(
            f"{layout.belt}: its data was written by another Envio than its project pins"
            " (rule: a belt that holds data keeps its release)",
            expected=f"Envio {seeded}, by which it was seeded",
            seen=f"Envio {here.version}",
            now=f"pin Envio {seeded} again; to go on to {here.version}, bring up a fresh belt"
            " under another name, and move the alias when it has synced",
        )
