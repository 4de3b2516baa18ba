"""Values that cannot be printed by accident: secrets, and addresses that show only their scheme and host."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit


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
    def place(self) -> str:
        """What two spellings of one URL have in common, whatever their ports, case and last slash."""
        parts = self.parts
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        return f"{parts.hostname or ''}:{port}{parts.path.rstrip('/')}?{parts.query}"

    def __str__(self) -> str:
        """Scheme and host."""
        return self.origin

    def __repr__(self) -> str:
        """Scheme and host, as `__str__`."""
        return f"Address({self.origin})"
