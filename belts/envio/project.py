"""What an Envio project is, as one config of it describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from belts.envio.footprint import Contract, Event


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvioProject:
    """An Envio project under one of its configs: what it indexes, with which version, and what decides it."""

    directory: Path
    config: str
    name: str
    version: str
    chains: tuple[int, ...]
    contracts: tuple[Contract, ...]
    events: Mapping[str, tuple[Event, ...]]
    schema: str
    lock: str
    files: tuple[str, ...]
    digest: str
    schema_digest: str
