"""Where the files of a belt are, and the only way they are written.

Whole, by rename, for their owner alone.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The directory of one belt: everything the belt has on this host is below it."""

    root: Path
    belt: str

    @property
    def home(self) -> Path:
        return self.root / self.belt

    @property
    def lock(self) -> Path:
        """Beside the belt's directory, so that removing the belt does not remove what others wait on."""
        return self.root / f".{self.belt}.lock"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    @property
    def requests(self) -> Path:
        """What was asked for, part by part: it is how `status`, `heal` and other belts' checks know."""
        return self.home / "requests"

    def request(self, part: str) -> Path:
        return self.requests / f"{part}.json"

    @property
    def supervisor(self) -> Path:
        return self.home / "supervisor"

    @property
    def programs(self) -> Path:
        return self.supervisor / "programs"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def of_part(self, part: str) -> Path:
        return self.home / part


def private_dir(path: Path) -> Path:
    """Makes a directory, and those above it that are missing, for the owner alone."""
    missing = [place for place in (path, *path.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(mode=PRIVATE_DIR, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> bool:
    """Makes the file hold this text.

    False when it did already. A reader sees the old text or the new, never half, also after a crash.
    """
    private_dir(path.parent)
    if path.is_file() and path.read_bytes() == text.encode():
        path.chmod(PRIVATE_FILE)
        return False
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync(path.parent)
    return True


def _sync(directory: Path) -> None:
    """A rename lasts once its directory is on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def _unless_gone(_function: object, _path: object, failure: tuple[Any, BaseException, Any]) -> None:
    if not isinstance(failure[1], FileNotFoundError):
        raise failure[1]
