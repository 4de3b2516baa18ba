"""Files that are replaced whole and last: a reader sees the old content or the new, also after a crash."""

import errno
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700
LONGEST = 16 * 1024 * 1024
"""Bytes of the largest file that is read at once; none of ours comes near it."""


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


def read(path: Path) -> bytes:
    """What a file holds; raises `OSError` where it is no file: nobody waits at a pipe, nor reads a device."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise OSError(errno.EFBIG, f"more than {LONGEST} bytes", str(path))
    return content


def read_json(path: Path) -> dict[str, Any] | None:
    """What a file holds; nothing where there is none, or none any more.

    Raises `OSError` or `ValueError`, and nothing else, where there is something that says nothing. The text
    of neither shows what the file holds: it may be secret.
    """
    try:
        content = json.loads(read(path))
    except FileNotFoundError:
        if leads_nowhere(path):
            raise OSError(errno.ENOENT, "a link that leads nowhere", str(path)) from None
        return None
    except UnicodeDecodeError:
        raise ValueError("no text") from None
    except RecursionError:
        raise ValueError("JSON that nests too deep") from None
    return _object(content)


def _object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError(f"JSON that is {type(content).__name__}, and no object")  # noqa: TRY004 -- of the text
    return content


def leads_nowhere(path: Path) -> bool:
    """Whether a file is missing because a link in its place, or in that of its directory, is broken."""
    return any(place.is_symlink() for place in (path, path.parent)) and not path.exists()


def why_unread(fault: OSError | ValueError) -> str:
    """Why a file could not be read, in words that hold nothing of it."""
    if isinstance(fault, OSError):
        return fault.strerror or type(fault).__name__
    return f"no JSON: {fault}" if isinstance(fault, json.JSONDecodeError) else str(fault)


def remove_tree(path: Path) -> None:
    """Removes what is there, a directory with all below it; what is not there, or goes meanwhile, is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, onerror=_unless_gone)
    else:
        path.unlink(missing_ok=True)


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
