"""The ledger itself refuses to promote a belt that was seen to be wrong, whoever asks it."""

from collections.abc import Iterator

import pytest

from gate.ledger import Author, Ledger, LedgerRefused, Look, Result
from tests.live.gate.ledgers import opened
from tests.live.gate.verdicts import POLICY, passed, promotion, report

pytestmark = pytest.mark.live

BLUE, GREEN, FRESH = "b" * 64, "9" * 64, "f" * 64
WRONG = Look(outcome="failed", told="Transfer has lost 1,691 rows")


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """Blue serves, and green was promoted over it, was wrong, and left again."""
    with opened(database, Author(gateway="gateway", stack="production", who="ada")) as ledger:
        promote(ledger, "blue", BLUE)
        promote(ledger, "green", GREEN, look=WRONG, over=BLUE)
        yield ledger


def promote(
    ledger: Ledger,
    belt: str,
    identity: str,
    *,
    over: str | None = None,
    lifted: str | None = None,
    look: Look | None = None,
) -> None:
    verdict = passed(
        belt,
        identity,
        serving="another" if over else None,
        serving_identity=over,
        report=report(POLICY) | {"lifted": lifted},
    )
    ledger.record_verdict(verdict)
    ledger.end(ledger.begin(promotion(verdict)), Result.SERVED, "it answers", look)


def test_a_belt_that_was_wrong(ledger: Ledger) -> None:
    """The bar is known by the move, and only a verdict that lifts that very bar may be used."""
    bar = ledger.bar(GREEN)
    assert bar is not None
    assert (bar.name, bar.told) == ("green-2", WRONG.told)
    promote(ledger, "blue", FRESH, over=GREEN)
    for lifted in (None, "green-1", "green", "blue-2"):
        with pytest.raises(LedgerRefused, match="barred from promotion"):
            promote(ledger, "green", GREEN, over=FRESH, lifted=lifted)
    promote(ledger, "green", GREEN, over=FRESH, lifted="green-2")
    assert ledger.bar(GREEN) == bar


def test_a_second_bar(ledger: Ledger) -> None:
    """A belt that is wrong again has another bar: the one that was lifted does not count for it."""
    promote(ledger, "blue", FRESH, over=GREEN)
    promote(ledger, "green", GREEN, over=FRESH, lifted="green-2", look=WRONG)
    promote(ledger, "blue", BLUE, over=GREEN)
    with pytest.raises(LedgerRefused, match="barred from promotion"):
        promote(ledger, "green", GREEN, over=BLUE, lifted="green-2")
    promote(ledger, "green", GREEN, over=BLUE, lifted="green-4")


@pytest.mark.parametrize("outcome", ["passed", "could not tell"])
def test_what_bars_nobody(ledger: Ledger, outcome: str) -> None:
    """Neither a look that passed, nor one that could not tell, nor one at another belt."""
    promote(ledger, "blue", FRESH, over=GREEN, look=Look(outcome=outcome, told="it"))
    assert ledger.bar(FRESH) is None
    assert ledger.bar(BLUE) is None


def test_a_look_is_one_of_three(ledger: Ledger) -> None:
    """Anything else is refused, and so are words without an outcome."""
    with pytest.raises(LedgerRefused):
        promote(ledger, "blue", FRESH, over=GREEN, look=Look(outcome="fine", told="it"))


def test_history_shows_it(ledger: Ledger) -> None:
    """The newest move tells what was seen right after it."""
    last = ledger.last()
    assert last is not None
    assert (last.look, last.told) == ("failed", WRONG.told)
