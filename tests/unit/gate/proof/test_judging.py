"""What the gate says of the whole history, from what was seen of it."""

from dataclasses import replace
from typing import Any

import pytest

from gate.checks.ground_truth import judge
from gate.checks.history import HISTORY, points, summary, words_of
from gate.observations import Observations, Unobserved
from gate.observations.history import (
    ChainHistory,
    ChainUnproved,
    Difference,
    EntityHistory,
    History,
    OpenRange,
    Unlike,
    Young,
)
from gate.observations.unobserved import Cause
from gate.outcome import Outcome
from gate.policy.proof import Extent
from tests.unit.gate.core.builders import policy, seen, unobserved

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED

GONE = Difference(chain=1, entity="Transfer", kind=Unlike.MISSING, key="1_7_3", block=7, log_index=3)
ENTITY = EntityHistory(
    entity="Transfer", events=("Transfer() of 0xaa",), columns=("id", "value"), logs=5_000, rows=5_000
)
CHAIN = ChainHistory(
    chain=1,
    first=10,
    height=900,
    wanted=900,
    reached=950,
    known=900,
    logs=5_000,
    ranges=2,
    entities=(ENTITY,),
    providers=("a.example",),
    again=1,
)


def chain(**changes: Any) -> History:
    return History(chains=(replace(CHAIN, **changes),))


def entity(**changes: Any) -> History:
    return chain(entities=(replace(ENTITY, **changes),))


def young(**changes: Any) -> History:
    return chain(young=replace(Young(first=901, last=950, left=0, logs=12), **changes))


def of(history: History | Unobserved) -> tuple[Outcome, str]:
    """The outcome, and all that is said."""
    found = list(points(history, policy()))
    words = " ".join((point.observed + " " + " ".join(point.evidence) + point.advice) for point in found)
    return max(point.outcome for point in found), words


@pytest.mark.parametrize(
    ("history", "outcome", "said"),
    [
        (chain(), PASSED, "chain 1: 5,000 logs of blocks 10 to 900, all, each with its row"),
        (History(sampled=True), PASSED, "not proved: the policy chooses `proof: sampling`"),
        (History(), UNTOLD, "no chain was looked at"),
        (unobserved(), UNTOLD, ""),
        (unobserved(cause=Cause.DEADLINE), UNTOLD, "Run `python -m gate prove --endpoints FILE"),
        (History(chains=(ChainUnproved(chain=1, why=unobserved()),)), UNTOLD, ""),
        (
            chain(open=(OpenRange(first=10, last=19, reason="gone"),)),
            UNTOLD,
            "10 blocks are open; blocks 10 to",
        ),
        (chain(reached=965), UNTOLD, "the last final block is 900, 65 blocks below the candidate's 965"),
        (chain(reached=9_000, behind=3_601), UNTOLD, "8,100 blocks and"),
        (chain(reached=9_000, behind=3_600), PASSED, "all, each with its row"),
        (chain(height=899), UNTOLD, "up to block 899"),
        (chain(height=-1, wanted=-1), UNTOLD, "up to block 0"),
        (chain(disputes=("a gives more than before",)), UNTOLD, "a gives more than before"),
        (chain(strange=("2 contracts are not indexed",)), UNTOLD, "2 contracts are not indexed"),
        (chain(entities=()), UNTOLD, "no event of it is looked at"),
        (entity(unread=unobserved()), UNTOLD, ""),
        (entity(logs=0, rows=0), UNTOLD, "nobody ever emitted Transfer() of 0xaa"),
        (entity(strange=("9 rows are of chain 5",)), UNTOLD, "9 rows are of chain 5"),
        (entity(ranges=1, rows=4_999, doubt="a alone says so"), UNTOLD, "but a alone says so"),
        (
            entity(ranges=1, rows=4_999, differences=(GONE,), confirmed="a and the receipts root of block 7"),
            FAILED,
            "chain 1, block 7, log 3: missing, 1_7_3 of Transfer has no row",
        ),
        (chain(rooted=True), PASSED, "each block with its receipts root"),
    ],
)
def test_a_case(history: History | Unobserved, outcome: Outcome, said: str) -> None:
    """Each ends as it should, in words that name it."""
    found, words = of(history)
    assert found is outcome
    assert said in words


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": Unlike.INVENTED}, "chain 1, block 7, log 3: invented, 1_7_3 of Transfer is no log"),
        ({"kind": Unlike.INVENTED, "block": None, "log_index": None}, "chain 1: invented"),
        (
            {"kind": Unlike.CHANGED, "column": "value", "told": "7", "held": "8"},
            "chain 1, block 7, log 3: changed argument, value of 1_7_3 is “8”, the log says “7”",
        ),
    ],
)
def test_a_difference(changes: dict[str, Any], said: str) -> None:
    """With chain, block, log index and kind."""
    assert words_of(replace(GONE, **changes)).startswith(said)


def test_the_summary() -> None:
    """How many logs of how many chains, and whether that is all."""
    assert summary(History(chains=(CHAIN, replace(CHAIN, chain=10)))) == "2 chains, 10,000 logs, all"
    assert summary(chain(height=5)) == "1 chain, 5,000 logs, not all"
    assert summary(History(sampled=True)) == summary(unobserved()) == ""


def whole(**changes: Any) -> Observations:
    return seen(**({"history": chain()} | changes))


def test_the_whole_decides_where_it_is_asked_for() -> None:
    """No window is drawn then; where nobody looked at the history, nobody can tell."""
    asked = policy(proof=Extent.WHOLE)
    assert judge(whole(), asked).outcome is PASSED
    assert judge(whole(), asked).summary == "1 chain, 5,000 logs, all"
    assert judge(whole(history=unobserved()), asked).outcome is UNTOLD
    assert judge(whole(history=entity(ranges=1, confirmed="b", differences=(GONE,))), asked).outcome is FAILED


def test_it_is_core() -> None:
    """Nobody may accept it undecided; who cannot prove it says that samples are enough."""
    assert not HISTORY.acceptable
    assert "proof: sampling" in HISTORY.without


@pytest.mark.parametrize("other", [None, "1-7-3"])
def test_the_form_of_keys(other: str | None) -> None:
    """Where rows have keys of another form, both forms are shown before anybody seeds afresh."""
    found = (GONE, *([replace(GONE, kind=Unlike.INVENTED, key=other)] if other else []))
    outcome, words = of(entity(ranges=1, differences=found, confirmed="the receipts root of block 7"))
    assert outcome is FAILED
    assert ("calls for keys such as “1_7_3”, and Transfer has rows such as “1-7-3”" in words) is bool(other)
    assert "seed the candidate afresh" in words


def test_values_that_look_alike() -> None:
    """A blank at the end of a value is seen, and a long value is cut around what differs."""
    changed = replace(GONE, kind=Unlike.CHANGED, column="pair", told="EUR/USD", held="EUR/USD ")
    assert words_of(changed).endswith("pair of 1_7_3 is “EUR/USD\\x20”, the log says “EUR/USD”")


@pytest.mark.parametrize(
    ("history", "outcome", "said"),
    [
        (young(), PASSED, "12 logs by their blocks' hashes, each with its row"),
        (young(left=7), PASSED, "the last 7 blocks were not asked for"),
        (young(undone=1), PASSED, "1 block differs that does not stand on both sides"),
        (young(why=unobserved()), PASSED, "nothing is proved: nobody answered"),
        (young(differences=(GONE,), confirmed="a receipts root"), FAILED, "not final yet and stands"),
        (young(differences=(GONE,), doubt="a.example alone says so"), UNTOLD, "alone says so"),
    ],
)
def test_what_is_not_final_yet(history: History, outcome: Outcome, said: str) -> None:
    """What is wrong in a block that stands is refused; what may be undone is said."""
    found, words = of(history)
    assert found is outcome
    assert said in words
