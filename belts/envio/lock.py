"""What a project's lock file installs: every package by its hash, as npm wrote it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from belts.envio.release import GENERATED, EnvioRelease
from belts.reading.mistakes import Mistake

FILE = "package-lock.json"
OTHERS = {
    "npm-shrinkwrap.json": "npm's older form",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
}
WANTED = "npm's lock file and no other: what runs is what it names"
PLACE = "node_modules/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Locked:
    """One package by the folder that it is imported from, and for which machines it is, where it says so."""

    name: str
    version: str
    integrity: str | None
    place: str
    bundled: bool = False
    """Whether another one brings it along, by whose hash it is known."""
    os: tuple[str, ...] = ()
    cpu: tuple[str, ...] = ()
    libc: tuple[str, ...] = ()

    @property
    def is_for_some(self) -> bool:
        return bool(self.os or self.cpu or self.libc)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """One lock file. `generated` is what it says of the package that Envio generates, where it does."""

    packages: tuple[Locked, ...]
    generated: Mapping[str, Any] | None

    @property
    def unknown(self) -> tuple[Locked, ...]:
        """What is known by no hash."""
        return tuple(each for each in self.packages if each.integrity is None and not each.bundled)

    @property
    def generated_needs(self) -> Mapping[str, str]:
        """What that package depends on."""
        return dict((self.generated or {}).get("dependencies") or {})

    @property
    def meaning(self) -> object:
        """What is installed by it, whatever else the file says."""
        return [[each.place, each.name, each.version, each.integrity] for each in self.packages]


def lock_of(project: Path, release: EnvioRelease | None, mistakes: list[Mistake]) -> Lock | None:
    """The lock of a project, if it is one that belts install by; else what is wrong is in `mistakes`.

    Of a release that is not known, nothing can be said but by the file itself.
    """
    found = [name for name in (FILE, *OTHERS) if (project / name).exists()]
    if found != [FILE]:
        told = [f"{name}{f' of {OTHERS[name]}' if name in OTHERS else ''}" for name in found]
        got = f"{' and '.join(told) or 'none'}; `npm install --package-lock-only` makes one"
        mistakes.append(Mistake(found[0] if len(found) == 1 else FILE, WANTED, got))
        return None
    try:
        lock = _read(json.loads((project / FILE).read_text()))
    except (ValueError, TypeError, AttributeError, KeyError):
        mistakes.append(Mistake(FILE, "a lock file as npm 7 and later ones write it", "another"))
        return None
    if release is not None:
        mistakes += _unlike(lock, release)
    return lock


def _read(content: Any) -> Lock:
    entries = content["packages"]
    own = entries.get(GENERATED) or None  # an empty one is of a time when there was none to look at
    return Lock(packages=tuple(sorted(_packages(entries), key=lambda each: each.place)), generated=own)


def _packages(entries: Mapping[str, Any]) -> Iterator[Locked]:
    for place, entry in entries.items():
        if place in {"", GENERATED, PLACE + GENERATED}:
            continue
        yield Locked(
            name=place.rpartition(PLACE)[2],  # whatever it calls itself: an alias is imported by the folder
            version=str(entry.get("version") or entry.get("resolved")).removeprefix("v"),
            integrity=entry.get("integrity"),
            place=place,
            bundled=bool(entry.get("inBundle")) and place.count(PLACE) > 1,
            **_machines(entry),
        )


def _machines(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    told = {key: entry.get(key, ()) for key in ("os", "cpu", "libc")}
    return {key: (each,) if isinstance(each, str) else tuple(each) for key, each in told.items()}


def _unlike(lock: Lock, release: EnvioRelease) -> Iterator[Mistake]:
    """What of it is not the release, or is known by no hash."""
    named = _by_name(lock.packages)
    envio = sorted({each.version for each in named.get("envio", ())})
    if envio != [release.version]:
        expected = f"envio {release.version}, as package.json pins it"
        yield Mistake(FILE, expected, ", ".join(envio) or "no envio; install, and keep the lock file")
        return
    yield from _other_tools(named, release)
    unknown = [str(each) for each in lock.unknown if not each.is_for_some]
    if unknown:
        yield Mistake(FILE, "packages of a registry, each by its `integrity`", ", ".join(unknown))
    if release.generates and lock.generated is None:
        yield Mistake(
            FILE,
            f"what `{GENERATED}` depends on, as that is run, too",
            f"nothing of it; where package.json depends on `./{GENERATED}`, `npx envio codegen && npm"
            " install` puts it there",
        )


def _other_tools(named: Mapping[str, tuple[Locked, ...]], release: EnvioRelease) -> Iterator[Mistake]:
    """What generates code is run with the rights of those who judge it: it has to be what was verified."""
    for name, integrity in {**release.tools, **release.builds}.items():
        here = {each.integrity for each in named.get(name, ())}
        if here - {integrity} or not (here or name in release.builds):
            got = ", ".join(map(str, named.get(name, ()))) or "none"
            yield Mistake(FILE, f"{name} as Envio {release.version} was verified with: {integrity}", got)


def _by_name(packages: Iterable[Locked]) -> dict[str, tuple[Locked, ...]]:
    found: dict[str, tuple[Locked, ...]] = {}
    for each in packages:
        found[each.name] = (*found.get(each.name, ()), each)
    return found
