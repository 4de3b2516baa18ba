"""The root of a trie as the headers of standard chains hold it: Merkle, Patricia, and the nodes as RLP.

A root needs no trie that is kept: the nodes are made from the leaves upwards, and hashed. The tests hold this
against the libraries that keep one, which take longer to load than a chain to be asked.
"""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from eth_hash.auto import keccak

Item = int | bytes | Sequence["Item"]
Leaf = tuple[bytes, bytes]
"""A path, one half byte each, and the value at its end."""

HASHED = 32
"""A node that is shorter stands in its parent as it is."""


def root(values: Mapping[bytes, bytes]) -> bytes:
    """The root of the trie that holds these values under these keys; no value is empty."""
    leaves = sorted((bytes.fromhex("".join(f"0{half}" for half in key.hex())), values[key]) for key in values)
    return bytes(keccak(rlp(_node(leaves, 0) if leaves else b"")))


def rlp(item: Item) -> bytes:
    """Numbers, bytes and lists of them, each behind its length."""
    if isinstance(item, int):
        return rlp(item.to_bytes((item.bit_length() + 7) // 8))
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _behind_length(0x80, item)
    return _behind_length(0xC0, b"".join(map(rlp, item)))


def _behind_length(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 56:
        return bytes([kind + size]) + payload
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([kind + 55 + len(digits)]) + digits + payload


def _node(leaves: Sequence[Leaf], depth: int) -> Item:
    """The node that leads to these leaves, whose paths are the same up to this depth."""
    path, value = leaves[0]
    if len(leaves) == 1:
        return [_packed(path[depth:], leaf=True), value]
    # They are in order, so what the first and the last have in common all have.
    common = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(path, leaves[-1][0], strict=False))
    )
    if common > depth:
        return [_packed(path[depth:common], leaf=False), _reference(_node(leaves, common))]
    ends = len(path) == depth
    ways: list[list[Leaf]] = [[] for _ in range(16)]
    for leaf in leaves[ends:]:
        ways[leaf[0][depth]].append(leaf)
    return [*(_reference(_node(way, depth + 1)) if way else b"" for way in ways), value if ends else b""]


def _reference(node: Item) -> Item:
    encoded = rlp(node)
    return node if len(encoded) < HASHED else bytes(keccak(encoded))


def _packed(path: bytes, *, leaf: bool) -> bytes:
    """Half bytes as bytes, behind a half that says what they lead to, and whether they are odd."""
    odd = len(path) % 2
    halves = bytes([2 * leaf + odd]) + path if odd else bytes([2 * leaf, 0]) + path
    return bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))
