"""Numbers as JSON-RPC writes them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.jsonrpc import quantity


@given(st.integers(0, 2**256 - 1))
def test_a_number(number: int) -> None:
    """Each of at most 256 bits is read, in digits of either case."""
    assert quantity(hex(number)) == number == quantity(f"0x{number:X}")


@pytest.mark.parametrize(
    "value",
    [None, True, 5, "5", "", "0x", "0X1", "x1", "0x1_0", " 0x1", "0x1\n", "0xg", "-0x1", "0x" + "1" * 65],
)
def test_no_number(value: Any) -> None:
    """Whatever else is written, also where Python would read it as one."""
    assert quantity(value) is None
