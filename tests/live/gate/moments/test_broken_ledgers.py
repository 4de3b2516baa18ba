"""Ledgers that are broken for real: a way back does not wait for any of them, and a promotion does."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest

from gate.ledger import Kind, Result
from tests.live.gate.moments import truth
from tests.live.gate.moments.pair import Pair

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(900)]

LATE = "made while the ledger did not answer"


def owner(pair: Pair, *statements: str) -> None:
    with psycopg.connect(pair.owner_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def read_only(pair: Pair) -> Iterator[None]:
    """As an operator leaves it who looks into something."""
    name = "alter database belts set default_transaction_read_only"
    owner(pair, f"{name} = on")
    try:
        yield
    finally:
        owner(pair, "set default_transaction_read_only = off", f"{name} = off")


@contextmanager
def newer(pair: Pair) -> Iterator[None]:
    """A newer version of Belts has been at work on it."""
    owner(pair, "insert into migrations (version, name, digest) values (9999, 'x', 'x')")
    try:
        yield
    finally:
        owner(pair, "set session_replication_role = replica", "delete from migrations where version = 9999")


BROKEN: dict[str, tuple[Callable[[Pair], AbstractContextManager[None]], str]] = {
    "read-only": (read_only, "read-only transaction"),
    "newer": (newer, "has migration 9999"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_way_back(pair: Pair, broken: str) -> None:
    """It is made without the ledger, and booked, marked, once that does its work again."""
    pair.promotable()
    before = pair.serves
    after = pair.other(before)
    assert pair.up(after).code == 0
    how, words = BROKEN[broken]
    with how(pair):
        back = pair.move(before)
        assert (back.code, pair.serves) == (0, before), back.said
        served = pair.served
        assert served is not None
        assert served.move is None
        forth = pair.move(after)
        assert (forth.code, pair.serves) == (1, before), forth.said
        assert re.search(words, forth.said), forth.said
    pair.stands()
    done = pair.up(before)
    assert done.code == 0, done.said
    assert truth.settled(pair, before) == []
    with pair.book() as book:
        last = book.last()
    assert last is not None
    assert (last.kind, last.belt, last.result, last.detail) == (Kind.ROLLBACK, before, Result.SERVED, LATE)
    assert last.moved_at is not None
