"""Builders of stack configs as Pulumi hands them over: one text a key, JSON for maps and lists."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from belts.envio import EnvioProject, Mistake, ProjectInvalid
from stacks import settings
from stacks.settings import ReadProject, Settings


def belt(**changes: Any) -> dict[str, Any]:
    """The config of a belt that is right; a change of `None` leaves the key out."""
    return _with(
        changes,
        kind="belt",
        postgres={"port": 5501},
        hasura={"port": 8501},
        indexer={"project": "indexer", "config": "config.yaml", "port": 9501},
    )


def by_url(**changes: Any) -> dict[str, Any]:
    """The config of a belt by URL that is right, its secrets as Pulumi shows them to whoever may see them."""
    return _with(
        changes,
        kind="belt",
        runtime="url",
        edge={"url": "https://host.example/id/v1/graphql", "port": 8601},
        adminSecret="hush",
        databaseUrl="postgresql://gate:hush@host.example/belt?sslmode=verify-full",
    )


def gateway(**changes: Any) -> dict[str, Any]:
    """The config of a gateway that is right."""
    right = {"policy": "policy.yaml", "caddy": {"port": 8080}, "ledger": {"port": 8081}}
    return _with(changes, kind="gateway", upstream="blue", **right)


def chains(**changes: Any) -> dict[str, Any]:
    """The config of two local chains that is right."""
    two = [{"id": 1, "port": 8545, "blockTime": 5}, {"id": 10, "port": 8546, "blockTime": 0.25}]
    return _with(changes, kind="chains", chains=two, traffic={"events": 5_000})


def read(
    directory: Path,
    config: dict[str, Any],
    *,
    stack: str = "blue",
    secrets: frozenset[str] = frozenset(),
    read_project: ReadProject | None = None,
) -> Settings:
    """What the settings make of this config, in a directory that holds an Envio project of two chains."""
    (directory / "indexer").mkdir(exist_ok=True)
    (directory / "indexer" / "config.yaml").touch()
    (directory / "examples").mkdir(exist_ok=True)
    texts = {
        f"belts:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }
    return settings.read(
        {**texts, "command:other": "1"},
        namespace="belts",
        stack=stack,
        directory=directory,
        read_project=read_project or project,
        secrets=secrets,
    )


def project(directory: Path, config: str) -> EnvioProject:
    """An Envio project of two chains; there is no other config than the one."""
    if config != "config.yaml":
        raise ProjectInvalid([Mistake(config, "an Envio config", "no such file")])
    return replace(
        settings.NO_PROJECT,
        directory=directory,
        config=config,
        digest="d1",
        schema_digest="s1",
        version="3.0.0-alpha.17",
        chains=(1, 10),
    )


def _with(changes: dict[str, Any], **right: Any) -> dict[str, Any]:
    merged = {**right, **changes}
    return {key: value for key, value in merged.items() if value is not None}
