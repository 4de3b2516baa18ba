"""Which files of a project decide what it indexes, and which never do."""

import os.path
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from belts.envio.release import GENERATED

CODE = frozenset({".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".res"})
NEVER = frozenset({GENERATED, "node_modules", "__pycache__"})
LEFT_BY_EDITORS = ("~", ".bak", ".orig", ".rej", ".swp", ".tmp")
SETTINGS = ("tsconfig.json",)
CACHE = ".envio/cache"
"""Where Envio finds earlier answers of effects, if a project ships them."""
REFERENCE = re.compile(r"""["'`](\.{1,2}(?=["'`])|[^"'`\s$]*/[^"'`\s$]*)""")
"""Possible paths in code, up to the start of a template expression."""
OF_COMPILER = re.compile(r"""(?x) "(?:extends|paths|baseUrl)" \s*:\s* ( "[^"]*" | \[[^]]*\] | \{[^}]*\} )""")
"""Compiler settings that lead to other files, rather than select files to compile."""


def deciding(
    project: Path, *, named: Iterable[str], handlers: str, leads: str = ""
) -> tuple[PurePosixPath, ...]:
    """The files that decide, besides the config and package.json, which count by their content.

    These are the files that the config names (schema, handlers, ABIs), and all that handlers can reach: their
    top directories, or the code beside them if they are in none, and Envio's cache of effects' answers. If
    any of these, or `leads`, contains another path in the project, the files there count too. An indexer gets
    no other files, so a missed one stops it rather than deciding unseen. One file too many, which costs a
    fresh belt, is better than one too few.
    """
    found = {_plain(name) for name in named}
    tops = {path.parts[0] for path in (*found, _plain(handlers)) if len(path.parts) > 1}
    if any(len(path.parts) == 1 and path.suffix in CODE for path in found):
        found.update(_beside(project))
    found.update(PurePosixPath(name) for name in SETTINGS if (project / name).is_file())
    found.update(_below(project, project / CACHE))
    found.update(each for top in tops for each in _below(project, project / top))
    known: set[PurePosixPath] = set()
    reached = _reached(leads, PurePosixPath())
    while reached or found - known:
        for path in found - known:
            reached |= _reached(_leading(project, path), path.parent)
        known = set(found)
        for path in reached:
            found.update(_at(project, path, tops))
        reached = set()
    return tuple(sorted(found))


def _plain(name: str | PurePosixPath) -> PurePosixPath:
    """A normalized path."""
    return PurePosixPath(os.path.normpath(name))


def _beside(project: Path) -> Iterator[PurePosixPath]:
    """The code in the project's top directory itself."""
    yield from (PurePosixPath(path.name) for path in project.iterdir() if path.suffix in CODE)


def _leading(project: Path, path: PurePosixPath) -> str:
    """The text of a file that may lead to other files."""
    if path.suffix not in {*CODE, ".json"}:
        return ""
    text = (project / path).read_text("utf-8", errors="replace")
    return " ".join(OF_COMPILER.findall(text)) if path.suffix == ".json" else text


def _reached(text: str, place: PurePosixPath) -> set[PurePosixPath]:
    """The paths in the project to which a text located in `place` may lead."""
    told = {match[1] for match in REFERENCE.finditer(text) if not match[1].startswith("/")}
    paths = {_plain(start / each) for start in (place, PurePosixPath()) for each in told}
    return {path for path in paths if not path.parts or path.parts[0] not in {"..", *NEVER}}


def _at(project: Path, path: PurePosixPath, tops: set[str]) -> Iterator[PurePosixPath]:
    """The whole top directory of a path, once; and files beside it that the path may name."""
    if not path.parts:
        yield from _beside(project)
        return
    top = path.parts[0]
    if top not in tops and not top.startswith(".") and (project / top).is_dir():
        tops.add(top)
        yield from _below(project, project / top)
    if len(path.parts) == 1:
        stem = top.partition(".")[0]
        files = (each.name for each in project.iterdir() if each.is_file())
        yield from (PurePosixPath(name) for name in files if stem and name.partition(".")[0] == stem)


def _below(project: Path, directory: Path) -> Iterator[PurePosixPath]:
    for entry in directory.iterdir() if directory.is_dir() else ():
        if entry.name in NEVER or entry.name.startswith(".") or entry.name.endswith(LEFT_BY_EDITORS):
            continue
        if entry.is_dir():
            yield from _below(project, entry)
        elif not _is_test(entry.name):
            yield PurePosixPath(entry.relative_to(project).as_posix())


def _is_test(name: str) -> bool:
    """Whether Envio itself treats the file as a test, and never loads it."""
    return ".test." in name or ".spec." in name or "_test." in name
