"""What a column holds beside what a log says, by the type of the argument."""

import pytest
from eth_abi.abi import encode

from gate.policy.signature import event_signature
from gate.probes.truth.arguments import unequal
from tests.unit.gate.core.builders import ground_truth, log

ADDRESS = "0x" + "ab" * 20


@pytest.mark.parametrize(
    ("kind", "value", "held", "alike"),
    [
        ("string", "Alice", "Alice", True),
        ("string", "Alice", "ALICE", False),
        ("string", "1e3", "1000", False),
        ("string", "007", "7", False),
        ("string", "a\0b", "ab", True),
        ("string", "", None, False),
        ("string", "", "", True),
        ("uint256", 7, "7.00", True),
        ("uint256", 7, "8", False),
        ("uint256", 2**256 - 1, str(2**256 - 1), True),
        ("uint256", 2**256 - 1, "1.15792089237316195423570985008687907853e77", False),
        ("int256", -1, "-1", True),
        ("int256", -1, "1", False),
        ("uint256", 7, "NaN", False),
        ("bool", True, "true", True),
        ("bool", True, "false", False),
        ("address", ADDRESS, ADDRESS.upper().replace("X", "x"), True),
        ("bytes32", b"\1" * 32, "0x" + "01" * 32, True),
        ("bytes", b"", "0x", True),
    ],
)
def test_a_value(kind: str, value: object, held: str | None, alike: bool) -> None:
    """Texts letter by letter, numbers as numbers, hexadecimal digits without regard to case."""
    event = event_signature(f"Said({kind} what)")
    truth = ground_truth(event=event, columns=(("what", "column"),))
    said = log(topics=(event.topic0,), data="0x" + encode([kind], [value]).hex())
    assert (unequal(truth, said, {"column": held}) == ()) is alike
