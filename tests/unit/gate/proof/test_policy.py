"""What a policy says about the proof of the whole history."""

from typing import Any

import pytest
import yaml

from gate.policy.groundtruth import Registration
from gate.policy.proof import Extent
from gate.policy.signature import event_signature
from gate.policy.template import Hole, template
from tests.unit.gate.core.test_policy import CONTRACT, mistakes, read, truth, values

CREATED = "PairCreated(address indexed token, address pair)"
FACTORY = {"contract": CONTRACT, "event": CREATED, "argument": "pair"}


def read_one(**changes: Any) -> Any:
    [entry] = read(groundTruth=[truth(**changes)]).ground_truth
    return entry


def test_the_whole_history_is_the_default() -> None:
    """Nobody has to ask for it, and it is no loosened limit."""
    policy = read()
    assert policy.proof is Extent.WHOLE
    assert not [line for line in policy.loosened if "proof" in line or "window" in line]


def test_who_samples_says_so_and_it_is_listed() -> None:
    """Windows count only where sampling was chosen."""
    policy = read(proof="sampling", groundTruth=[truth(windows={"count": 1})])
    listed = "\n".join(policy.loosened)
    assert "proof is sampling" in listed
    assert "1 window instead of 4" in listed


def test_what_is_left_out_of_the_history_is_listed() -> None:
    """A first block and a filter ask for less."""
    less: dict[str, Any] = {"from": 500, "topics": {"to": ["0xAB"]}}
    policy = read(groundTruth=[truth(**less)])
    assert [entry.start for entry in policy.ground_truth] == [500]
    assert "Transfer: what lies below block 500 is not asked for, on chain 1" in policy.loosened
    assert "Transfer: only logs with to as listed count, on chain 1" in policy.loosened


def test_a_factory() -> None:
    """Contracts that another one registers have no address in the policy."""
    entry = read_one(contract=None, registeredBy=FACTORY)
    event = event_signature(CREATED)
    assert entry.contract == ""
    assert entry.registered_by == Registration(contract=CONTRACT.lower(), event=event, argument="pair")


def test_any_contract() -> None:
    """A wildcard is said, and never what a forgotten address means."""
    assert read_one(contract="any").contract == ""


def test_columns_are_formed_of_the_log() -> None:
    """Values, rows of one event among others, and filters are read as they stand."""
    entry = read_one(
        values={"to_id": "{chainId}-{to}"}, where={"open": False, "kind": 2}, topics={"to": "0xAA"}
    )
    assert entry.values == (("to_id", "{chainId}-{to}"),)
    assert dict(entry.where) == {"open": "false", "kind": "2"}
    assert entry.topics == (("to", ("0xaa",)),)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"proof": "most"}, "policy.proof: expected one of whole, sampling"),
        ({"groundTruth": [truth(contract=None)]}, "policy.groundTruth[0].contract"),
        ({"groundTruth": [truth(registeredBy=FACTORY)]}, "nothing beside `registeredBy`"),
        (
            {"groundTruth": [truth(contract=None, registeredBy={**FACTORY, "argument": "nobody"})]},
            "policy.groundTruth[0].registeredBy.argument",
        ),
        (
            {"groundTruth": [truth(contract=None, registeredBy={**FACTORY, "event": "no event"})]},
            "policy.groundTruth[0].registeredBy.event",
        ),
        ({"groundTruth": [truth(topics={"value": "1"})]}, "policy.groundTruth[0].topics.value"),
        ({"groundTruth": [truth(values={"to": "{whom}"})]}, "policy.groundTruth[0].values.to"),
        ({"groundTruth": [truth() | {"from": -1}]}, "policy.groundTruth[0].from"),
        (
            {"groundTruth": [truth(values={"to": "{to}"}), truth(contract="0x" + "12" * 20)]},
            "policy.groundTruth[1]: expected the same `columns` and `values`",
        ),
    ],
)
def test_mistakes(changes: dict[str, Any], said: str) -> None:
    """Each is told with its path."""
    found = mistakes(yaml.safe_dump(values(**changes)))
    assert any(said in one for one in found), found


def test_rows_that_can_be_told_apart_may_be_compared_by_other_columns() -> None:
    """`where` says whose rows they are."""
    entries = [truth(values={"to": "{to}"}), truth(where={"kind": 2})]
    assert len(read(groundTruth=entries).ground_truth) == 2


def test_templates() -> None:
    """Literals and holes stay in their order; what is no hole is a literal."""
    found = template("{chainId}-{price/1e18}:{pair:text}{x y}")
    assert found.parts == (
        Hole(name="chainId"),
        "-",
        Hole(name="price", scale=18),
        ":",
        Hole(name="pair", as_text=True),
        "{x y}",
    )
    assert template("{to}").only == Hole(name="to")
    assert template("{to}!").only is None
