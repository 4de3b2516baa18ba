"""What answers where a gateway would send consumers, and what answers at the candidate's own URL."""

from dataclasses import dataclass
from enum import Enum

from gate.observations.progress import Progress
from gate.observations.unobserved import NOT_LOOKED, Unobserved


class Sealed(Enum):
    """The result of checking the seal on an answer."""

    FITS = "by its seal it is the belt"
    NONE = "an answer without a seal"
    STRANGE = "an answer with the seal of another belt, or of another question"
    SILENT = "no answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Between:
    """One belt's chains right before and right after something was observed."""

    before: Progress
    after: Progress

    def holds(self, shown: Progress) -> bool:
        """True if what was shown in between may be this belt's: the same chains, no height out of range."""
        if not self.before.ids <= shown.ids <= self.after.ids:
            return False
        spans = ((row.height or -1, *self.span(row.chain)) for row in shown.chains)
        return all(least <= height <= most for height, least, most in spans)

    def span(self, chain: int) -> tuple[int, int]:
        """The range of a chain's height in between; a reorganisation may lower it."""
        rows = self.before.of(chain), self.after.of(chain)
        heights = [row.height or -1 if row else -1 for row in rows]
        return min(heights), max(heights)


@dataclass(frozen=True, kw_only=True, slots=True)
class DialSeen:
    """The address that a gateway dials, `None` if it is the candidate's URL because no other was given.

    If neither address has a seal, the chains `shown` at the dial are compared with those of both belts.
    """

    dial: str | None = None
    dialled: Sealed = Sealed.SILENT
    graphql: Sealed = Sealed.SILENT
    same_address: bool = False
    shown: Progress | Unobserved = NOT_LOOKED
    candidate: Between | Unobserved = NOT_LOOKED
    serving: Between | Unobserved | None = None
