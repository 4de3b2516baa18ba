"""One digest over everything that decides what a project indexes. Another digest is another belt."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from graphql import DocumentNode, print_ast


def of_project(
    project: Path,
    *,
    config: object,
    dependencies: object,
    imports: object,
    lock: object,
    files: Iterable[PurePosixPath],
) -> str:
    """Config and packages count by their content, files by their bytes; times and modes do not."""
    whole = hashlib.sha256()
    for name, content in (
        ("config", _canonical(config)),
        ("dependencies", _canonical(dependencies)),
        *([("imports", _canonical(imports))] if imports else []),
        ("lock", _canonical(lock)),
        *((f"file {file}", (project / file).read_bytes()) for file in sorted(files)),
    ):
        whole.update(_framed(name.encode()) + _framed(content))
    return whole.hexdigest()


def of_schema(document: DocumentNode) -> str:
    """A digest of the schema without its comments and its layout."""
    return hashlib.sha256(print_ast(document).encode()).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()


def _framed(content: bytes) -> bytes:
    """Prefixes the length, so that different lists never concatenate to the same bytes."""
    return len(content).to_bytes(8, "big") + content
