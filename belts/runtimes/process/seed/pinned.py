"""Which Envio runs here: one that is known, that the project pins, and that wrote the belt's data."""

import json

from belts.envio.release import HOW_TO_VERIFY, KNOWN, RELEASES, EnvioRelease
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout


def installed() -> EnvioRelease:
    """The release in the checkout's packages."""
    package = toolchain.modules() / "envio" / "package.json"
    if not package.is_file():
        raise toolchain.PartMissing("envio", [package])
    version = str(json.loads(package.read_text())["version"])
    if version not in RELEASES:
        raise Refused(
            f"Envio {version} is not a release that belts run",
            expected=f"one of {KNOWN}",
            seen=f"{version} in {package}",
            now=f"set the checkout up with one of these (`make setup`); to verify this one, {HOW_TO_VERIFY}",
        )
    return RELEASES[version]


def refuse_other_than_pinned(layout: Layout, pin: str) -> None:
    """A project is run by the release that it was written for, or not at all."""
    here = installed().version
    if pin != here:
        raise Refused(
            f"{layout.belt}: its project pins another Envio than the one that is here",
            expected=f"Envio {pin}, as its package.json pins it",
            seen=f"Envio {here} in {toolchain.modules()}",
            now=f"set the checkout up with Envio {pin}, or pin {here} in the project",
        )


def refuse_other_than_seeded(layout: Layout, seeded: str) -> None:
    """State is tied to the release that wrote it: an upgrade is a fresh belt."""
    here = installed().version
    if seeded != here:
        raise Refused(
            f"{layout.belt}: its data was written by another Envio than the one that is here"
            " (rule: a belt that holds data keeps its release)",
            expected=f"Envio {seeded}, by which it was seeded",
            seen=f"Envio {here} in {toolchain.modules()}",
            now=f"set the checkout up with Envio {seeded} again; to go on to {here}, bring up a fresh belt"
            " under another name, and move the alias when it has synced",
        )
