"""Local chains with traffic, indexed by development and the demo."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from belts.reading.kinds import Flag, Interval, PathTo, Port, Seconds, Section, Whole
from belts.spec.part import Part
from belts.spec.runtime import Runtime

MEMORY_MB_OF_A_CHAIN = 128
TRAFFIC = "traffic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """One local chain: its id, its port, and its block time."""

    id: Annotated[int, Whole("the id that the chain claims", what="a chain's id", most=2**53)]
    port: Annotated[int, Port("port of its RPC endpoint, on 127.0.0.1")]
    block_time: Annotated[
        timedelta | None,
        Interval(
            "seconds between blocks, with or without a fraction; left out, each transaction makes a block"
        ),
    ] = None

    @property
    def program(self) -> str:
        return f"chain-{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """The events on the chains: a history determined by a seed, then live ones."""

    project: Annotated[
        Path,
        PathTo(
            "directory of the package that makes the traffic",
            what="the path of the program that makes traffic",
            must="a directory",
            of_directory=True,
            otherwise="examples",
        ),
    ]
    seed: Annotated[int, Whole("the same seed makes the same past")] = 7
    events: Annotated[
        int, Whole("events in the past of all chains together", of="events", least=100, most=100_000_000)
    ] = 212_000
    ready_deadline: Annotated[timedelta, Seconds("how long making the past may take", least=5)] = timedelta(
        minutes=10
    )
    live: Annotated[bool, Flag()] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Chains(Part):
    """All chains of one stack, and their events."""

    chains: Annotated[tuple[Chain, ...], Section()]
    traffic: Annotated[Traffic, Section()]

    @property
    def programs(self) -> tuple[str, ...]:
        return (*(chain.program for chain in self.chains), *((TRAFFIC,) if self.traffic.live else ()))

    @property
    def memory_mb(self) -> int:
        return MEMORY_MB_OF_A_CHAIN * len(self.chains)


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalChains:
    """The chains, and where they run."""

    name: str
    root: Path
    chains: Chains
    runtime: Runtime = Runtime.PROCESS
    adopt: str | None = None

    @property
    def parts(self) -> Mapping[str, Any]:
        """One part: all chains are created and removed together."""
        return {"chains": self.chains}
