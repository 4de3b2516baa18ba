"""The Envio process of a belt: what it indexes, its heap, and its tuning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from belts.envio.change.word import WORD
from belts.reading.kinds import Choice, Flag, Numbers, PathTo, Port, Seconds, Section, Text, Texts, Whole
from belts.spec.credentials import Credentials
from belts.spec.part import Part
from belts.spec.relay import PROGRAM as RELAY
from belts.spec.relay import Relay

HEAP_PER_CHAIN_MB = 2_048
"""The default heap per chain.

The rule is ours: six chains died at Node's default heap and ran at 12,288 MB.
"""

MOST_SEEDS = 999_999_999

LEAST_HEAP_MB = 4_096
"""The default heap of a belt with one chain."""


class Profile(StrEnum):
    """What the indexer is tuned for: catching up with history, or following the head."""

    BACKFILL = "backfill"
    STEADY = "steady"
    AUTO = "auto"
    """`backfill` until it has settled at the heads, `steady` from then on."""


def heap_mb(chains: int) -> int:
    """The heap for this many chains if the stack does not set one."""
    return max(LEAST_HEAP_MB, HEAP_PER_CHAIN_MB * chains)


@dataclass(frozen=True, kw_only=True, slots=True)
class Indexer(Part):
    """Fields that may change while the belt serves do not make it another belt.

    Another project is judged by its content, which gives better reasons. `environment` is visible in diffs;
    secret variables are passed separately.
    """

    project: Annotated[
        Path,
        PathTo(
            "directory of the Envio project, from the project's directory; on a belt that holds data its "
            "[class](changes.md) says what a change of it comes to",
            what="the path of an Envio project",
            must="an Envio project",
            of_directory=True,
            live=True,
        ),
    ]
    config: Annotated[
        str,
        Text(
            "name of the Envio config in it; several belts may take different ones",
            what="the name of an Envio config",
            pattern=r"(?!\.\.?$)[^/]+",
            live=True,
        ),
    ] = "config.yaml"
    digest: Annotated[str, Text(live=True)]
    chains: Annotated[tuple[int, ...], Numbers()]
    relay: Annotated[Relay | None, Section(live=True)] = None
    port: Annotated[int, Port("port of the indexer's metrics, on 127.0.0.1", live=True)]
    heap_mb: Annotated[
        int,
        Whole("the indexer's heap; see below", of="MiB", least=128, live=True, rule="by the rule"),
    ]
    profile: Annotated[
        Profile,
        Choice(
            "`backfill`, to catch up: Postgres writes less to the disk (`wal_compression`) for some more of "
            "the processor; `steady`, to follow the head; or `auto`, the one until all chains have been at "
            "their heads for ten minutes, and the other from there on. Under any, a commit is on the disk "
            "before the indexer goes on",
            words=Profile,
            live=True,
        ),
    ] = Profile.BACKFILL
    environment: Annotated[
        Mapping[str, str],
        Texts(
            "a map of environment variables for the indexer, visible in diffs: RPC URLs without keys",
            key="env",
            live=True,
        ),
    ] = field(default_factory=dict)
    seed_deadline: Annotated[
        timedelta,
        Seconds("how long the indexer may take until its chain table holds every chain", least=5, live=True),
    ] = timedelta(minutes=3)
    exposes_every_belt: Annotated[
        bool,
        Flag(
            "whether the indexer may run as root, with every secret of the host, where root can give it "
            "neither a user of its own nor Landlock; where it can, this changes nothing",
            live=True,
        ),
    ] = False
    forward_only: Annotated[
        str | None,
        Text(
            "the word for a change of handler code, as a refused `pulumi preview` gives it: the belt goes on "
            "with the new code, and its rows stay as the old code made them; see [changes](changes.md)",
            what="the word for a change, as a refused preview gives it",
            pattern=WORD,
            key="forwardOnly",
            live=True,
            top=True,
        ),
    ] = None
    smaller_heap: Annotated[
        str | None,
        Text(
            "the word for less heap than the rule while the belt serves or soaks, as a refused "
            "`pulumi preview` gives it",
            what="the word for a smaller heap, as a refused preview gives it",
            pattern=r"heap-[0-9a-f]{12}",
            key="smallerHeap",
            live=True,
            top=True,
        ),
    ] = None
    seed: Annotated[
        int,
        Whole(
            "raising it throws all rows away and seeds the belt anew: only while it neither serves, nor "
            "soaks, nor is read; lowering it is refused; see [changes](changes.md)",
            most=MOST_SEEDS,
            top=True,
        ),
    ] = 1
    credentials: Credentials = 1

    @property
    def programs(self) -> tuple[str, ...]:
        """The relay, which fronts its providers, comes up before it."""
        return ("indexer",) if self.relay is None else (RELAY, "indexer")

    @property
    def memory_mb(self) -> int:
        return self.heap_mb + (0 if self.relay is None else self.relay.memory_mb)
