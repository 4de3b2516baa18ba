"""Values that cannot be printed by accident: secrets, and addresses that show only their scheme and host."""

from dataclasses import dataclass, field
from posixpath import normpath
from urllib.parse import SplitResult, unquote, urlsplit

from belts.provider.hosts import canonical

PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432}


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that shows itself only when asked by name."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The value itself, for the moment in which it is used."""
        return self._value

    def __str__(self) -> str:
        """Stars: a secret that is formatted into a text by mistake gives nothing away."""
        return "***"

    def __repr__(self) -> str:
        """Stars, as `__str__`."""
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class Address:
    """A URL whose path, query and user are treated as secret: printed, it is scheme and host."""

    _url: str = field(repr=False)

    def reveal(self) -> str:
        """The whole URL, for the client that opens it."""
        return self._url

    @property
    def parts(self) -> SplitResult:
        """The URL taken apart."""
        return urlsplit(self._url)

    @property
    def origin(self) -> str:
        """Scheme, host and port, in lower case: what two addresses of one server have in common."""
        parts = self.parts
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}"

    @property
    def host(self) -> str:
        """The host, in the one spelling that all its spellings have in common."""
        return canonical(self.parts.hostname or "")

    @property
    def port(self) -> int:
        """The port that is dialled, given or not."""
        parts = self.parts
        return parts.port or PORTS.get(parts.scheme, 0)

    @property
    def place(self) -> str:
        """What two spellings of one URL have in common: host, port, path and query."""
        parts = self.parts
        path = normpath(f"/{unquote(parts.path)}").strip("/")
        return f"{self.host}:{self.port}/{path}?{parts.query}"

    def __str__(self) -> str:
        """Scheme and host."""
        return self.origin

    def __repr__(self) -> str:
        """Scheme and host, as `__str__`."""
        return f"Address({self.origin})"
