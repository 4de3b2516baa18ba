"""What a gateway is: its door and how long that waits, its ledger, and who tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar

from belts.reading.kinds import Address, Flag, Networks, Port, Seconds, Section, Url, Whole
from belts.spec.part import Part
from belts.spec.postgres import Ledger
from belts.spec.runtime import Runtime

GRAPHQL = "/v1/graphql"
PATHS = (GRAPHQL, "/healthz")
"""What consumers may ask a belt for. What else a belt answers (metadata, SQL) stays behind it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """How long the gateway waits: for a request's head and body, between requests, and for a belt."""

    header: Annotated[timedelta, Seconds("how long a request's head may take")] = timedelta(seconds=10)
    body: Annotated[timedelta, Seconds("how long a request's body may take")] = timedelta(seconds=30)
    idle: Annotated[timedelta, Seconds("how long a connection is kept open without a request")] = timedelta(
        minutes=2
    )
    dial: Annotated[
        timedelta, Seconds("how long connecting to the belt may take; above it the answer is 502")
    ] = timedelta(seconds=3)
    answer: Annotated[
        timedelta, Seconds("how long the belt may take to answer; above it the answer is 504")
    ] = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caddy(Part):
    """The one door for consumers. Caddy's config is never asked for: the host alone renders it."""

    programs: ClassVar[tuple[str, ...]] = ("caddy",)
    memory_mb: ClassVar[int] = 128
    port: Annotated[int, Port("port of the one door for consumers")]
    listen: Annotated[str, Address("IP address to listen on; put TLS in front of anything but loopback")] = (
        "127.0.0.1"
    )
    max_body_mb: Annotated[
        int, Whole("largest request body; above it the answer is 413", of="MiB", most=1_024)
    ] = 1
    admin_headers: Annotated[bool, Flag("whether `X-Hasura-*` headers of consumers reach the belt")] = False
    client_rate: Annotated[
        int | None,
        Whole(
            "most operations a second that one client may ask for, by its address; above it the answer is "
            "429. The embedded engine counts; see [clients](engine.md)",
            of="operations a second",
            most=1_000_000,
        ),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Networks(
            "addresses or networks of the proxies of yours in front of the gateway, such as the one that "
            "ends TLS: of them alone it believes `X-Forwarded-For`, which says whose requests they pass on"
        ),
    ] = ()
    byway_days: Annotated[
        int,
        Whole(
            "for how many days a use of a belt's own path keeps that belt from being retired; "
            "see [planned breaks](breaks.md)",
            of="days",
            most=90,
        ),
    ] = 7
    timeouts: Annotated[Timeouts, Section()] = Timeouts()
    status_endpoint: Annotated[bool, Flag()] = False
    """Whether it leads to a status endpoint, as it does where the gateway has one."""

    @property
    def url(self) -> str:
        """Where consumers ask."""
        return f"http://{self.listen}:{self.port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A chain whose head the status endpoint asks for: at a visible URL, at a secret one, or nowhere."""

    id: Annotated[int, Whole(what="a chain's id", most=2**53)]
    rpc: Annotated[str | None, Url()] = None
    secret: Annotated[bool, Flag()] = False
    lag_limit: Annotated[int | None, Whole(of="blocks", least=0)] = None
    """How many blocks a belt may be behind its head and still be at it."""

    @property
    def secret_name(self) -> str:
        return f"RPC_{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusEndpoint(Part):
    """What tells consumers which belt serves and how far it is, and the chains it looks at."""

    programs: ClassVar[tuple[str, ...]] = ("status-endpoint",)
    memory_mb: ClassVar[int] = 64
    chains: Annotated[tuple[Watched, ...], Section()] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookSender(Part):
    """What announces the moves; to whom is a secret. `own_ledger` is one that comes by a secret URL."""

    programs: ClassVar[tuple[str, ...]] = ("webhook-sender",)
    memory_mb: ClassVar[int] = 64
    signed: Annotated[bool, Flag()] = False
    own_ledger: Annotated[bool, Flag()] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewaySpec:
    """One gateway: a name, a place on the host, and its parts.

    Without a ledger, the operator has one; without a Caddy, the alias lives elsewhere.
    """

    name: str
    root: Path
    runtime: Runtime = Runtime.PROCESS
    adopt: str | None = None
    caddy: Caddy | None
    ledger: Ledger | None = None
    status_endpoint: StatusEndpoint | None = None
    webhook_sender: WebhookSender | None = None

    @property
    def parts(self) -> Mapping[str, Any]:
        """What it is made of, in the order in which it comes up."""
        caddy = self.caddy and replace(self.caddy, status_endpoint=self.status_endpoint is not None)
        parts = {
            "ledger": self.ledger,
            "status-endpoint": self.status_endpoint,
            "caddy": caddy,
            "webhook-sender": self.webhook_sender,
        }
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def url(self) -> str:
        """Where its Caddy is asked; nowhere without one."""
        return self.caddy.url if self.caddy else ""

    @property
    def alias(self) -> Path:
        """The directory that says which belt is served, or remembers it; only `gate.alias` writes it."""
        return alias_of(self.root / self.name)


def alias_of(home: Path) -> Path:
    """Where the gateway with this home keeps its alias."""
    return home / "alias"
