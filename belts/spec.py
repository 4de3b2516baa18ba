"""What a belt is, as frozen data: its parts, where they listen, and what they may use of the host."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from belts.envio import EnvioProject

HEAP_PER_CHAIN_MB = 2_048
"""Heap a chain gets when the stack says nothing. The rule is ours: six chains died at Node's default heap and
lived at 12,288 MB."""

LEAST_HEAP_MB = 4_096
"""Heap of a belt with one chain, when the stack says nothing."""


class Runtime(StrEnum):
    """Where a belt's parts run. Closed on purpose: each member has a renderer in `belts.runtimes`."""

    PROCESS = "process"


class Profile(StrEnum):
    """What the indexer is tuned for: catching up with history, or following the head."""

    BACKFILL = "backfill"
    STEADY = "steady"


def heap_mb(chains: int) -> int:
    """The heap for this many chains when the stack does not set one."""
    return max(LEAST_HEAP_MB, HEAP_PER_CHAIN_MB * chains)


@dataclass(frozen=True, kw_only=True, slots=True)
class Postgres:
    """The belt's own Postgres cluster."""

    port: int
    shared_buffers_mb: int = 128
    max_connections: int = 60
    memory_mb: int = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddedEngine:
    """The GraphQL engine that comes with Belts."""

    port: int
    memory_mb: int = 256
    response_limit: int = 1_000
    stringify_numeric: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalHasura:
    """A Hasura that the operator runs; its admin secret travels apart, from the stack's secret config."""

    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Indexer:
    """The Envio process: what it indexes, with which heap, tuned for what.

    `environment` is visible in diffs; `secret_environment` only names variables whose values travel apart.
    """

    project: EnvioProject
    port: int
    heap_mb: int
    profile: Profile = Profile.BACKFILL
    environment: Mapping[str, str] = field(default_factory=dict)
    secret_environment: tuple[str, ...] = ()
    seed_deadline: timedelta = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class BeltSpec:
    """One belt: a name, a place on the host, and its three parts."""

    name: str
    root: Path
    postgres: Postgres
    hasura: EmbeddedEngine | ExternalHasura
    indexer: Indexer
    runtime: Runtime = Runtime.PROCESS
    acknowledged_readers: tuple[str, ...] = ()
    """Whom the belt's removal may cut off."""
    credentials: int = 1
    """The generation of its passwords and of its engine's admin secret."""
    revoke_previous: bool = False
    """Whether the readers' passwords of the generation before open nothing any more."""

    @property
    def memory_mb(self) -> int:
        """What the belt may use of the host's memory: heap, Postgres and engine together."""
        engine = self.hasura.memory_mb if isinstance(self.hasura, EmbeddedEngine) else 0
        return self.indexer.heap_mb + self.postgres.memory_mb + engine

    @property
    def ports(self) -> Mapping[str, int]:
        """Every port of the belt, under the path of the setting that names it."""
        ports = {"postgres.port": self.postgres.port, "indexer.port": self.indexer.port}
        if isinstance(self.hasura, EmbeddedEngine):
            ports["hasura.port"] = self.hasura.port
        return ports
