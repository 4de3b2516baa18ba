"""Where the gate looks: at the serving belt, at the candidate, and at the alias that consumers use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from belts.runtimes.cost import Census
from belts.runtimes.relayed import Relayed
from gate.secret import Address, Secret


class Side(StrEnum):
    """Which of the two belts."""

    SERVING = "serving"
    CANDIDATE = "candidate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """The doors of one belt; a door that is not given is `None`.

    `database` is the whole connection URL, so it is a secret as a whole. `dial` is where a gateway would send
    consumers, if that is not the host and port of `graphql`. `journal` is the file in which the gateway on
    the belt's host records how far it is. `sources` is what the belt indexes each chain from according to its
    host; `None` if unknown.
    """

    graphql: Address
    admin_secret: Secret | None = None
    database: Secret | None = None
    metrics: Address | None = None
    dial: str | None = None
    journal: Path | None = None
    sources: Mapping[int, tuple[Address, ...]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hosted:
    """The place that knows the belts beside the candidate, and its names for the two of this run."""

    census: Callable[[], Census]
    relayed: Callable[[], Relayed | None]
    """What the candidate's relay reports."""
    candidate: str
    serving: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """Both belts and the alias; `serving` is `None` for the very first alias, which the file has to state.

    `hosted` is the place where the belts run; `None` if only URLs are given. `unled` means that the alias
    leads nowhere yet, and the serving belt is the one that served until its gateway ended.
    """

    serving: Belt | None
    candidate: Belt
    alias: Address | None = None
    unled: bool = False
    hosted: Hosted | None = None

    def belt(self, side: Side) -> Belt | None:
        """The belt on one side."""
        return self.serving if side is Side.SERVING else self.candidate
