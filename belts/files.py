"""Files that are replaced as a whole: a reader sees the old content or the new, even after a crash."""

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
"""The largest file, in bytes, that is read at once; none of ours comes close."""


def replace(path: Path, content: str | bytes, *, mode: int = PRIVATE_FILE, lasting: bool = True) -> None:
    """Replaces the file's content.

    With `lasting=False`, for what can be made again, it does not wait for the disk: a machine crash may lose
    it.
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
    """Creates the file if it does not exist; if two processes do so at once, the first one's stays."""
    draft = _draft(path)
    try:
        make(draft, content)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def make(path: Path, content: str | bytes, *, mode: int = PRIVATE_FILE, lasting: bool = True) -> None:
    """Creates a file that is not in use yet; raises if it exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask of this process is
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        if lasting:
            os.fsync(descriptor)


def sync(directory: Path) -> None:
    """Makes the entries of a directory durable: a rename lasts once its directory is on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_dir(path: Path) -> Path:
    """Makes a directory and its missing parents, accessible to the owner alone."""
    missing = [place for place in (path, *path.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(mode=PRIVATE_DIR, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> bool:
    """Makes the file contain this text, for its owner alone. Returns False if it did already."""
    private_dir(path.parent)
    if path.is_file() and path.read_bytes() == text.encode():
        path.chmod(PRIVATE_FILE)
        return False
    replace(path, text)
    return True


def write_private_json(path: Path, content: Mapping[str, Any]) -> bool:
    return write_private(path, json.dumps(content, indent=2, sort_keys=True) + "\n")


def read(path: Path) -> bytes:
    """The content of a file; raises `OSError` if it is not a regular file, rather than wait at a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise OSError(errno.EFBIG, f"more than {LONGEST} bytes", str(path))
    return content


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None if it does not exist, or no longer.

    Raises only `OSError` or `ValueError` for an unreadable file. Their texts show none of its content, which
    may be secret.
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
    """Whether a file is missing because its path, or its directory's, is a broken link."""
    return any(place.is_symlink() for place in (path, path.parent)) and not path.exists()


def why_unread(fault: OSError | ValueError) -> str:
    """Why a file could not be read, without showing any of its content."""
    if isinstance(fault, OSError):
        return fault.strerror or type(fault).__name__
    return f"no JSON: {fault}" if isinstance(fault, json.JSONDecodeError) else str(fault)


def remove_tree(path: Path) -> None:
    """Removes a file or a directory tree; what is missing, or vanishes meanwhile, is ignored."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, onerror=_unless_gone)
    else:
        path.unlink(missing_ok=True)


def is_draft(name: str, of: str) -> bool:
    """Whether this is the name of a draft, under which a file is written before it is renamed.

    A draft exists for a moment, unless a crash leaves it behind.
    """
    return re.fullmatch(rf"\.{re.escape(of)}\.[0-9a-f]{{16}}", name) is not None


def _draft(path: Path) -> Path:
    """A unique name beside the file, so that the rename stays on one file system."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _unless_gone(_function: object, _path: object, failure: tuple[Any, BaseException, Any]) -> None:
    if not isinstance(failure[1], FileNotFoundError):
        raise failure[1]
