"""The small parts: bodies, JSON paths, the outbox, protocols, the store."""

import asyncio
import stat
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.engine import protocols
from belts.engine.errors import EngineError
from belts.engine.jsonpath import path_steps
from belts.engine.metadata import Metadata
from belts.engine.outbox import Full, Outbox
from belts.engine.requests import read_json
from belts.engine.store import Store, Unreadable
from tests.unit.engine.build import metadata


@given(st.integers(-(10**80), 10**80))
def test_a_whole_number_in_a_body(number: int) -> None:
    """Not a digit of it is lost."""
    assert int(read_json(f'{{"n": {number}}}'.encode())["n"]) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_decimal_in_a_body(number: Decimal) -> None:
    """What is read as it is written is the number that was written."""
    assert Decimal(str(read_json(f"[{number}]".encode())[0])) == number


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ["a"]),
        ("$.a.b", ["a", "b"]),
        ("$", []),
        ("", []),
        ("a[0].b", ["a", "0", "b"]),
        ('$["a b"]["c"]', ["a b", "c"]),
        ("['x.y']", ["x.y"]),
        ("[1][2]", ["1", "2"]),
    ],
)
def test_a_json_path(text: str, steps: list[str]) -> None:
    """Its steps are these."""
    assert path_steps(text, "$") == steps


@pytest.mark.parametrize("text", ["[", "a..b", "a b", "$[x]", "é"])
def test_a_json_path_that_is_none(text: str) -> None:
    """It is refused."""
    with pytest.raises(EngineError):
        path_steps(text, "$")


async def test_what_waits_for_a_slow_client() -> None:
    """The newest answer of a live query takes the place of the one before; all else keeps its order."""
    outbox = Outbox(3)
    outbox.put(b"a")
    outbox.put(b"old", "q")
    outbox.put(b"b")
    outbox.put(b"new", "q")
    with pytest.raises(Full):
        outbox.put(b"c")
    assert [await outbox.get() for _ in range(3)] == [b"a", b"new", b"b"]


async def test_an_empty_outbox() -> None:
    """It waits for the next message."""
    outbox = Outbox(1)
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)
    outbox.put(b"x")
    assert await waiting == b"x"


@pytest.mark.parametrize(
    ("offered", "name"),
    [
        ([], "graphql-ws"),
        (["graphql-ws"], "graphql-ws"),
        (["graphql-ws", "graphql-transport-ws"], "graphql-transport-ws"),
        (["soap"], None),
    ],
)
def test_the_protocol_of_a_socket(offered: list[str], name: str | None) -> None:
    """The newer of those offered; without an offer the older."""
    found = protocols.chosen(offered)
    assert (found.name if found else None) == name


def test_metadata_is_kept(tmp_path: Path) -> None:
    """It is read back as it was, from a file that only its owner reads, and nothing else is left there."""
    store = Store(tmp_path / "deep" / "metadata.json")
    assert store.load() == Metadata()
    store.save(metadata())
    store.save(metadata())
    assert store.load() == metadata()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [path.name for path in store.path.parent.iterdir()] == ["metadata.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 3, "actions": [1]}'])
def test_a_store_that_was_spoiled(tmp_path: Path, text: str) -> None:
    """It is refused."""
    path = tmp_path / "metadata.json"
    path.write_text(text)
    with pytest.raises(Unreadable):
        Store(path).load()
