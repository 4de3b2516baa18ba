"""Builders of specs with everything in them that a test does not name."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from belts.gateway import GatewaySpec
from belts.spec import BeltSpec, EmbeddedEngine, ExternalHasura, Indexer, Postgres
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
) -> BeltSpec:
    """A belt of two chains."""
    return BeltSpec(
        name=name,
        root=Path("/hosts"),
        postgres=Postgres(port=5501),
        hasura=hasura or EmbeddedEngine(port=8501),
        indexer=Indexer(project=PROJECT, port=9501, heap_mb=heap_mb, environment=environment or {}),
    )


def gateway(**changes: Any) -> GatewaySpec:
    """A gateway on port 8080."""
    return replace(GatewaySpec(name="gateway", root=Path("/hosts"), port=8080), **changes)
