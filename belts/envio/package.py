"""Reads what package.json says of a project's behaviour: the pinned Envio, what handlers may import."""

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
    """The packages a project depends on; of the generated one only the name is known."""

    envio: str
    dependencies: Mapping[str, str]
    imports: Mapping[str, object]
    """What leads names that code imports by to its files, as Node reads it."""

    @property
    def release(self) -> EnvioRelease | None:
        """Its release, if it is known."""
        return release_of(self.envio)

    @property
    def keys(self) -> ConfigKeys:
        """The keys of its release's configs; of one that is not known, those of the latest that is."""
        return (self.release or LATEST).config


def package(text: str | None, mistakes: list[Mistake]) -> Package:
    """The package in `text`, or what is wrong with it among `mistakes` and a stand-in."""
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
