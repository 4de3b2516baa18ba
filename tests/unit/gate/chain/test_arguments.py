"""The arguments of a log, read as the ABI lays them out, by the rules of eth-abi."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from gate.boundary import held
from gate.observations import Cause, Unobserved
from gate.observations.truth import LogSeen
from gate.policy.groundtruth import EventSignature
from gate.policy.signature import event_signature
from gate.probes.truth import elementary
from gate.probes.truth.arguments import decoded
from gate.probes.unseen import UnseenError

BITS = st.integers(1, 32).map(lambda size: 8 * size)
KINDS = (
    st.sampled_from(["address", "bool", "uint256", "int256", "bytes32"])
    | st.builds("{}{}".format, st.sampled_from(["uint", "int"]), BITS)
    | st.builds("bytes{}".format, st.integers(1, 32))
)
BYTES = st.sampled_from([b"\0", b"\1", b"\xff", b"\x80"]) | st.binary(min_size=1, max_size=1)
WORDS = st.lists(st.binary(min_size=32, max_size=32) | BYTES.map(lambda byte: byte * 32), max_size=4)
NUMBERS = st.integers(0, 300) | st.integers(2**256 - 300, 2**256 - 1)


def log(data: str, *topics: str) -> LogSeen:
    """A log with these data and topics."""
    return LogSeen(
        block=7,
        block_hash="0x",
        log_index=3,
        transaction="0x",
        address="0x",
        topics=("0x", *topics),
        data=data,
    )


def by_eth_abi(kinds: Sequence[str], data: bytes) -> tuple[object, ...] | None:
    """What the library reads; None where it refuses."""
    try:
        return tuple(decode(kinds, data))
    except DecodingError:
        return None


def by_us(kinds: Sequence[str], data: bytes) -> tuple[object, ...] | None:
    """What is read here; None where it is refused."""
    reads = elementary.readers(kinds)
    assert reads is not None
    try:
        return elementary.decoded(reads, data)
    except ValueError:
        return None


@given(st.lists(KINDS, min_size=1, max_size=4), WORDS, st.binary(max_size=40))
def test_any_bytes(kinds: list[str], words: list[bytes], rest: bytes) -> None:
    """Values and refusals are those of the library, whatever the words hold."""
    data = b"".join(words) + rest
    assert by_us(kinds, data) == by_eth_abi(kinds, data)


@given(KINDS, NUMBERS, st.booleans())
def test_numbers_at_the_edges(kind: str, number: int, left: bool) -> None:
    """So are those of words that hold little, on either side: where a type ends, and where signs begin."""
    word = number.to_bytes(32) if left else bytes(reversed(number.to_bytes(32)))
    assert by_us([kind], word) == by_eth_abi([kind], word)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("address", "0x" + "ab" * 20),
        ("bool", True),
        ("uint8", 255),
        ("uint256", 2**256 - 1),
        ("int8", -128),
        ("int256", -(2**255)),
        ("bytes1", b"\xff"),
        ("bytes32", b"\x01" * 32),
    ],
)
def test_values_at_the_edges(kind: str, value: object) -> None:
    """The least and the greatest come back."""
    assert by_us([kind], encode([kind], [value])) == (value,)


@pytest.mark.parametrize(
    "kind",
    ["string", "bytes", "uint7", "uint264", "bytes33", "uint8[]", "(uint8)", "function", "fixed128x18", ""],
)
def test_other_types(kind: str) -> None:
    """What does not fill one word, or is no type at all, is left to the library."""
    assert elementary.readers(["address", kind]) is None


TRANSFER = event_signature("Transfer(address indexed from, address indexed to, uint256 value)")
NOTE = event_signature("Note(string text, uint8[] parts, bytes indexed hashed)")
WHO = "0x" + "00" * 12 + "ab" * 20


def test_a_transfer() -> None:
    """Its arguments, by their names, as texts."""
    data = "0x" + encode(["uint256"], [10**18]).hex()
    assert decoded(TRANSFER, log(data, WHO, WHO)) == {
        "from": "0x" + "ab" * 20,
        "to": "0x" + "ab" * 20,
        "value": str(10**18),
    }


def test_arguments_without_end() -> None:
    """A text and an array are read by the library; an indexed one is only its hash, so it is not read."""
    data = "0x" + encode(["string", "uint8[]"], ["hi", [1, 2]]).hex()
    assert decoded(NOTE, log(data, "0x" + "11" * 32)) == {"text": "hi", "parts": "(1, 2)"}


@pytest.mark.parametrize(
    ("event", "data", "topics"),
    [
        (TRANSFER, "0x", (WHO, WHO)),
        (TRANSFER, "0x12zz", (WHO, WHO)),
        (TRANSFER, "0x" + "00" * 31, (WHO, WHO)),
        (TRANSFER, "0x" + "00" * 32, (WHO,)),
        (TRANSFER, "0x" + "00" * 32, (WHO, "0x" + "ab" * 32)),
        (NOTE, "0x" + "ff" * 64, ("0x" + "11" * 32,)),
        (NOTE, "0x", ("0x" + "11" * 32,)),
    ],
)
def test_a_log_of_something_else(event: EventSignature, data: str, topics: tuple[str, ...]) -> None:
    """A log that is cut off, or that holds no such arguments, is named, and nothing of it is believed."""
    with pytest.raises(UnseenError, match="the log 3 of block 7 is no ") as caught:
        decoded(event, log(data, *topics))
    assert caught.value.unobserved.cause is Cause.BAD_ANSWER


async def test_a_library_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is loaded late, and where that fails the arguments are unobserved, in words."""
    monkeypatch.setitem(sys.modules, "eth_abi.abi", None)

    async def look() -> object:
        return decoded(NOTE, log("0x"))

    seen = await held(look())
    assert isinstance(seen, Unobserved)
    assert seen.cause is Cause.CRASHED
    assert "eth_abi.abi" in seen.reason


def test_the_library_is_loaded_late() -> None:
    """A run of the gate over elementary arguments does without it."""
    done = subprocess.run(
        [sys.executable, "-c", "import gate.run, sys; print('eth_abi' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
