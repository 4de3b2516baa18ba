"""What an operator is told to do about something that was not seen."""

from gate.checks.content import ROWS
from gate.checks.wording import ADVICE, unseen
from gate.observations import Cause, Unobserved


def test_the_advice_of_who_looked_goes_before_that_of_the_cause() -> None:
    """Whoever could not look knows best what to do about it."""
    own = Unobserved(reason="no key", cause=Cause.UNDECIDABLE, advice="Give it a key")
    assert unseen(ROWS, own, expected="rows").advice.startswith("Give it a key, or accept `content.rows`")
    plain = Unobserved(reason="no key", cause=Cause.UNDECIDABLE)
    assert unseen(ROWS, plain, expected="rows").advice.startswith(ADVICE[Cause.UNDECIDABLE])


def test_every_cause_has_an_advice() -> None:
    """No reason comes without a next step, and none sends the reader back to the reason."""
    assert ADVICE.keys() == set(Cause)
    assert not [words for words in ADVICE.values() if "reason says" in words]
