"""The engine's settings, from Hasura's own environment variables and a few of ours."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar

from belts.reading.codec import decode
from belts.reading.fields import Fields
from belts.reading.kinds import Flag, Kind, Milliseconds, Text, Unfit, Whole
from belts.reading.mistakes import MistakesError

EVERY_ORIGIN = "*"
DATABASE_URL = "HASURA_GRAPHQL_DATABASE_URL"
ADMIN_SECRET = "HASURA_GRAPHQL_ADMIN_SECRET"  # noqa: S105 -- the name of a variable
ROLE = "HASURA_GRAPHQL_UNAUTHORIZED_ROLE"
TRUE = frozenset({"true", "t", "yes", "y", "1"})
FALSE = frozenset({"false", "f", "no", "n", "0"})


@dataclass(frozen=True, slots=True)
class Answer(Flag):
    """`true` or `false`, in the words that Hasura accepts for them."""

    def from_text(self, text: str) -> object:
        word = text.lower()
        return word in TRUE if word in TRUE | FALSE else text


@dataclass(frozen=True, slots=True)
class File(Text):
    """A path, relative to the engine's working directory."""

    _: KW_ONLY
    what: str = "a path"
    stand_in: ClassVar[Any] = Path()

    def typed(self, value: object) -> Any:
        return Path(Text.typed(self, value))


@dataclass(frozen=True, slots=True)
class Origins(Kind):
    """Origins, separated by commas."""

    def typed(self, value: object) -> Any:
        return tuple(part.strip() for part in str(value).split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Addresses(Kind):
    """IP addresses, separated by commas."""

    _: KW_ONLY
    what: str = "IP addresses with commas between them"

    def typed(self, value: object) -> Any:
        try:
            return tuple(
                str(ipaddress.ip_address(part.strip())) for part in str(value).split(",") if part.strip()
            )
        except ValueError:
            raise Unfit from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one request, one socket and one client."""

    body_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_BODY_BYTES")] = 1_048_576
    depth: Annotated[int, Whole(key="BELTS_ENGINE_MAX_DEPTH", most=100)] = 32
    nodes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_NODES")] = 5_000
    batch: Annotated[int, Whole(key="BELTS_ENGINE_MAX_BATCH")] = 100
    tokens: Annotated[int, Whole(key="BELTS_ENGINE_MAX_TOKENS")] = 50_000
    conditions: Annotated[int, Whole(key="BELTS_ENGINE_MAX_CONDITIONS")] = 25_000
    introspected: Annotated[int, Whole(key="BELTS_ENGINE_MAX_INTROSPECTED")] = 250_000
    # Postgres numbers at most 65,535 of them, and its client at most half of those.
    parameters: Annotated[int, Whole(key="BELTS_ENGINE_MAX_PARAMETERS", most=32_767)] = 10_000
    statement_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_STATEMENT_BYTES")] = 1_048_576
    value_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_VALUE_BYTES")] = 8_388_608
    answer_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_ANSWER_BYTES", most=1_000_000_000)] = 33_554_432
    statement_timeout: Annotated[timedelta, Milliseconds(key="BELTS_ENGINE_STATEMENT_TIMEOUT_MS")] = (
        timedelta(seconds=30)
    )
    acquire_timeout: Annotated[timedelta, Milliseconds(key="BELTS_ENGINE_ACQUIRE_TIMEOUT_MS")] = timedelta(
        seconds=10
    )
    operation_timeout: Annotated[timedelta, Milliseconds(key="BELTS_ENGINE_OPERATION_TIMEOUT_MS")] = (
        timedelta(seconds=45)
    )
    planning_time: Annotated[timedelta, Milliseconds(key="BELTS_ENGINE_MAX_PLANNING_MS")] = timedelta(
        seconds=5
    )
    planning_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_PLANNING_BYTES")] = 67_108_864
    address_operations: Annotated[int, Whole(key="BELTS_ENGINE_MAX_OPERATIONS_PER_ADDRESS")] = 200
    socket_queries: Annotated[int, Whole(key="BELTS_ENGINE_MAX_QUERIES_PER_SOCKET")] = 50
    unread_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_UNREAD_BYTES")] = 67_108_864
    held_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_HELD_BYTES")] = 67_108_864
    kept_bytes: Annotated[int, Whole(key="BELTS_ENGINE_MAX_KEPT_BYTES")] = 100_663_296
    sockets: Annotated[int, Whole(key="BELTS_ENGINE_MAX_SOCKETS")] = 5_000
    address_sockets: Annotated[int, Whole(key="BELTS_ENGINE_MAX_SOCKETS_PER_ADDRESS")] = 500
    idle_sockets: Annotated[int, Whole(key="BELTS_ENGINE_MAX_IDLE_SOCKETS_PER_ADDRESS")] = 100
    subscriptions: Annotated[int, Whole(key="BELTS_ENGINE_MAX_SUBSCRIPTIONS_PER_SOCKET")] = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the engine."""

    database_url: Annotated[str | None, Text(key=DATABASE_URL)] = field(default=None, repr=False)
    database_url_file: Annotated[Path | None, File(key="HASURA_GRAPHQL_DATABASE_URL_FILE")] = None
    host: Annotated[str, Text(key="HASURA_GRAPHQL_SERVER_HOST")] = "127.0.0.1"
    port: Annotated[int, Whole(key="HASURA_GRAPHQL_SERVER_PORT", least=0, most=65535)] = 8080
    listen_fd: Annotated[int | None, Whole(key="BELTS_ENGINE_LISTEN_FD", least=0)] = None
    gateway_socket: Annotated[Path | None, File(key="BELTS_ENGINE_GATEWAY_SOCKET")] = None
    admin_secret: Annotated[str | None, Text(key=ADMIN_SECRET)] = field(default=None, repr=False)
    admin_secret_file: Annotated[Path | None, File(key="HASURA_GRAPHQL_ADMIN_SECRET_FILE")] = None
    unauthorized_role: Annotated[str | None, Text(key=ROLE)] = None
    stringify_numeric: Annotated[bool, Answer(key="HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES")] = False
    metadata_file: Annotated[Path, File(key="BELTS_ENGINE_METADATA_FILE")] = Path("engine-metadata.json")
    connections: Annotated[int, Whole(key="HASURA_GRAPHQL_PG_CONNECTIONS", most=1000)] = 10
    cors_domains: Annotated[tuple[str, ...], Origins(key="HASURA_GRAPHQL_CORS_DOMAIN")] = (EVERY_ORIGIN,)
    live_interval: Annotated[
        timedelta, Milliseconds(key="HASURA_GRAPHQL_LIVE_QUERIES_MULTIPLEXED_REFETCH_INTERVAL")
    ] = timedelta(seconds=1)
    stream_interval: Annotated[
        timedelta, Milliseconds(key="HASURA_GRAPHQL_STREAMING_QUERIES_MULTIPLEXED_REFETCH_INTERVAL")
    ] = timedelta(seconds=1)
    trusted_proxies: Annotated[tuple[str, ...], Addresses(key="BELTS_ENGINE_TRUSTED_PROXIES")] = ()
    limits: Limits = field(default_factory=Limits)


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings from these variables; raises with every mistake at once."""
    secret = frozenset({DATABASE_URL, ADMIN_SECRET})
    source = Fields(values=environ, mistakes=[], hidden=secret, texts=True)
    settings: Settings = decode(Settings, source, limits=decode(Limits, source))
    _credential(source, DATABASE_URL, settings.database_url_file)
    _credential(source, ADMIN_SECRET, settings.admin_secret_file)
    if not source.has(DATABASE_URL) and settings.database_url_file is None:
        source.wrong(DATABASE_URL, "a value", got="nothing")
    if source.has(ROLE) and not source.has(ADMIN_SECRET) and settings.admin_secret_file is None:
        source.wrong(ROLE, f"{ADMIN_SECRET} too", got="none")
    if source.mistakes:
        raise MistakesError(source.mistakes, of="the environment")
    return settings


def _credential(source: Fields, name: str, file: Path | None) -> None:
    """Checks a value or the file that replaces it, which may change while the engine runs; never both."""
    in_file, expected = f"{name}_FILE", "a file with one line of text"
    if file is not None and source.has(name):
        source.wrong(name, f"it or {in_file}", got="both")
    try:
        if file is not None and not file.read_text(encoding="utf-8").strip():
            source.wrong(in_file, expected, got="an empty one")
    except (OSError, ValueError) as error:
        source.wrong(in_file, expected, got=(isinstance(error, OSError) and error.strerror) or "no text")
