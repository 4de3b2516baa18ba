"""When a wrong answer is proved, and when it is forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.probes.served.certain import _shuffled
from gate.probes.served.suspect import HALF, LOOKS, MORE, NONE, PROOF, Suspect


def after(*looks: int | None) -> Suspect:
    """What came of some looks: how far each proves it, `None` where it came as held."""
    suspect = Suspect()
    for proof in looks:
        if proof is None:
            suspect.right += 1
        else:
            suspect.otherwise(proof)
    return suspect


@pytest.mark.parametrize(
    ("looks", "wrong", "settled", "often"),
    [
        ([PROOF], True, False, ""),
        ([PROOF, None, None], True, True, "in 1 of 3 looks"),
        ([None, None, PROOF], True, True, "in 1 of 3 looks"),
        ([NONE, NONE], False, False, ""),
        ([NONE, NONE, NONE], True, True, ""),
        ([NONE, NONE, None], False, True, "in 2 of 3 looks"),
        ([HALF, None], False, False, "in 1 of 2 looks"),
        ([HALF, *[None] * MORE], False, False, f"in 1 of {MORE + 1} looks"),
        ([HALF, *[None] * MORE, None], False, True, f"in 1 of {MORE + 2} looks"),
        ([HALF, None, HALF], True, True, "in 2 of 3 looks"),
        ([None], False, True, "in 0 of 1 looks"),
    ],
)
def test_looks(looks: list[int | None], wrong: bool, settled: bool, often: str) -> None:
    """Once where nothing can have changed, twice where hardly, else in all of three."""
    found = after(*looks)
    assert (found.wrong, found.settled, found.often) == (wrong, settled, often)
    assert found.wrong + found.cleared + found.restless == 1


@given(st.lists(st.sampled_from([PROOF, HALF, NONE, None])))
def test_what_is_proved_stays(looks: list[int | None]) -> None:
    """No right answer takes back what was proved, and nothing is wrong that was never seen to be."""
    found = after(*looks)
    assert found.wrong + found.cleared + found.restless == 1, "what came of it is said in one way"
    assert found.wrong or PROOF not in looks
    assert not after(*looks, PROOF, *[None] * 2 * MORE).cleared
    if all(look is None for look in looks):
        assert not found.wrong
    if NONE in looks and None in looks and not {HALF, PROOF} & {*looks}:
        assert not found.wrong
    assert found.wrong or found.stood < LOOKS or None in looks


KEYS = [("a",), ("b",), ("c",)]


@pytest.mark.parametrize(
    ("given_", "shuffled"),
    [
        (KEYS, False),
        ([("x",), *KEYS[:2]], False),
        ([("x",), ("y",), ("z",)], False),
        ([KEYS[0], ("x",), KEYS[1]], False),
        ([], True),
        (KEYS[:2], True),
        (KEYS[1:], True),
        (KEYS[::-1], True),
        ([KEYS[0], KEYS[0], KEYS[1]], True),
        ([("x",), *KEYS[1:]], True),
    ],
)
def test_a_list_of_rows_that_stood(given_: list[tuple[str, ...]], shuffled: bool) -> None:
    """Rows that were there for a moment put others out at its end, and change nothing else."""
    assert _shuffled(KEYS, given_, most=3) is shuffled
