"""Whatever is new in a candidate is asked of its chain, or accepted by its name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gate.checks.content import judge
from gate.checks.footprint import FOOTPRINT
from gate.finding import Point
from gate.observations import Footprint, Observations
from gate.observations.holdings import EventKind
from gate.outcome import Outcome
from gate.policy import Policy
from gate.policy.model import Mode
from gate.policy.unproved import Unproved
from gate.policy.waivers import Acceptance
from gate.verdict import accepting
from tests.unit.gate.core import builders
from tests.unit.gate.core.builders import ground_truth, unobserved

PASSED, UNTOLD = Outcome.PASSED, Outcome.COULD_NOT_TELL
TOKEN, VAULT = "0x" + "ab" * 20, "0x" + "cd" * 20
SHARED = EventKind(chain=1, contract="Points", address=TOKEN, event="Transfer")
NEW = EventKind(chain=1, contract="Vault", address=VAULT, event="PriceSet")
ACCEPTED = (Acceptance(part="content.footprint", reason="a hosted belt"),)


def seen(candidate: Mapping[EventKind, int], serving: Any = frozenset({SHARED}), **changes: Any) -> Any:
    return builders.seen(**({"footprint": Footprint(candidate=candidate, serving=serving)} | changes))


def policy(**changes: Any) -> Policy:
    standard = {"mode": Mode.EXPANSION, "ground_truth": (ground_truth(1),), "unproved": ()}
    return builders.policy(**(standard | changes))


def of(looks: Observations, says: Policy) -> list[Point]:
    found = accepting(judge(looks, says), says)
    return [point for point in found.points if point.part is FOOTPRINT]


@pytest.mark.parametrize(
    ("events", "says", "outcome"),
    [
        ({SHARED: 7}, {}, PASSED),
        ({SHARED: 7}, {"ground_truth": ()}, PASSED),
        ({SHARED: 7, NEW: 3}, {}, UNTOLD),
        ({NEW: 3}, {"ground_truth": (ground_truth(1, contract=VAULT),)}, UNTOLD),
        ({replace(NEW, event="Transfer"): 3}, {"ground_truth": (ground_truth(1, contract=VAULT),)}, PASSED),
        ({replace(NEW, event="Transfer"): 3}, {"ground_truth": (ground_truth(1, contract=""),)}, PASSED),
        ({replace(NEW, event="Transfer"): 3}, {}, UNTOLD),
        ({replace(SHARED, chain=10): 3}, {}, UNTOLD),
        ({replace(SHARED, chain=10): 3}, {"ground_truth": (ground_truth(10),)}, PASSED),
        ({NEW: 3}, {"unproved": (Unproved(contract="Vault", reason="r"),)}, PASSED),
        ({NEW: 3}, {"unproved": (Unproved(contract=VAULT.upper().replace("X", "x"), reason="r"),)}, PASSED),
        ({NEW: 3}, {"unproved": (Unproved(contract="Vault", events=("PriceSet",), reason="r"),)}, PASSED),
        ({NEW: 3}, {"unproved": (Unproved(contract="Vault", events=("Opened",), reason="r"),)}, UNTOLD),
        ({NEW: 3}, {"unproved": (Unproved(contract="Vault", chains=(10,), reason="r"),)}, UNTOLD),
        ({NEW: 3}, {"unproved": (Unproved(entity="Vault", reason="r"),)}, UNTOLD),
        ({NEW: 3}, {"accepts": ACCEPTED}, UNTOLD),
    ],
)
def test_an_event(events: Mapping[EventKind, int], says: dict[str, Any], outcome: Outcome) -> None:
    """One that the serving belt has is no news; another is asked for, or accepted by its own name."""
    assert max(point.weight for point in of(seen(events), policy(**says))) is outcome


def test_what_the_operator_reads() -> None:
    """Which event of which contract on which chain, how many there are, and what would accept it."""
    [point] = of(seen({NEW: 3}), policy())
    assert point.observed.startswith(
        f"the candidate has 3 of Vault.PriceSet on chain 1, from {VAULT}, and no"
    )
    assert point.paste == {
        "unproved": [{"contract": "Vault", "events": ["PriceSet"], "chains": [1], "reason": None}]
    }


def test_many_contracts_of_one_name() -> None:
    """They are one point, with the first few addresses."""
    many = {replace(NEW, address=f"0x{number:040x}"): 1 for number in range(9)}
    [point] = of(seen(many), policy())
    assert point.observed.count("0x") == 5
    assert "and 4 more" in point.observed


@pytest.mark.parametrize(("chain", "outcome"), [(1, PASSED), (10, UNTOLD)])
def test_nobody_knows_what_is_served(chain: int, outcome: Outcome) -> None:
    """Then all of a chain that the serving belt has not is new, and the rest may be accepted by its part."""
    looks = seen(
        {replace(NEW, chain=chain): 3},
        serving=unobserved(),
        serving_rows=unobserved(),
        serving_chains=builders.progress(1),
    )
    assert max(point.weight for point in of(looks, policy())) is UNTOLD
    assert max(point.weight for point in of(looks, policy(accepts=ACCEPTED))) is outcome


@pytest.mark.parametrize("serving", [None, "blue"])
def test_who_looks(serving: str | None) -> None:
    """In parity nothing may be new; at the first alias all is."""
    everything = Footprint(candidate={NEW: 3}, serving=frozenset())
    looks = builders.seen(footprint=Footprint(candidate={}, parity=True))
    if serving is None:
        looks = builders.first_alias(footprint=everything)
    [point] = of(looks, policy(mode=Mode.PARITY))
    assert point.weight is (UNTOLD if serving is None else PASSED)


def test_a_parity_that_nobody_may_have_looked_at() -> None:
    """A footprint that was not looked at is none where the policy expands."""
    [point] = of(builders.seen(footprint=Footprint(candidate={}, parity=True)), policy())
    assert point.weight is UNTOLD


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Unproved(contract="Points", reason="r"), "names Points, of which nothing is unproved any more"),
        (
            Unproved(contract="Vualt", reason="r"),
            "names Vualt, of which the candidate has received nothing: `Vault`, perhaps",
        ),
        (
            Unproved(contract="Vault", events=("PriceSets",), reason="r"),
            "names Vault: PriceSets, of which the candidate has received nothing: `PriceSet`, perhaps",
        ),
        (Unproved(contract="Vault", chains=(10,), reason="r"), "the candidate has received nothing"),
        (Unproved(contract="Vault", reason="r"), ""),
    ],
)
def test_an_entry_that_means_nothing(entry: Unproved, said: str) -> None:
    """It is a note, with what it may have meant."""
    notes = judge(seen({SHARED: 7, NEW: 3}), policy(unproved=(entry,))).notes
    assert bool(notes) is bool(said)
    assert said in " ".join(notes)
