"""Builders of specs with everything in them that a test does not name."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from belts.spec.belt import BeltSpec
from belts.spec.chains import Chain, Chains, LocalChains, Traffic
from belts.spec.edge import Edge
from belts.spec.engine import EmbeddedEngine, ExternalHasura
from belts.spec.gateway import Caddy, GatewaySpec
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres
from belts.spec.prover import Prover
from belts.spec.relay import Relay
from belts.spec.url_belt import UrlBelt
from stacks.settings import NO_PROJECT

PROJECT = replace(
    NO_PROJECT,
    directory=Path("/projects/points"),
    config="config.yaml",
    digest="d1",
    schema_digest="s1",
    version="3.0.0-alpha.17",
    chains=(1, 10),
)


def belt(
    *,
    name: str = "blue",
    heap_mb: int = 4_096,
    hasura: EmbeddedEngine | ExternalHasura | None = None,
    environment: Mapping[str, str] | None = None,
    prover: Prover | None = None,
    forward_only: str | None = None,
    relay: Relay | None = None,
) -> BeltSpec:
    """A belt of two chains."""
    return BeltSpec(
        name=name,
        root=Path("/hosts"),
        postgres=Postgres(port=5501),
        hasura=hasura or EmbeddedEngine(port=8501),
        project=PROJECT,
        indexer=Indexer(
            project=PROJECT.directory,
            digest=PROJECT.digest,
            chains=PROJECT.chains,
            port=9501,
            heap_mb=heap_mb,
            environment=environment or {},
            forward_only=forward_only,
            relay=relay,
        ),
        prover=prover,
    )


def edge(**changes: Any) -> Edge:
    """The edge of a belt at a URL with a path."""
    right = Edge(
        url="https://host.example/id/v1/graphql",
        port=8601,
        database="belt",
        system_identifier="7",
        database_oid=5,
        chain_table_oid=16_384,
    )
    return replace(right, **changes)


def by_url(**changes: Any) -> UrlBelt:
    """A belt by URL."""
    right = UrlBelt(name="blue", root=Path("/hosts"), edge=edge(), admin_secret=True, database_url=True)
    return replace(right, **changes)


def gateway(**changes: Any) -> GatewaySpec:
    """A gateway on port 8080."""
    return replace(GatewaySpec(name="gateway", root=Path("/hosts"), caddy=Caddy(port=8080)), **changes)


def door(**changes: Any) -> Caddy:
    """The door of that gateway."""
    return replace(Caddy(port=8080), **changes)


def local_chains() -> LocalChains:
    """Two local chains."""
    return LocalChains(
        name="chains",
        root=Path("/hosts"),
        chains=Chains(
            chains=(
                Chain(id=1, port=8545, block_time=timedelta(seconds=5)),
                Chain(id=10, port=8546, block_time=timedelta(seconds=0.25)),
            ),
            traffic=Traffic(project=Path("/projects/examples"), events=5_000),
        ),
    )
