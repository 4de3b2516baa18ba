"""What one more look at a candidate tells, in an outcome and in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from gate.observations.unobserved import Cause, Unobserved
from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The worst of what was seen; the words say what stands in the way, or what was looked at.

    `advice` is what to do about that where it is known.
    """

    outcome: Outcome
    words: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The words in one line."""
        return "; ".join(self.words) or self.outcome.words


def worst(tellings: Iterable[Seen]) -> Seen:
    """All of them in one: of those that decide the outcome, every word."""
    found = tuple(tellings)
    outcome = max((told.outcome for told in found), default=Outcome.COULD_NOT_TELL)
    words = tuple(word for told in found if told.outcome is outcome for word in told.words)
    advice = dict.fromkeys(word for told in found if told.outcome is outcome for word in told.advice)
    return Seen(
        outcome=outcome, words=words or ("nothing was looked at",) * (not found), advice=tuple(advice)
    )


def either(tellings: Iterable[Seen]) -> Seen:
    """Looks at one thing in several ways, none of which failed: what one of them has shown is shown."""
    found = tuple(tellings)
    shown = tuple(told for told in found if told.outcome is Outcome.PASSED)
    return worst(shown or found)


def passed(*words: str) -> Seen:
    """What was to be seen was seen."""
    return Seen(outcome=Outcome.PASSED, words=words)


def failed(*words: str) -> Seen:
    """Something is wrong, by what was seen."""
    return Seen(outcome=Outcome.FAILED, words=words)


def untold(*words: str, advice: str = "") -> Seen:
    """Something could not be seen."""
    return Seen(outcome=Outcome.COULD_NOT_TELL, words=words, advice=(advice,) if advice else ())


def unread(words: str, why: Unobserved) -> Seen:
    """Something could not be read: where time ran out, more of it may help, and nothing else does."""
    late = why.cause is Cause.DEADLINE
    return untold(f"{words}: {why.reason}", advice="raise `deadline` in the policy" if late else why.advice)
