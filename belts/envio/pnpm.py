"""Reads pnpm's lock file: packages by name and version, and who imports which of them.

`importers` are the project itself and, where its workspace names it, the package that Envio generates.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from belts.envio.locked import Lock, Locked, machines
from belts.envio.release import GENERATED

FILE = "pnpm-lock.yaml"
WORKSPACE = "pnpm-workspace.yaml"
VERSION = "9.0"
FORM = f"a lock file of version {VERSION}, as pnpm 9 and 10 write it"
KINDS = ("dependencies", "optionalDependencies", "devDependencies")
LAYOUT = ("importers", "snapshots", "settings", "overrides", "catalogs", "ignoredOptionalDependencies")
"""What decides which package is imported where, and under which settings that was decided."""
CHANGING = ("patchedDependencies", "packageExtensionsChecksum", "pnpmfileChecksum")
OF_REGISTRY = frozenset({"integrity", "tarball"})
"""A resolution that pnpm checks by its hash. A repository or a directory is checked by nothing."""
ALIAS = re.compile(r"(?:@[^/()]+/)?[^@()/]+@[^()]+")
"""A package by its name and version, where the name of the import is not its own."""
OURS = frozenset({f"link:{GENERATED}", "link:.."})
"""The project, and the package that Envio generates of it."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def lock(text: str) -> Lock:
    """What it installs; raises `ValueError`, `TypeError`, `AttributeError`, `KeyError` for another form."""
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 -- the safe one, in C where that is built in
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if str(content["lockfileVersion"]) != VERSION:
        raise ValueError("another version")
    packages = {each.place: each for each in _packages(content["packages"])}
    under_other_names = _under_other_names(content, packages)
    own = content["importers"].get(GENERATED)
    return Lock(
        file=FILE,
        packages=tuple(sorted((*packages.values(), *under_other_names), key=lambda each: each.place)),
        generated=None if own is None else {kind: _asked(own[kind]) for kind in KINDS if own.get(kind)},
        settings=_settings(content),
        layout={key: content[key] for key in LAYOUT if content.get(key)},
        changing=tuple(key for key in CHANGING if content.get(key)),
    )


def _packages(entries: Mapping[str, Any]) -> Iterator[Locked]:
    for key, entry in entries.items():
        name, _, version = key.rpartition("@")
        if not name:
            raise ValueError(f"{key} has no version")
        yield Locked(
            name=name,
            version=version,
            integrity=_integrity(entry["resolution"]),
            place=key,
            bundled=False,
            **machines(entry),
        )


def _integrity(resolution: Mapping[str, Any]) -> str | None:
    return resolution.get("integrity") if resolution.keys() <= OF_REGISTRY else None


def _under_other_names(content: Mapping[str, Any], packages: Mapping[str, Locked]) -> Iterator[Locked]:
    """What is imported by another name than its own, as if it were one package more: code knows that name."""
    for name, to in sorted(set(_imported(content))):
        if ":" in to:
            if to not in OURS:
                yield Locked(name=name, version=to, integrity=None, place=f"{name} -> {to}")
        elif match := ALIAS.match(to):
            known = packages[match[0]]
            yield Locked(name=name, version=known.version, integrity=known.integrity, place=f"{name} -> {to}")


def _imported(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for importer in content["importers"].values():
        for kind in KINDS:
            yield from ((name, str(entry["version"])) for name, entry in (importer.get(kind) or {}).items())
    for snapshot in (content.get("snapshots") or {}).values():
        for kind in KINDS:
            yield from ((name, str(to)) for name, to in (snapshot.get(kind) or {}).items())


def _asked(imported: Mapping[str, Any]) -> dict[str, str]:
    """What package.json asks for, by which pnpm knows that the lock is still of it."""
    return {name: str(entry["specifier"]) for name, entry in imported.items()}


def _settings(content: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the workspace in which pnpm takes the lock for one of its own."""
    catalogs = {
        name: {each: str(entry["specifier"]) for each, entry in catalog.items()}
        for name, catalog in (content.get("catalogs") or {}).items()
    }
    told = {key: content[key] for key in ("overrides", "ignoredOptionalDependencies") if content.get(key)}
    return {**(content.get("settings") or {}), **told, **({"catalogs": catalogs} if catalogs else {})}
