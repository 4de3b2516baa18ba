"""Finds the files that `assetPaths` and `archivePaths` name, and describes them to Pulumi.

In a pattern `*` stops at a slash and `**` does not; `?`, `[a-z]`, `[!a]` and `{a,b}` work as usual. A pattern
that begins with `!` removes files that earlier patterns found.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.command_plugin.errors import OperationError
from tools.command_plugin.values import ARCHIVE, ASSET, KEY, Properties, Value

_WILD = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
_PARTS = re.compile(r"\*\*|\*|\?|\[!?[^\]]+\]|[{},]|\\.|.", re.DOTALL)


def assets(directory: Path, patterns: Sequence[str]) -> Properties:
    """An asset for every file that the patterns leave, under its path relative to the directory."""
    rules = [(pattern.startswith("!"), expression(pattern.removeprefix("!"))) for pattern in patterns]
    found: Properties = {}
    for path in _files(directory):
        name = path.relative_to(directory).as_posix()
        wanted = False
        for taken_out, rule in rules:
            if rule.fullmatch(name):
                wanted = not taken_out
        if wanted:
            found[name] = _asset(path)
    return found


def archive(directory: Path, patterns: Sequence[str]) -> Value:
    """One archive of the files that the patterns leave."""
    return {KEY: ARCHIVE, "assets": assets(directory, patterns)}


def expression(pattern: str) -> re.Pattern[str]:
    """The regular expression that matches what a pattern matches."""
    depth = 0
    parts = []
    for part in _PARTS.findall(pattern):
        depth += {"{": 1, "}": -1}.get(part, 0)
        parts.append("|" if part == "," and depth > 0 else _translated(part))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        raise OperationError(f"the pattern {pattern!r} cannot be read: {error}") from None


def _translated(part: str) -> str:
    if part in _WILD:
        return _WILD[part]
    if part.startswith("[") and len(part) > 1:
        return part.replace("[!", "[^", 1)
    return re.escape(part[-1])


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file())


def _asset(path: Path) -> Value:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {KEY: ASSET, "hash": digest, "path": str(path)}
