"""Reads the parts of package.json that decide behaviour: the pinned Envio, what handlers may import."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from belts.envio.release import GENERATED, HOW_TO_VERIFY, KNOWN, LATEST, ConfigKeys, EnvioRelease, release_of
from belts.reading.mistakes import Mistake, shown

FILE = "package.json"
LEADING = ("imports", "exports")
EXACT = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """A project's dependencies, without the generated package."""

    envio: str
    dependencies: Mapping[str, str]
    imports: Mapping[str, object]
    """The fields by which Node maps import names of the code to files."""

    @property
    def release(self) -> EnvioRelease | None:
        """Its release, if known."""
        return release_of(self.envio)

    @property
    def keys(self) -> ConfigKeys:
        """The config keys of its release, or of the latest known one."""
        return (self.release or LATEST).config


def package(text: str | None, mistakes: list[Mistake]) -> Package:
    """The package in `text`; if that is wrong, adds to `mistakes` and returns a stand-in."""
    stand_in = Package(envio="", dependencies={}, imports={})
    if text is None:
        mistakes.append(Mistake(FILE, "a file that pins the version of envio", "no such file"))
        return stand_in
    try:
        content = json.loads(text)
    except ValueError as error:
        mistakes.append(Mistake(FILE, "JSON", str(error)))
        return stand_in
    dependencies = content.get("dependencies") if isinstance(content, dict) else None
    if not isinstance(dependencies, dict):
        mistakes.append(Mistake(f"{FILE}: dependencies", "a map of packages", shown(dependencies)))
        return stand_in
    envio = dependencies.get("envio")
    if not (isinstance(envio, str) and EXACT.fullmatch(envio)):
        expected = f"one exact version, such as {LATEST.version}: state is tied to it"
        mistakes.append(Mistake(f"{FILE}: dependencies.envio", expected, shown(envio)))
    elif release_of(envio) is None:
        expected = f"a release that belts run: {KNOWN}"
        got = f"{envio}; to verify another one, {HOW_TO_VERIFY}"
        mistakes.append(Mistake(f"{FILE}: dependencies.envio", expected, got))
    others = {str(name): str(wanted) for name, wanted in dependencies.items() if name != GENERATED}
    imports = {key: content[key] for key in LEADING if content.get(key)}
    return Package(envio=str(envio), dependencies=others, imports=imports)
