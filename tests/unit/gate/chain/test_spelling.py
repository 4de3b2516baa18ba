"""Addresses in keys, in either spelling."""

from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from gate.probes.truth.spelling import checksummed

ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda held: "0x" + held.hex())


@given(st.lists(ADDRESSES, min_size=1, max_size=3), st.sampled_from("-_:/|"), st.integers(min_value=0))
def test_every_address_of_a_key(addresses: list[str], between: str, block: int) -> None:
    """Each is spelt as EIP-55 says, and all between them stays as it is."""
    key = between.join([str(block), *addresses])
    spelt = between.join([str(block), *map(to_checksum_address, addresses)])
    assert checksummed(key) == spelt
    assert checksummed(spelt) == spelt


@given(st.binary(min_size=32, max_size=32))
def test_a_hash_is_no_address(held: bytes) -> None:
    """The hash of a transaction is not spelt anew."""
    assert checksummed(f"0x{held.hex()}_7") == f"0x{held.hex()}_7"
