"""The engine's settings, from Hasura's own environment variables and a few of ours."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from belts.reading.mistakes import Mistake, MistakesError, shown

EVERY_ORIGIN = "*"
FILE = "a file with one line of text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may ask for."""

    body_bytes: int = 1_048_576
    depth: int = 32
    nodes: int = 5_000
    batch: int = 100
    statement_timeout: timedelta = timedelta(seconds=30)
    acquire_timeout: timedelta = timedelta(seconds=10)
    sockets: int = 5_000
    subscriptions: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that the engine is told from outside."""

    database_url: str | None = field(default=None, repr=False)
    database_url_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    admin_secret: str | None = field(default=None, repr=False)
    admin_secret_file: Path | None = None
    unauthorized_role: str | None = None
    stringify_numeric: bool = False
    metadata_file: Path = Path("engine-metadata.json")
    connections: int = 10
    cors_domains: tuple[str, ...] = (EVERY_ORIGIN,)
    live_interval: timedelta = timedelta(seconds=1)
    stream_interval: timedelta = timedelta(seconds=1)
    limits: Limits = field(default_factory=Limits)


_DEFAULT = Settings()
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})


class _Reader:
    """Reads variables and keeps every mistake, so that all are told at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.mistakes: list[Mistake] = []

    def wrong(self, name: str, expected: str, got: str) -> None:
        self.mistakes.append(Mistake(name, expected, got))

    def text(self, name: str) -> str | None:
        return self.environ.get(name) or None

    def credential(self, name: str, in_file: str) -> tuple[str | None, Path | None]:
        """A value, or the file that keeps it and may be replaced while the engine runs; never both."""
        value, path = self.text(name), self.text(in_file)
        if value is not None and path is not None:
            self.wrong(name, f"it or {in_file}", "both")
        if path is None:
            return value, None
        try:
            found = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            self.wrong(in_file, FILE, _why(error))
        else:
            if not found:
                self.wrong(in_file, FILE, "an empty one")
        return None, Path(path)

    def listed(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.text(name)
        return default if value is None else tuple(part.strip() for part in value.split(",") if part.strip())

    def whole(self, name: str, default: int, *, least: int = 1, most: int = 2**31 - 1) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            self.wrong(name, f"a whole number from {least} to {most}", shown(value))
            return default
        return int(value)

    def milliseconds(self, name: str, default: timedelta) -> timedelta:
        return timedelta(milliseconds=self.whole(name, round(default.total_seconds() * 1000)))

    def flag(self, name: str, *, default: bool) -> bool:
        value = (self.text(name) or "").lower()
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        if value:
            self.wrong(name, "true or false", shown(value))
        return default


def _why(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "no text"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that these variables give; refuses with every mistake at once."""
    reader = _Reader(environ)
    database_url, database_url_file = reader.credential(
        "HASURA_GRAPHQL_DATABASE_URL", "HASURA_GRAPHQL_DATABASE_URL_FILE"
    )
    if database_url is None and database_url_file is None:
        reader.wrong("HASURA_GRAPHQL_DATABASE_URL", "a value", "nothing")
    limits = Limits(
        body_bytes=reader.whole("BELTS_ENGINE_MAX_BODY_BYTES", _DEFAULT.limits.body_bytes),
        depth=reader.whole("BELTS_ENGINE_MAX_DEPTH", _DEFAULT.limits.depth, most=100),
        nodes=reader.whole("BELTS_ENGINE_MAX_NODES", _DEFAULT.limits.nodes),
        batch=reader.whole("BELTS_ENGINE_MAX_BATCH", _DEFAULT.limits.batch),
        statement_timeout=reader.milliseconds(
            "BELTS_ENGINE_STATEMENT_TIMEOUT_MS", _DEFAULT.limits.statement_timeout
        ),
        acquire_timeout=reader.milliseconds(
            "BELTS_ENGINE_ACQUIRE_TIMEOUT_MS", _DEFAULT.limits.acquire_timeout
        ),
        sockets=reader.whole("BELTS_ENGINE_MAX_SOCKETS", _DEFAULT.limits.sockets),
        subscriptions=reader.whole(
            "BELTS_ENGINE_MAX_SUBSCRIPTIONS_PER_SOCKET", _DEFAULT.limits.subscriptions
        ),
    )
    admin_secret, admin_secret_file = reader.credential(
        "HASURA_GRAPHQL_ADMIN_SECRET", "HASURA_GRAPHQL_ADMIN_SECRET_FILE"
    )
    interval = "HASURA_GRAPHQL_{}_QUERIES_MULTIPLEXED_REFETCH_INTERVAL"
    settings = Settings(
        database_url=database_url,
        database_url_file=database_url_file,
        host=reader.text("HASURA_GRAPHQL_SERVER_HOST") or _DEFAULT.host,
        port=reader.whole("HASURA_GRAPHQL_SERVER_PORT", _DEFAULT.port, least=0, most=65535),
        admin_secret=admin_secret,
        admin_secret_file=admin_secret_file,
        unauthorized_role=reader.text("HASURA_GRAPHQL_UNAUTHORIZED_ROLE"),
        stringify_numeric=reader.flag("HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES", default=False),
        metadata_file=Path(reader.text("BELTS_ENGINE_METADATA_FILE") or _DEFAULT.metadata_file),
        connections=reader.whole("HASURA_GRAPHQL_PG_CONNECTIONS", _DEFAULT.connections, most=1000),
        cors_domains=reader.listed("HASURA_GRAPHQL_CORS_DOMAIN", _DEFAULT.cors_domains),
        live_interval=reader.milliseconds(interval.format("LIVE"), _DEFAULT.live_interval),
        stream_interval=reader.milliseconds(interval.format("STREAMING"), _DEFAULT.stream_interval),
        limits=limits,
    )
    if settings.unauthorized_role is not None and admin_secret is None and admin_secret_file is None:
        reader.wrong("HASURA_GRAPHQL_UNAUTHORIZED_ROLE", "HASURA_GRAPHQL_ADMIN_SECRET too", "none")
    if reader.mistakes:
        raise MistakesError(reader.mistakes, of="the environment")
    return settings
