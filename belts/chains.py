"""Local chains with traffic, as frozen data: what development and the demo index."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """One local chain: the id it claims, where it listens, and how often it makes a block."""

    id: int
    port: int
    block_time: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What happens on the chains: a history of so many events that a seed decides, then live ones."""

    seed: int
    events: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalChains:
    """All chains of one stack, and the project whose contracts they carry."""

    name: str
    root: Path
    project: Path
    chains: tuple[Chain, ...]
    traffic: Traffic
    ready_deadline: timedelta = timedelta(minutes=10)
