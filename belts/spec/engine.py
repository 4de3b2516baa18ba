"""What answers GraphQL for a belt: the engine that comes with Belts, or a Hasura of the operator's."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from belts.reading.kinds import Choice, Flag, Port, Seconds, Url, Whole
from belts.spec.credentials import Credentials, RevokePrevious
from belts.spec.part import Part

ENGINE = "engine"
GRAPHQL = "/v1/graphql"
ROWS = 1_000


class Whose(StrEnum):
    """Who runs the engine."""

    EMBEDDED = "embedded"
    EXTERNAL = "external"


Told = Annotated[
    Whose,
    Choice(
        "who answers GraphQL: `embedded`, the engine that comes with Belts, or `external`, a Hasura of yours",
        words=Whose,
    ),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddedEngine(Part):
    """The GraphQL engine that comes with Belts."""

    programs: ClassVar[tuple[str, ...]] = (ENGINE,)
    engine: Told = field(default=Whose.EMBEDDED, init=False)
    port: Annotated[int, Port("embedded only: where it listens, on 127.0.0.1")]
    memory_mb: Annotated[
        int,
        Whole("embedded only: what it counts for in the memory of the host", of="MiB", least=64, live=True),
    ] = 256
    response_limit: Annotated[
        int, Whole("embedded only: most rows that an unprivileged query gets", of="rows")
    ] = ROWS
    stringify_numeric: Annotated[
        bool, Flag("embedded only: whether numerics are texts in answers, as Envio's own Hasura has it")
    ] = True
    connections: Annotated[
        int,
        Whole(
            "embedded only: its connections to Postgres, two of which (of fewer than eight, one) are kept "
            "for admin, gate and health; "
            "see [clients](engine.md)",
            of="connections",
            least=4,
            most=1_000,
            live=True,
        ),
    ] = 10
    statement: Annotated[
        timedelta,
        Seconds("embedded only: how long one statement may run", most=3_600, live=True),
    ] = timedelta(seconds=30)
    sockets_per_address: Annotated[
        int,
        Whole(
            "embedded only: most WebSockets that one address may have open; a fifth of them idle",
            of="sockets",
            least=5,
            most=5_000,
            live=True,
        ),
    ] = 500
    credentials: Credentials = 1

    @property
    def graphql(self) -> str:
        """The URL at which it answers."""
        return f"http://127.0.0.1:{self.port}{GRAPHQL}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalHasura(Part):
    """A Hasura that the operator runs; its admin secret comes separately, from the stack's secret config."""

    programs: ClassVar[tuple[str, ...]] = ()
    memory_mb: ClassVar[int] = 0
    response_limit: ClassVar[int] = ROWS
    """The limit passed to the indexer; the Hasura's own is up to the operator."""
    engine: Told = field(default=Whose.EXTERNAL, init=False)
    url: Annotated[str, Url("external only: its address, without `/v1/graphql`, user and query")]
    credentials: Credentials = 1
    revoke_previous: RevokePrevious = False

    @property
    def graphql(self) -> str:
        """The URL at which it answers."""
        return f"{self.url}{GRAPHQL}"


Engine: TypeAlias = EmbeddedEngine | ExternalHasura
