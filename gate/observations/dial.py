"""What answers where a gateway would send consumers, beside what answers at the candidate's own URL."""

from dataclasses import dataclass
from enum import Enum

from gate.observations.progress import Progress
from gate.observations.unobserved import NOT_LOOKED, Unobserved


class Sealed(Enum):
    """What the seal on an answer says."""

    FITS = "by its seal it is the belt"
    NONE = "an answer without a seal"
    STRANGE = "an answer with the seal of another belt, or of another question"
    SILENT = "no answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Between:
    """One belt's chains right before something was looked at, and right after."""

    before: Progress
    after: Progress

    def holds(self, shown: Progress) -> bool:
        """Whether what was shown meanwhile may be this belt's: no chain more or less, no height beyond."""
        if not self.before.ids <= shown.ids <= self.after.ids:
            return False
        spans = ((row.height or -1, *self.span(row.chain)) for row in shown.chains)
        return all(least <= height <= most for height, least, most in spans)

    def span(self, chain: int) -> tuple[int, int]:
        """Between which heights a chain was meanwhile: a reorganisation takes it back, and others with it."""
        rows = self.before.of(chain), self.after.of(chain)
        heights = [row.height or -1 if row else -1 for row in rows]
        return min(heights), max(heights)


@dataclass(frozen=True, kw_only=True, slots=True)
class DialSeen:
    """The address that a gateway dials, `None` where that is the candidate's URL, as nobody gave another.

    Where neither address seals, the chains `shown` at the dial are told by those of both belts.
    """

    dial: str | None = None
    dialled: Sealed = Sealed.SILENT
    graphql: Sealed = Sealed.SILENT
    same_address: bool = False
    shown: Progress | Unobserved = NOT_LOOKED
    candidate: Between | Unobserved = NOT_LOOKED
    serving: Between | Unobserved | None = None
