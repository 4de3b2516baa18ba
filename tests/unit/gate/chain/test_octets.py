"""Hexadecimal texts as bytes: as the libraries of the trade read them, and nothing that is none."""

import pytest
import rlp  # type: ignore[import-untyped]
from eth_utils.conversions import to_bytes
from hypothesis import given
from hypothesis import strategies as st

from gate.probes.rpc.octets import data, quantity


@given(st.binary(max_size=300), st.booleans())
def test_data(held: bytes, capitals: bool) -> None:
    """All bytes come back, whatever the case of the digits."""
    text = "0x" + (held.hex().upper() if capitals else held.hex())
    assert data(text) == held == to_bytes(hexstr=text)


@given(st.integers(min_value=0, max_value=2**256 - 1), st.integers(min_value=0, max_value=3))
def test_quantity(number: int, zeros: int) -> None:
    """A number is hashed as RLP writes it, with however many zeros a provider pads it."""
    text = f"0x{'0' * zeros}{number:x}"
    assert rlp.encode(quantity(text), infer_serializer=False) == rlp.encode(number)


@pytest.mark.parametrize("read", [data, quantity])
@pytest.mark.parametrize(
    "text", ["", "12", "0x1_0", "0x 1", "0x+1", "-0x1", "0xzz", "0x\u0661", "1e3", None, 7, b"0x01"]
)
def test_what_is_no_hexadecimal_text(read: object, text: object) -> None:
    """It is an error, and no bytes that somebody could have meant."""
    assert callable(read)
    with pytest.raises((TypeError, ValueError)):
        read(text)


def test_half_a_byte() -> None:
    """Data has whole bytes; a number may have an odd number of digits."""
    with pytest.raises(ValueError, match="Odd-length"):
        data("0x123")
    assert quantity("0x123") == b"\x01\x23"
