"""What the chains say is in the candidate."""

from typing import Any

import pytest

from gate.checks.ground_truth import judge
from gate.observations import Unobserved
from gate.observations.rows import Value
from gate.observations.truth import BlocksSeen, ProviderSeen, Truth
from gate.outcome import Outcome
from gate.policy.model import Policy
from tests.unit.gate.core.builders import (
    chain,
    chain_seen,
    contract_seen,
    golden_seen,
    ground_truth,
    log,
    outcomes,
    policy,
    seen,
    truth,
    unobserved,
    window_seen,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


def says(**changes: Any) -> Policy:
    """A policy of one chain."""
    return policy(chains=(chain(1, **changes),), ground_truth=(ground_truth(1),))


def provider(**changes: Any) -> ProviderSeen:
    fields: dict[str, Any] = {
        "address": "https://a.example",
        "provider": "a",
        "independent": True,
        "chain": 1,
    }
    return ProviderSeen(**{**fields, **changes})


def of_golden(**changes: Any) -> Truth:
    return truth(chain_seen(1, contracts=(contract_seen(goldens=(golden_seen(**changes),)),)))


def of_window(**changes: Any) -> Truth:
    return truth(chain_seen(1, contracts=(contract_seen(windows=(window_seen(), window_seen(**changes))),)))


WRONG = Value(column="value", serving="7", candidate="8")


def of_blocks(blocks: BlocksSeen | Unobserved) -> Truth:
    return truth(chain_seen(1, blocks=blocks))


@pytest.mark.parametrize(
    ("part", "told", "outcome", "said"),
    [
        ("providers", truth(chain_seen(1)), PASSED, ""),
        ("providers", truth(chain_seen(1, providers=(provider(chain=5),))), FAILED, "it serves chain 5"),
        (
            "providers",
            truth(chain_seen(1, providers=(provider(), provider(chain=5, independent=False)))),
            FAILED,
            "it serves chain 5",
        ),
        (
            "providers",
            truth(chain_seen(1, providers=(provider(independent=False),))),
            UNTOLD,
            "none of 1 can be used",
        ),
        ("providers", truth(chain_seen(1, providers=(provider(chain=unobserved()),))), UNTOLD, "none of 1"),
        ("providers", truth(chain_seen(1, providers=(provider(chain=unobserved()), provider()))), PASSED, ""),
        ("goldens", of_golden(), PASSED, ""),
        ("goldens", of_golden(log=None), FAILED, "chain 1 has no log 0"),
        ("goldens", of_golden(log=unobserved("pruned")), UNTOLD, "pruned"),
        ("goldens", of_golden(log=log(address="0x" + "00" * 20)), FAILED, "is not Transfer"),
        ("goldens", of_golden(log=log(topics=("0x00",))), FAILED, "is not Transfer"),
        ("goldens", of_golden(row=False), FAILED, "no row 1_7_0, although it is among the raw events"),
        ("goldens", of_golden(row=False, raw=False), FAILED, "has no row 1_7_0"),
        ("goldens", of_golden(row=unobserved("denied")), UNTOLD, "denied"),
        ("goldens", of_golden(wrong=(WRONG,)), FAILED, "value is 8, not 7"),
        (
            "goldens",
            truth(chain_seen(1, new=True, contracts=(contract_seen(goldens=()),))),
            UNTOLD,
            "names none",
        ),
        ("goldens", truth(chain_seen(1, contracts=(contract_seen(goldens=()),))), PASSED, ""),
        ("windows", of_window(), PASSED, ""),
        ("windows", of_window(missing=("1_8_0",)), FAILED, "1 of 3 logs have no row: 1_8_0"),
        ("windows", of_window(unknown=("log 3 of block 8",)), FAILED, "1 events are not on the chain"),
        (
            "windows",
            of_window(wrong=("1_8_0: value is 8, the log says 7",)),
            FAILED,
            "1 values are not the log's",
        ),
        ("windows", of_window(dispute="a and b differ"), FAILED, "a and b differ"),
        ("windows", of_window(logs=unobserved("gone")), UNTOLD, "gone"),
        ("windows", of_window(proof=unobserved("one alone")), UNTOLD, "one alone"),
        ("windows", of_window(proof=unobserved("one alone"), missing=("1_8_0",)), FAILED, "no row"),
        ("windows", of_window(missing=unobserved("denied")), UNTOLD, "denied"),
        ("windows", truth(chain_seen(1, contracts=(contract_seen(windows=()),))), UNTOLD, "no window"),
        (
            "windows",
            truth(chain_seen(1, contracts=(contract_seen(windows=unobserved("young")),))),
            UNTOLD,
            "young",
        ),
        ("windows", truth(chain_seen(1, contracts=())), UNTOLD, "names no contract"),
        ("windows", of_blocks(BlocksSeen(compared=9)), PASSED, ""),
        (
            "windows",
            of_blocks(BlocksSeen(compared=9, forked=("block 8 is 0xab",))),
            FAILED,
            "1 of 9 are of a fork",
        ),
        ("windows", of_blocks(unobserved("no such block")), UNTOLD, "no such block"),
        ("windows", truth(chain_seen(2)), UNTOLD, "nothing looked at that chain"),
    ],
)
def test_a_case(part: str, told: Truth, outcome: Outcome, said: str) -> None:
    """What is wrong refuses; what cannot be proved is not told; the words name it."""
    finding = judge(seen(truth=told), says())
    assert outcomes(finding).get(part, UNTOLD) is outcome
    assert said in words(finding)


def test_nobody_could_look() -> None:
    """Nothing is told of any part."""
    assert set(outcomes(judge(seen(truth=unobserved()), says())).values()) == {UNTOLD}


def test_the_seed_is_shown() -> None:
    """A window that refuses can be drawn again."""
    finding = judge(seen(truth=of_window(missing=("1_8_0",))), says())
    assert any("drawn with seed 42" in line for point in finding.points for line in point.evidence)
