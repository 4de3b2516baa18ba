"""What a belt was seeded with: its project as text, kept so that another one can be compared by meaning.

No secret is in it. URLs in a config are kept up to their host, since their paths may be keys and decide no
row; elsewhere a URL is kept up to its host and as a digest, since it may decide something.
"""

import hashlib
import json
import os.path
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from belts.envio.config import DEFAULT_SCHEMA
from belts.envio.lock import lock_of
from belts.envio.package import FILE as PACKAGE
from belts.envio.package import package as read_package
from belts.envio.project import EnvioProject
from belts.envio.sources import SOURCES, VARIABLE
from belts.reading.yaml import document

VERSION = 1
CHAINS = ("chains", "networks")
ABI = "abi_file_path"
MOST, MOST_OF_ALL = 65_536, 4_194_304
"""Letters of one file, and of all; what is longer is kept as digests."""
DIGEST = "sha256 "
"""How a digest in the place of a text begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One project under one of its configs."""

    envio: str
    config: Mapping[str, Any]
    schema: str
    abis: Mapping[str, str]
    code: Mapping[str, str]
    dependencies: Mapping[str, str]
    """By name; what the lock file installs and where package.json leads imports to, as digests by file."""


def of(project: EnvioProject) -> Kept:
    """What is kept of a project that was read."""
    place = project.directory
    told = json.loads(
        json.dumps(document((place / project.config).read_text(), name=project.config), default=str)
    )
    schema = str(told.get("schema") or DEFAULT_SCHEMA)
    abis = {str(path) for path in _abis(told)}
    apart = {os.path.normpath(path) for path in (schema, *abis)}
    code = [path for path in project.files if path not in apart]
    for each in (project.config, PACKAGE, project.lock):
        code.remove(each)  # once: one that code reads counts as it stands, too
    package = read_package((place / PACKAGE).read_text(), [])
    lock = lock_of(place, package.release, [])
    return Kept(
        envio=project.version,
        config=_without_secrets(told),
        schema=project.schema,
        abis={path: _text(place / path) for path in sorted(abis)},
        code={**_code(place, code), **_read_by_code(place, project, code)},
        dependencies={
            **{name: _dependency(wanted) for name, wanted in sorted(package.dependencies.items())},
            **({PACKAGE: _digest(json.dumps(package.imports))} if package.imports else {}),
            **({lock.file: _digest(json.dumps(lock.meaning))} if lock else {}),
        },
    )


def written(kept: Kept) -> dict[str, Any]:
    """As it is kept."""
    return {
        "version": VERSION,
        "envio": kept.envio,
        "config": kept.config,
        "schema": kept.schema,
        "abis": dict(kept.abis),
        "code": dict(kept.code),
        "dependencies": dict(kept.dependencies),
    }


def read(told: object) -> Kept | str:
    """What was kept, or why it says nothing, in words."""
    if not isinstance(told, Mapping):
        return "what the belt was seeded with was not kept"
    version = told.get("version")
    if isinstance(version, int) and version > VERSION:
        return f"what the belt was seeded with is kept in version {version}, which a later release writes"
    envio, schema, config = told.get("envio"), told.get("schema"), told.get("config")
    abis, code, dependencies = (_texts(told.get(name)) for name in ("abis", "code", "dependencies"))
    whole = version == VERSION and isinstance(envio, str) and isinstance(schema, str)
    if not whole or not isinstance(config, Mapping) or abis is None or code is None or dependencies is None:
        return "what the belt was seeded with cannot be read"
    return Kept(
        envio=str(envio), config=config, schema=str(schema), abis=abis, code=code, dependencies=dependencies
    )


def _texts(told: object) -> dict[str, str] | None:
    whole = isinstance(told, Mapping) and all(isinstance(text, str) for text in told.values())
    return (
        {str(name): str(text) for name, text in told.items()} if isinstance(told, Mapping) and whole else None
    )


def _abis(told: Mapping[str, Any]) -> Iterator[str]:
    for contract in (
        *_maps(told.get("contracts")),
        *(one for chain in _chains(told) for one in _maps(chain.get("contracts"))),
    ):
        if isinstance(contract.get(ABI), str):
            yield contract[ABI]


def _chains(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in CHAINS:
        yield from _maps(told.get(key))


def _maps(told: object) -> list[Mapping[str, Any]]:
    return [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []


def _without_secrets(told: Mapping[str, Any]) -> dict[str, Any]:
    """The config with what may be a key left out: whatever chains are read from, by its hosts."""
    whole = dict(told)
    for key in CHAINS:
        if isinstance(whole.get(key), list):
            whole[key] = [_chain(chain) if isinstance(chain, Mapping) else chain for chain in whole[key]]
    return whole


def _chain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _source(value) if key in SOURCES else value for key, value in told.items()}


def _source(told: object, key: str = "") -> Any:
    """Numbers and words of Envio's own stay; of other texts the host, or the variable."""
    if isinstance(told, Mapping):
        if key == "headers":
            return sorted(map(str, told))
        return {str(name): _source(value, str(name)) for name, value in told.items()}
    if isinstance(told, list):
        return [_source(each, key) for each in told]
    return _host(told) if isinstance(told, str) and key != "for" else told


def _host(text: str) -> str:
    """Scheme and host, with variables by their names: a default in one may be a key too."""
    named = VARIABLE.sub(lambda match: f"${{{match[1]}}}", text)
    found = re.match(r"([a-z][a-z+]*://)(?:[^/?#]*@)?([^/?#]*)", named)
    if found:
        return found[1] + found[2]
    return named if VARIABLE.fullmatch(named) else "a text"


def _dependency(wanted: str) -> str:
    return f"{_host(wanted)} ({_digest(wanted)})" if "://" in wanted else wanted


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _code(place: Path, paths: list[str]) -> dict[str, str]:
    texts = {path: _text(place / path) for path in paths}
    if sum(map(len, texts.values())) <= MOST_OF_ALL:
        return texts
    return {path: _text(place / path, most=0) for path in paths}


def _read_by_code(place: Path, project: EnvioProject, code: list[str]) -> dict[str, str]:
    """Files that may hold keys, and say what they say twice: to Envio, and to code that reads them."""
    return {
        path: _text(place / path, most=-1) for path in (project.config, PACKAGE, project.lock) if path in code
    }


def _text(path: Path, *, most: int = MOST) -> str:
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        most = -1
    return text if len(content) <= most else DIGEST + hashlib.sha256(content).hexdigest()
