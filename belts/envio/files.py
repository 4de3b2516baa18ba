"""Which files of a project decide what it indexes, and which never do."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from belts.envio.release import GENERATED

CODE = frozenset({".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".res"})
NEVER = frozenset({GENERATED, "node_modules", "__pycache__"})
LEFT_BY_EDITORS = ("~", ".bak", ".orig", ".rej", ".swp", ".tmp")
SETTINGS = ("tsconfig.json",)


def deciding(project: Path, *, named: Iterable[str], handlers: str) -> tuple[PurePosixPath, ...]:
    """The files that decide, beside the config and package.json, which are taken by what they mean.

    Those that the config names (schema, handlers, ABIs), and all that handlers can reach from where they are:
    the top directories that they are in, or the code beside them where they are in none. Rather one file too
    many, which costs a fresh belt, than one too few.
    """
    files = {PurePosixPath(name) for name in named}
    found = set(files)
    for root in {path.parts[0] for path in (*files, PurePosixPath(handlers)) if len(path.parts) > 1}:
        found.update(_below(project, project / root))
    if any(len(path.parts) == 1 and path.suffix in CODE for path in files):
        found.update(PurePosixPath(path.name) for path in project.iterdir() if path.suffix in CODE)
    found.update(PurePosixPath(name) for name in SETTINGS if (project / name).is_file())
    return tuple(sorted(found))


def _below(project: Path, directory: Path) -> Iterator[PurePosixPath]:
    for entry in directory.iterdir() if directory.is_dir() else ():
        if entry.name in NEVER or entry.name.startswith(".") or entry.name.endswith(LEFT_BY_EDITORS):
            continue
        if entry.is_dir():
            yield from _below(project, entry)
        elif not _is_test(entry.name):
            yield PurePosixPath(entry.relative_to(project).as_posix())


def _is_test(name: str) -> bool:
    """What Envio itself takes for a test, and never loads."""
    return ".test." in name or ".spec." in name or "_test." in name
