"""A body is read with every digit that was sent."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from belts.engine.plan.requests import read_json


@given(st.integers(-(10**80), 10**80))
def test_a_whole_number_in_a_body(number: int) -> None:
    """Not a digit of it is lost."""
    assert int(read_json(f'{{"n": {number}}}'.encode())["n"]) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_decimal_in_a_body(number: Decimal) -> None:
    """What is read as it is written is the number that was written."""
    assert Decimal(str(read_json(f"[{number}]".encode())[0])) == number
