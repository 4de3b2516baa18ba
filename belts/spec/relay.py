"""The relay of a belt, between its indexer and the providers of its chains."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from belts.reading.kinds import Port, Whole

PROGRAM = "relay"


@dataclass(frozen=True, kw_only=True, slots=True)
class Relay:
    """How often a belt's providers may be asked, by all processes of this belt together."""

    memory_mb: ClassVar[int] = 128
    port: Annotated[
        int,
        Port(
            "a [relay](relay.md) stands between the indexer and the RPCs of its chains, and listens on this "
            "port of 127.0.0.1; without it the indexer asks them itself, as often as it likes",
            live=True,
        ),
    ]
    requests_per_second: Annotated[
        int,
        Whole(
            "calls a second that each provider may be asked for this belt, those of its prover among them; "
            "each call of a batch counts",
            of="calls a second",
            most=100_000,
            live=True,
        ),
    ]
