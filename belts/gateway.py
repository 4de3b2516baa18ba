"""What a gateway is, as frozen data: where it listens, what it lets through, and how long it waits."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

PATHS = ("/v1/graphql", "/healthz")
"""What consumers may ask a belt for. What else a belt answers (metadata, SQL) stays behind it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """How long the gateway waits: for a request's head and body, between requests, and for a belt."""

    header: timedelta = timedelta(seconds=10)
    body: timedelta = timedelta(seconds=30)
    idle: timedelta = timedelta(minutes=2)
    dial: timedelta = timedelta(seconds=3)
    answer: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A chain whose head the beacon asks for: at `rpc`, or at a URL that comes as a secret."""

    id: int
    rpc: str | None = None
    secret: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Beacon:
    """The process that tells consumers which belt serves and how far it is, and the chains it looks at."""

    chains: tuple[Watched, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """Moves are announced to a listener, whose URL is a secret; `signed` where it can tell who announces."""

    signed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewaySpec:
    """One gateway: a name, a place on the host, and the one door that consumers use."""

    name: str
    root: Path
    port: int
    listen: str = "127.0.0.1"
    paths: tuple[str, ...] = PATHS
    max_body_mb: int = 1
    admin_headers: bool = False
    timeouts: Timeouts = Timeouts()
    ledger_port: int | None = None
    """Where the ledger that this host keeps listens; None where the operator has one elsewhere."""
    credentials: int = 1
    """The generation of that ledger's passwords."""
    beacon: Beacon | None = None
    webhook: Webhook | None = None

    @property
    def alias(self) -> Path:
        """The directory that says which belt is served; only `gate.alias` writes it."""
        return self.root / self.name / "alias"

    @property
    def url(self) -> str:
        """Where consumers ask."""
        return f"http://{self.listen}:{self.port}"
