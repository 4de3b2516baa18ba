"""What the chains say is in the candidate."""

from typing import Any

import pytest

from gate.checks.ground_truth import judge
from gate.observations import Unobserved
from gate.observations.rows import Value
from gate.observations.truth import BeginningSeen, Below, BlocksSeen, LogSeen, ProviderSeen, Truth, WindowSeen
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


def of_windows(*windows: WindowSeen, **changes: Any) -> Truth:
    return truth(chain_seen(1, contracts=(contract_seen(windows=windows, **changes),)))


def of_start(earlier: LogSeen | Unobserved | None) -> Truth:
    begin = BeginningSeen(block=7, words="the contract's creation", code=True, started=50, earlier=earlier)
    return of_windows(window_seen(), beginning=begin)


def of_nothing(**changes: Any) -> Truth:
    return of_windows(window_seen(logs=0), **changes)


NEVER = BeginningSeen(block=0, words="", code=False, started=0)
CONTRACT = "0x" + "ab" * 20


@pytest.mark.parametrize(
    ("told", "advice"),
    [
        (of_nothing(beginning=NEVER), "There is no contract at"),
        (of_nothing(beginning=NEVER, contracts=(CONTRACT,)), f"Perhaps {CONTRACT}"),
        (of_nothing(events=("Approval",)), "but Approval: perhaps `event` is one of them"),
        (of_nothing(events=("Transfer",)), "check the argument types"),
        (of_nothing(contracts=(CONTRACT,)), f"that event of {CONTRACT}: perhaps `contract`"),
        (of_nothing(), "An event that nobody emits proves nothing"),
    ],
)
def test_what_a_typo_may_have_meant(told: Truth, advice: str) -> None:
    """No log in all windows is no proof, and says what the operator may have meant."""
    finding = judge(seen(truth=told), says())
    [point] = [one for one in finding.points if one.part.name == "windows"]
    assert point.outcome is UNTOLD
    assert advice in point.advice


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
        ("windows", of_window(missing=("1_8_0",)), FAILED, "1 of 3 logs has no row: 1_8_0"),
        ("windows", of_window(unknown=("log 3 of block 8",)), FAILED, "1 event is not on the chain"),
        (
            "windows",
            of_window(wrong=("1_8_0: value is 8, the log says 7",)),
            FAILED,
            "1 value is not the log's",
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
        ("windows", of_windows(window_seen(logs=0), searched=900), UNTOLD, "no such log in 200 blocks of 1"),
        ("windows", of_windows(window_seen(logs=0), window_seen()), PASSED, ""),
        ("windows", of_windows(window_seen(), beginning=unobserved("young")), PASSED, ""),
        ("windows", of_start(None), PASSED, ""),
        ("windows", of_start(log(block=17)), FAILED, "starts at block 50, and log 0 of block 17 lies before"),
        ("windows", of_start(unobserved("too long")), UNTOLD, "could not be asked for: too long"),
        ("windows", truth(chain_seen(1, below=Below(height=936, reached=1000))), PASSED, ""),
        ("windows", truth(chain_seen(1, below=Below(height=0, reached=1000, behind=3600))), PASSED, ""),
        (
            "windows",
            truth(chain_seen(1, below=Below(height=0, reached=1000, behind=3601))),
            UNTOLD,
            "the last final block is 0, 1,000 blocks and 60 min below the candidate's 1000",
        ),
        (
            "windows",
            truth(chain_seen(1, below=Below(height=935, reached=1000))),
            UNTOLD,
            "65 blocks below the candidate's 1000",
        ),
        ("blocks", of_blocks(BlocksSeen(compared=9)), PASSED, ""),
        ("blocks", of_blocks(BlocksSeen(received=9)), PASSED, ""),
        ("blocks", of_blocks(BlocksSeen()), UNTOLD, "remembers no block's hash"),
        ("blocks", of_blocks(BlocksSeen(received=1, strange=("block 8",))), UNTOLD, "no block's hash"),
        ("blocks", of_blocks(BlocksSeen(received=9, strange=("block 8",))), PASSED, ""),
        (
            "blocks",
            of_blocks(BlocksSeen(received=9, strange=("block 8",) * 9)),
            FAILED,
            "9 of 9 blocks of raw events are not its own",
        ),
        (
            "blocks",
            of_blocks(BlocksSeen(compared=9, disputed=("block 8 is 0xab",))),
            UNTOLD,
            "chain 1: block 8 is 0xab",
        ),
        (
            "blocks",
            of_blocks(BlocksSeen(compared=9, forked=("block 8 is 0xab",))),
            FAILED,
            "1 of 9 are of a fork",
        ),
        ("blocks", of_blocks(unobserved("no such block")), UNTOLD, "no such block"),
        (
            "providers",
            truth(chain_seen(1, sources=(provider(chain=10),))),
            FAILED,
            "it says that it serves chain 10",
        ),
        ("providers", truth(chain_seen(1, sources=(provider(chain=unobserved()),))), PASSED, ""),
        ("windows", truth(chain_seen(2)), UNTOLD, "nothing looked at that chain"),
    ],
)
def test_a_case(part: str, told: Truth, outcome: Outcome, said: str) -> None:
    """What is wrong refuses; what cannot be proved is not told; the words name it."""
    finding = judge(seen(truth=told), says())
    assert outcomes(finding).get(part, UNTOLD) is outcome
    assert said in words(finding)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (of_windows(window_seen(logs=0), window_seen()), "3 logs in 2 windows of 400 blocks"),
        (of_windows(window_seen()), "each with its row; compared: value, block"),
        (of_blocks(BlocksSeen(compared=9)), "9 blocks have the chain's own hashes"),
        (of_blocks(BlocksSeen(received=9, strange=("block 8",))), "1 more were undone"),
    ],
)
def test_what_passed_says_what_was_compared(told: Truth, said: str) -> None:
    points = judge(seen(truth=told), says()).points
    assert any(said in point.observed for point in points if point.outcome is PASSED)


@pytest.mark.parametrize(
    ("log_seen", "outcome"),
    [(log(), PASSED), (log(address="0x" + "00" * 20), PASSED), (log(topics=("0x00",)), FAILED)],
)
def test_a_golden_of_any_contract(log_seen: LogSeen, outcome: Outcome) -> None:
    """Where the policy names no contract, or lets others be registered, a golden is of whichever it is."""
    of_any = contract_seen(contract="", goldens=(golden_seen(log=log_seen),))
    anybody = policy(chains=(chain(1),), ground_truth=(ground_truth(1, contract=""),))
    finding = judge(seen(truth=truth(chain_seen(1, contracts=(of_any,)))), anybody)
    assert outcomes(finding)["goldens"] is outcome
    assert (" of any contract" in words(finding)) is (outcome is FAILED)


def test_nobody_could_look() -> None:
    """Nothing is told of any part."""
    nothing = seen(truth=unobserved(), history=unobserved())
    told = outcomes(judge(nothing, says()))
    assert {part for part, outcome in told.items() if outcome is not UNTOLD} == {"sources"}


def test_the_seed_is_shown() -> None:
    """A window that refuses can be drawn again."""
    finding = judge(seen(truth=of_window(missing=("1_8_0",))), says())
    assert any("drawn with seed 42" in line for point in finding.points for line in point.evidence)
