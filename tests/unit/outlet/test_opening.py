"""How a client of Postgres begins: only the role for readers, on the belt's own database, goes further."""

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.outlet.opening import HEAD, LONGEST, SSL, Head, Unfit, demand, head, parameters, refusal

STARTUP = 3 << 16


def startup(**told: str) -> bytes:
    return b"".join(f"{name}\0{value}\0".encode() for name, value in told.items()) + b"\0"


def asks(told: Mapping[str, str], code: int = STARTUP) -> None:
    rest = startup(**told)
    demand(Head(length=HEAD + len(rest), code=code), rest, database="belts")


@pytest.mark.parametrize("user", ["consumer", "consumer_2", "consumer_123"])
def test_a_reader(user: str) -> None:
    """The role, and the logins of its later passwords."""
    asks({"user": user, "database": "belts", "application_name": "etl"})


@pytest.mark.parametrize(
    "user",
    ["postgres", "gate", "gate_2", "engine", "indexer", "backup", "consumer_", "consumer_x", "consumer ", ""],
)
def test_another_role(user: str) -> None:
    """The superuser and the gate do not come from outside, whatever password they have."""
    with pytest.raises(Unfit, match="only the role consumer"):
        asks({"user": user, "database": "belts"})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"database": "postgres"}, "only the database belts"),
        ({}, "only the database belts"),
        ({"database": "belts", "replication": "true"}, "nobody replicates"),
        ({"database": "belts", "replication": "database"}, "nobody replicates"),
    ],
)
def test_another_place(told: dict[str, str], words: str) -> None:
    """Another database, and replication."""
    with pytest.raises(Unfit, match=words):
        asks({"user": "consumer"} | told)


def test_another_protocol() -> None:
    """The one of old, and codes that are none."""
    for code in (2 << 16, SSL, 0):
        with pytest.raises(Unfit, match="version 3"):
            asks({"user": "consumer", "database": "belts"}, code)


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"\0\0\0",
        b"user\0consumer\0",
        b"user\0consumer\0database\0\0",
        b"user\0postgres\0user\0consumer\0\0",
        b"user\0consumer\0\0database\0belts\0\0",
        b"user\0\xff\0\0",
    ],
)
def test_a_packet_that_is_none(rest: bytes) -> None:
    """What Postgres might read otherwise than we do goes no further."""
    with pytest.raises(Unfit):
        demand(Head(length=HEAD + len(rest), code=STARTUP), rest, database="belts")


@given(st.binary(max_size=200))
def test_hostile_bytes(rest: bytes) -> None:
    """Either they are names and values, written exactly so, or they are refused."""
    try:
        told = parameters(rest)
    except Unfit:
        return
    assert b"".join(f"{name}\0{value}\0".encode() for name, value in told.items()) + b"\0" == rest


@given(st.binary(min_size=HEAD, max_size=HEAD))
def test_a_head(sent: bytes) -> None:
    """No client makes us read more than a little."""
    try:
        found = head(sent)
    except Unfit:
        return
    assert 0 <= found.rest <= LONGEST
    assert struct.pack("!II", found.length, found.code) == sent


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=50))
def test_a_refusal(words: str) -> None:
    """One message, as long as it says."""
    said = refusal(words)
    assert said[:1] == b"E"
    assert struct.unpack("!I", said[1:5])[0] == len(said) - 1
    assert said.endswith(b"\0\0")
