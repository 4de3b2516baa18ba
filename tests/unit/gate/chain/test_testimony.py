"""Which of two belts is wrong by the chain's word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.endpoints import Side
from gate.probes.truth.testimony import words

OLD, NEW = "0x01", "0x02"
LOGS = frozenset({(0, OLD), (1, OLD), (2, NEW), (3, "0x09")})
BOTH = {Side.SERVING: {OLD}, Side.CANDIDATE: {OLD, NEW}}


@pytest.mark.parametrize(
    ("serving", "candidate", "said"),
    [
        ({(0, OLD), (1, OLD)}, {(0, OLD)}, "the candidate is wrong: it lacks log 1"),
        ({(0, OLD)}, {(0, OLD), (1, OLD)}, "the serving belt is wrong: it lacks log 1"),
        ({(0, OLD)}, {(0, OLD), (7, OLD)}, "the candidate is wrong: it has log 7 more"),
        ({(0, OLD)}, {(0, OLD)}, ""),
    ],
)
def test_the_wrong_belt(serving: set[tuple[int, str]], candidate: set[tuple[int, str]], said: str) -> None:
    """The chain decides, log by log."""
    events = {Side.SERVING: frozenset(serving), Side.CANDIDATE: frozenset(candidate)}
    meant = LOGS & (events[Side.SERVING] | events[Side.CANDIDATE])
    assert words(events, BOTH, logs=LOGS, meant=meant) == said


def test_a_contract_that_one_belt_does_not_index() -> None:
    """The serving belt is not blamed for logs of the candidate's new contract; that it has none is said."""
    old = frozenset({(0, OLD), (1, OLD)})
    events = {Side.SERVING: old, Side.CANDIDATE: old | {(2, NEW)}}
    said = words(events, BOTH, logs=LOGS, meant=old | {(2, NEW)})
    assert said == f"the serving belt has no event of {NEW} on this chain at all"


SIDES = st.frozensets(st.tuples(st.integers(0, 5), st.sampled_from([OLD, NEW])))


@given(SIDES, SIDES, SIDES)
def test_no_belt_that_holds_what_the_chain_has_is_blamed(
    logs: frozenset[tuple[int, str]],
    serving: frozenset[tuple[int, str]],
    candidate: frozenset[tuple[int, str]],
) -> None:
    """A belt is called wrong exactly if it lacks a log of a contract of its own, or has one too many."""
    events = {Side.SERVING: serving, Side.CANDIDATE: candidate}
    indexed = {side: {address for _, address in held} for side, held in events.items()}
    meant = logs & (serving | candidate)
    said = words(events, indexed, logs=logs, meant=meant)
    for side, name in ((Side.SERVING, "the serving belt"), (Side.CANDIDATE, "the candidate")):
        right = events[side] <= logs and {log for log in meant if log[1] in indexed[side]} <= events[side]
        assert (f"{name} is wrong" in said) is not right
