"""Files that are replaced whole and last: a reader sees the old content or the new, also after a crash."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700


def replace(path: Path, content: str | bytes, *, mode: int = PRIVATE_FILE, lasting: bool = True) -> None:
    """Makes the file hold this.

    What can be made again (`lasting=False`) does not wait for the disk: a crash of the machine may cost it.
    """
    draft = _draft(path)
    try:
        make(draft, content, mode=mode, lasting=lasting)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if lasting:
        sync(path.parent)


def make_once(path: Path, content: str | bytes) -> None:
    """Makes the file where there is none; of two who make it at once, the first one's stays."""
    draft = _draft(path)
    try:
        make(draft, content)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def make(path: Path, content: str | bytes, *, mode: int = PRIVATE_FILE, lasting: bool = True) -> None:
    """Makes a file that nobody reads yet; refused where there is one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask of this process is
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        if lasting:
            os.fsync(descriptor)


def sync(directory: Path) -> None:
    """Makes durable which files a directory holds: a rename lasts once its directory is on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_dir(path: Path) -> Path:
    """Makes a directory, and those above it that are missing, for the owner alone."""
    missing = [place for place in (path, *path.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(mode=PRIVATE_DIR, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> bool:
    """Makes the file hold this text, for its owner alone. False when it did already."""
    private_dir(path.parent)
    if path.is_file() and path.read_bytes() == text.encode():
        path.chmod(PRIVATE_FILE)
        return False
    replace(path, text)
    return True


def write_private_json(path: Path, content: Mapping[str, Any]) -> bool:
    return write_private(path, json.dumps(content, indent=2, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """What a file holds; nothing where there is none, or none any more."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    return content


def remove_tree(path: Path) -> None:
    """Removes a directory and all below it; what is not there, or goes meanwhile, is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
    elif path.exists():
        shutil.rmtree(path, onerror=_unless_gone)


def is_draft(name: str, of: str) -> bool:
    """Whether this is a name under which a file is made before it is called otherwise.

    It is there for a moment; a crash leaves it behind.
    """
    return re.fullmatch(rf"\.{re.escape(of)}\.[0-9a-f]{{16}}", name) is not None


def _draft(path: Path) -> Path:
    """Beside the file, so that a rename stays on one disk; no two writers share one."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _unless_gone(_function: object, _path: object, failure: tuple[Any, BaseException, Any]) -> None:
    if not isinstance(failure[1], FileNotFoundError):
        raise failure[1]
