"""What opens the database and makes an admin: given once by a variable, or kept in a file that may change.

A file is looked at each time it is needed, and read anew when it is another one. So whoever replaces it (by
rename) has replaced the credential; nobody has to be told, and nothing is restarted.
"""

from pathlib import Path

from belts.engine.errors import EngineError
from belts.engine.settings import Settings

Seen = tuple[int, int, int]


class Unreadable(EngineError):
    """A credential is not where it should be: nobody is let in by what it was before."""


class Kept:
    """A credential in a file."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._seen: Seen | None = None
        self._text = ""

    def now(self) -> str:
        """What the file holds; the last line's end is none of it."""
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
    """A credential that a variable holds."""

    def __init__(self, text: str) -> None:
        self._text = text

    def now(self) -> str:
        """The same for ever."""
        return self._text


class Credentials:
    """The credentials of one engine, as they are now."""

    def __init__(self, settings: Settings) -> None:
        self._database = _source(settings.database_url, settings.database_url_file, "the database's URL")
        self._admin = _source(settings.admin_secret, settings.admin_secret_file, "the admin secret")

    @property
    def guarded(self) -> bool:
        """Whether there is an admin secret at all; without one everybody is the admin."""
        return self._admin is not None

    def admin_secret(self) -> str:
        """What an admin has to show."""
        if self._admin is None:
            raise Unreadable("there is no admin secret", code="unexpected")
        return self._admin.now()

    def database_url(self) -> str:
        """What the next connection is opened by."""
        if self._database is None:
            raise Unreadable("there is no database", code="unexpected")
        return self._database.now()


def read(path: Path) -> str:
    """The text of such a file."""
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def _source(text: str | None, file: Path | None, what: str) -> Said | Kept | None:
    if file is not None:
        return Kept(file, what)
    return Said(text) if text else None
