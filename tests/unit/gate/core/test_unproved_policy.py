"""What a policy accepts by name that nobody proves: how it is read, and how it is listed."""

from typing import Any

import pytest
import yaml

from belts.reading.mistakes import MistakesError
from gate.policy import Policy, parse
from gate.policy.unproved import Unproved

TOKEN = "0x" + "ab" * 20


def policy(*entries: Any) -> Policy:
    chain = {"rpc": ["http://one.test"], "indexedFrom": ["http://other.test"]}
    truth = {"chain": 1, "contract": TOKEN, "event": "Transfer(address from)", "entity": "Transfer"}
    values = {"version": 1, "mode": "parity", "chains": {1: chain}, "groundTruth": [truth]}
    return parse(yaml.safe_dump(values | {"unproved": list(entries)}), environment={}, acceptable=())


def test_what_is_read() -> None:
    """An entity with columns, or a contract with events, on some chains; without lists it is all."""
    whole = policy(
        {"entity": "Account", "reason": "a sum"},
        {"entity": "Price", "columns": ["weight"], "chains": [1], "reason": "a rule"},
        {"contract": "Vault", "events": ["Closed"], "reason": "it writes nothing"},
    )
    assert whole.unproved == (
        Unproved(entity="Account", reason="a sum"),
        Unproved(entity="Price", columns=("weight",), chains=(1,), reason="a rule"),
        Unproved(contract="Vault", events=("Closed",), reason="it writes nothing"),
    )


def test_it_is_listed_as_looser() -> None:
    """Each entry with its reason."""
    found = policy(
        {"entity": "Price", "columns": ["weight", "major"], "chains": [1], "reason": "a rule"},
        {"contract": "Vault", "reason": "it writes nothing"},
    ).loosened
    assert "nobody has to prove Price: weight, major on chain 1: a rule" in found
    assert "nobody has to prove Vault: it writes nothing" in found


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"entity": "Account"}, "unproved[0].reason"),
        ({"reason": "r"}, "unproved[0]"),
        ({"entity": "Account", "contract": "Vault", "reason": "r"}, "unproved[0]"),
        ({"entity": "Account", "events": ["Closed"], "reason": "r"}, "unproved[0].events"),
        ({"contract": "Vault", "columns": ["weight"], "reason": "r"}, "unproved[0].columns"),
        ({"entity": "Account", "columns": [], "reason": "r"}, "unproved[0].columns"),
        ({"entity": "Account", "chains": [], "reason": "r"}, "unproved[0].chains"),
        ({"entity": "Account", "chains": [10], "reason": "r"}, "unproved[0].chains"),
        ({"entity": "Account", "chains": ["1"], "reason": "r"}, "unproved[0].chains[0]"),
        ({"entity": "Account", "column": ["weight"], "reason": "r"}, "unproved[0].column"),
        ("Account", "unproved[0]"),
    ],
)
def test_a_mistake(entry: Any, path: str) -> None:
    """Each is told with its path; none widens what is accepted."""
    with pytest.raises(MistakesError) as caught:
        policy(entry)
    assert f"policy.{path}" in str(caught.value)


def test_a_mistyped_key() -> None:
    """It is told what was meant."""
    with pytest.raises(MistakesError, match="`columns`, perhaps"):
        policy({"entity": "Account", "colums": ["weight"], "reason": "r"})
