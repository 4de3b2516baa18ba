"""What can be asked of each kind of part, as frozen data, and what each takes of the host."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY_MB_OF_A_CHAIN = 128
MEMORY_MB_OF_CADDY = 128
MEMORY_MB_OF_A_MESSENGER = 64
TRAFFIC = "traffic"
ENGINE = "engine"


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgresRequest:
    port: int
    shared_buffers_mb: int
    max_connections: int
    memory_mb: int
    acknowledged_readers: tuple[str, ...] = ()
    """Who may be cut off when the belt goes."""
    credentials: int = 1
    """The generation of its passwords."""
    revoke_previous: bool = False
    """Whether the passwords of readers that were replaced last open nothing any more."""

    @property
    def programs(self) -> tuple[str, ...]:
        return ("postgres",)

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRequest(PostgresRequest):
    """A cluster for the gateway's ledger alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineRequest:
    """A GraphQL engine run here, or, with `external`, one that runs elsewhere and is only asked whether it
    answers.
    """

    port: int
    memory_mb: int
    stringify_numeric: bool
    response_limit: int
    external: str | None
    credentials: int = 1
    revoke_previous: bool = False

    @property
    def programs(self) -> tuple[str, ...]:
        return () if self.external else (ENGINE,)

    @property
    def ports(self) -> tuple[int, ...]:
        return () if self.external else (self.port,)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.external or f"http://127.0.0.1:{self.port}/v1/graphql"


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexerRequest:
    project: Path
    config: str
    digest: str
    chains: tuple[int, ...]
    heap_mb: int
    profile: str
    port: int
    env: dict[str, str]
    seed_deadline_s: int
    credentials: int = 1

    @property
    def programs(self) -> tuple[str, ...]:
        return ("indexer",)

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @property
    def memory_mb(self) -> int:
        return self.heap_mb


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainRequest:
    id: int
    port: int
    block_time_s: float | None

    @property
    def program(self) -> str:
        return f"chain-{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainsRequest:
    project: Path
    chains: tuple[ChainRequest, ...]
    seed: int
    events: int
    live: bool
    ready_deadline_s: int

    @property
    def programs(self) -> tuple[str, ...]:
        return (*(chain.program for chain in self.chains), *((TRAFFIC,) if self.live else ()))

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(chain.port for chain in self.chains)

    @property
    def memory_mb(self) -> int:
        return MEMORY_MB_OF_A_CHAIN * len(self.chains)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaddyRequest:
    """Caddy's own JSON config, without the admin endpoint: that is the host's business."""

    port: int
    config: dict[str, Any]
    ready: str

    @property
    def programs(self) -> tuple[str, ...]:
        return ("caddy",)

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @property
    def memory_mb(self) -> int:
        return MEMORY_MB_OF_CADDY


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedRequest:
    """A chain whose head is asked for: at a URL that is visible, at one that is a secret, or nowhere."""

    id: int
    rpc: str | None
    secret: bool

    @property
    def secret_name(self) -> str:
        return f"RPC_{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class BeaconRequest:
    """Beside a gateway's Caddy: what tells consumers which belt serves. Only Caddy reaches it."""

    chains: tuple[WatchedRequest, ...]

    @property
    def programs(self) -> tuple[str, ...]:
        return ("beacon",)

    @property
    def ports(self) -> tuple[int, ...]:
        return ()

    @property
    def memory_mb(self) -> int:
        return MEMORY_MB_OF_A_MESSENGER


@dataclass(frozen=True, kw_only=True, slots=True)
class HeraldRequest:
    """Beside a gateway's ledger: what announces its moves; `own_ledger` is one that comes by a secret URL."""

    signed: bool
    own_ledger: bool

    @property
    def programs(self) -> tuple[str, ...]:
        return ("herald",)

    @property
    def ports(self) -> tuple[int, ...]:
        return ()

    @property
    def memory_mb(self) -> int:
        return MEMORY_MB_OF_A_MESSENGER


PartRequest = (
    PostgresRequest
    | EngineRequest
    | IndexerRequest
    | ChainsRequest
    | CaddyRequest
    | BeaconRequest
    | HeraldRequest
)
