"""Reads a whole project, as one config of it describes it."""

import json
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLError
from graphql import parse as parse_graphql

from belts.envio import digest, files
from belts.envio.config import Config, Named
from belts.envio.config import config as read_config
from belts.envio.lock import lock_of
from belts.envio.mistakes import ProjectInvalid
from belts.envio.package import FILE as PACKAGE
from belts.envio.package import package as read_package
from belts.envio.project import EnvioProject
from belts.envio.variables import misplaced
from belts.reading.mistakes import Mistake, MistakesError
from belts.reading.node import Node, Reading
from belts.reading.yaml import document as document_of

FIXED = "what decides the footprint stands in the config, not in variables"


def read(project: Path, config: str) -> EnvioProject:
    """The project in this directory under this config, or `ProjectInvalid` with every mistake in it."""
    mistakes: list[Mistake] = []
    document = _document(project, config, mistakes)
    package = read_package(_text(project / PACKAGE), mistakes)
    lock = lock_of(project, package.release, mistakes)
    if document is None:
        raise ProjectInvalid(mistakes)
    reading = Reading(mistakes=mistakes, fixed=FIXED)
    top = Node(document, f"{config}: ", reading)
    found = read_config(top, package.keys, of=package.envio)
    told = {each.path for each in mistakes}
    for value in misplaced(top):
        if value.path not in told:
            value.wrong("a value without a variable")
    schema = _schema(project, found, mistakes)
    for code in (*found.handler_files, *found.abi_files):
        _inside(project, code, mistakes)
    if not (project / found.handlers).resolve().is_relative_to(project.resolve()):
        mistakes.append(Mistake(f"{config}: handlers", "a directory inside the project", found.handlers))
    by_itself = "handlers" in package.keys.config
    if not found.handler_files and not (by_itself and (project / found.handlers).is_dir()):
        expected = "a handler for each contract" + f", or the directory {found.handlers}" * by_itself
        mistakes.append(Mistake(config, expected, "neither"))
    if mistakes or schema is None or lock is None:
        raise ProjectInvalid(mistakes)
    text, parsed = schema
    named = [file.path for file in (found.schema, *found.handler_files, *found.abi_files)]
    leads = json.dumps(package.imports)
    deciding = files.deciding(project, named=named, handlers=found.handlers, leads=leads)
    return EnvioProject(
        directory=project,
        config=config,
        name=found.name,
        version=package.envio,
        chains=found.chains,
        contracts=found.contracts,
        events=found.events,
        schema=text,
        lock=lock.file,
        files=(config, PACKAGE, lock.file, *map(str, deciding)),
        digest=digest.of_project(
            project,
            config=document,
            dependencies=dict(package.dependencies),
            imports=package.imports,
            lock=lock.meaning,
            files=deciding,
        ),
        schema_digest=digest.of_schema(parsed),
    )


def _document(project: Path, config: str, mistakes: list[Mistake]) -> dict[Any, Any] | None:
    text = _text(project / config)
    if text is None:
        mistakes.append(Mistake(config, f"an Envio config in {project}", "no such file"))
        return None
    try:
        return document_of(text, name=config, merges=False)
    except MistakesError as unreadable:
        mistakes += unreadable.mistakes
        return None


def _schema(project: Path, config: Config, mistakes: list[Mistake]) -> tuple[str, DocumentNode] | None:
    if not _inside(project, config.schema, mistakes):
        return None
    text = (project / config.schema.path).read_text()
    try:
        return text, parse_graphql(text)
    except GraphQLError as error:
        line = error.locations[0].line if error.locations else 1
        mistakes.append(Mistake(f"{config.schema.path}:{line}", "a GraphQL schema", error.message))
        return None


def _inside(project: Path, named: Named, mistakes: list[Mistake]) -> bool:
    """Whether the config names a file of the project: what is outside is not copied with it."""
    if not named.path:
        return False
    path = (project / named.path).resolve()
    if not path.is_relative_to(project.resolve()):
        mistakes.append(Mistake(named.place, "a file inside the project", named.path))
        return False
    if not path.is_file():
        mistakes.append(Mistake(named.place, "a file of the project", f"{named.path}, which is not there"))
        return False
    return True


def _text(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None
