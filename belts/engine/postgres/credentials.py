"""The credentials of the database and of admins: from a variable, or from a file that may change.

A file is checked at each use, and reread when it differs. So replacing the file (by rename) replaces the
credential, without a notification or a restart.
"""

from pathlib import Path

from belts.engine.errors import EngineError
from belts.engine.settings import Settings

Seen = tuple[int, int, int]


class Unreadable(EngineError):
    """A credential cannot be read: the former one no longer admits anyone."""


class Kept:
    """A credential in a file."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._seen: Seen | None = None
        self._text = ""

    def now(self) -> str:
        """The file's content, without the trailing newline."""
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                self._text, self._seen = read(self._path), seen
        except (OSError, ValueError):
            self._seen = None
            raise Unreadable(f"{self._what} cannot be read", code="unexpected") from None
        if not self._text:
            raise Unreadable(f"{self._what} is empty", code="unexpected")
        return self._text


class Said:
    """A credential from a variable."""

    def __init__(self, text: str) -> None:
        self._text = text

    def now(self) -> str:
        """Always the same text."""
        return self._text


class Credentials:
    """The current credentials of one engine."""

    def __init__(self, settings: Settings) -> None:
        self._database = _source(settings.database_url, settings.database_url_file, "the database's URL")
        self._admin = _source(settings.admin_secret, settings.admin_secret_file, "the admin secret")

    @property
    def guarded(self) -> bool:
        """Whether there is an admin secret at all; without one every client is an admin."""
        return self._admin is not None

    def admin_secret(self) -> str:
        """The secret that an admin must present."""
        if self._admin is None:
            raise Unreadable("there is no admin secret", code="unexpected")
        return self._admin.now()

    def database_url(self) -> str:
        """The URL for the next connection."""
        if self._database is None:
            raise Unreadable("there is no database", code="unexpected")
        return self._database.now()


def read(path: Path) -> str:
    """The text of a credential file."""
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def _source(text: str | None, file: Path | None, what: str) -> Said | Kept | None:
    if file is not None:
        return Kept(file, what)
    return Said(text) if text else None
