"""Roots and RLP are those of the libraries that keep whole tries."""

import subprocess
import sys
from typing import Any

import pytest
import rlp as library  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from gate.probes.rpc.trie import rlp, root

VALUES = st.binary(min_size=1, max_size=6) | st.binary(min_size=28, max_size=70)
KEYS = st.binary(max_size=3) | st.integers(0, 70_000).map(library.encode)


def by_library(values: dict[bytes, bytes]) -> bytes:
    """The root of a trie that is kept."""
    kept = HexaryTrie({})
    for key, value in values.items():
        kept[key] = value
    return bytes(kept.root_hash)


@given(st.dictionaries(KEYS, VALUES, max_size=24))
def test_any_trie(values: dict[bytes, bytes]) -> None:
    """Whatever the keys: one may lead through another, and short nodes stand inside of their parents."""
    assert root(values) == by_library(values)


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 127, 128, 129, 256, 257, 600])
@pytest.mark.parametrize("size", [1, 40])
def test_a_block_of_many(count: int, size: int) -> None:
    """Keys as blocks have them: the numbers of the transactions, as RLP."""
    values = {rlp(index): (index + 1).to_bytes(2).rjust(size + 1, b"\7") for index in range(count)}
    assert root(values) == by_library(values)


@given(
    st.recursive(
        st.binary(max_size=70) | st.integers(0, 2**70),
        lambda inner: st.lists(inner, max_size=5),
        max_leaves=12,
    )
)
def test_any_item(item: Any) -> None:
    """Numbers, bytes, and lists of both."""
    assert rlp(item) == library.encode(item)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 255, 256, 65_535, 65_536])
def test_lengths_at_the_edges(size: int) -> None:
    """Where a length gets another digit."""
    assert rlp(b"\x80" * size) == library.encode(b"\x80" * size)
    assert rlp([b"\1"] * size) == library.encode([b"\1"] * size)


def test_the_libraries_are_not_loaded() -> None:
    """A run of the gate does without them."""
    names = "{'rlp', 'trie', 'eth_utils', 'pydantic'}"
    done = subprocess.run(
        [sys.executable, "-c", f"import gate.run, sys; print({names} & set(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
