"""Where the gate looks: at the serving belt, at the candidate, and at the alias that consumers use."""

from dataclasses import dataclass
from enum import StrEnum

from gate.secret import Address, Secret


class Side(StrEnum):
    """Which of the two belts."""

    SERVING = "serving"
    CANDIDATE = "candidate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """The doors of one belt; a door that is not given is `None`.

    `database` is the whole connection URL, so it is a secret as a whole.
    """

    graphql: Address
    admin_secret: Secret | None = None
    database: Secret | None = None
    metrics: Address | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """Both belts and the alias; `serving` is `None` for the first alias of all, and the file says so."""

    serving: Belt | None
    candidate: Belt
    alias: Address | None = None

    def belt(self, side: Side) -> Belt | None:
        """The belt on one side."""
        return self.serving if side is Side.SERVING else self.candidate
