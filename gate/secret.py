"""Values that cannot be printed by accident: secrets, and addresses that show only their scheme and host."""

from dataclasses import dataclass, field
from posixpath import normpath
from urllib.parse import SplitResult, unquote, urlsplit

from belts.provider.hosts import canonical

PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432}


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is only shown by `reveal`."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The value itself, for the moment of its use."""
        return self._value

    def __str__(self) -> str:
        """Stars, so that a secret formatted into a text by mistake is not disclosed."""
        return "***"

    def __repr__(self) -> str:
        """Stars, like `__str__`."""
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
        """The parsed URL."""
        return urlsplit(self._url)

    @property
    def origin(self) -> str:
        """Scheme, host and port in lower case, equal for all addresses of one server."""
        parts = self.parts
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}"

    @property
    def host(self) -> str:
        """The host in canonical spelling."""
        return canonical(self.parts.hostname or "")

    @property
    def port(self) -> int:
        """The port that is dialled, given or default."""
        parts = self.parts
        return parts.port or PORTS.get(parts.scheme, 0)

    @property
    def place(self) -> str:
        """Host, port, path and query in canonical form, equal for all spellings of one URL."""
        parts = self.parts
        path = normpath(f"/{unquote(parts.path)}").strip("/")
        return f"{self.host}:{self.port}/{path}?{parts.query}"

    def __str__(self) -> str:
        """Scheme and host."""
        return self.origin

    def __repr__(self) -> str:
        """Scheme and host, like `__str__`."""
        return f"Address({self.origin})"
