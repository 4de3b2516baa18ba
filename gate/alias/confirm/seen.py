"""The result of another look at a candidate: an outcome and a description."""

from collections.abc import Iterable
from dataclasses import dataclass

from gate.observations.unobserved import Cause, Unobserved
from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The worst outcome; the words say what blocks the move, or what was checked.

    `advice` is what to do about it, if known.
    """

    outcome: Outcome
    words: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The words in one line."""
        return "; ".join(self.words) or self.outcome.words


def worst(tellings: Iterable[Seen]) -> Seen:
    """Combines results into one, with all words of those that decide the outcome."""
    found = tuple(tellings)
    outcome = max((told.outcome for told in found), default=Outcome.COULD_NOT_TELL)
    words = tuple(word for told in found if told.outcome is outcome for word in told.words)
    advice = dict.fromkeys(word for told in found if told.outcome is outcome for word in told.advice)
    return Seen(
        outcome=outcome, words=words or ("nothing was looked at",) * (not found), advice=tuple(advice)
    )


def either(tellings: Iterable[Seen]) -> Seen:
    """Combines several ways to check one thing, none of which failed: one that passed is enough."""
    found = tuple(tellings)
    shown = tuple(told for told in found if told.outcome is Outcome.PASSED)
    return worst(shown or found)


def passed(*words: str) -> Seen:
    """The result of a check that passed."""
    return Seen(outcome=Outcome.PASSED, words=words)


def failed(*words: str) -> Seen:
    """The result of a check that failed."""
    return Seen(outcome=Outcome.FAILED, words=words)


def untold(*words: str, advice: str = "") -> Seen:
    """The result of a check that could not be made."""
    return Seen(outcome=Outcome.COULD_NOT_TELL, words=words, advice=(advice,) if advice else ())


def unread(words: str, why: Unobserved) -> Seen:
    """The result if something could not be read; if time ran out, the advice is to allow more."""
    late = why.cause is Cause.DEADLINE
    return untold(f"{words}: {why.reason}", advice="raise `deadline` in the policy" if late else why.advice)
