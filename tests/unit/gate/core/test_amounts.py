"""Amounts as people read them, and how the tests hear what nobody would write."""

import pytest

from gate.amounts import agree, amount, plural
from tests.grammar import slips


@pytest.mark.parametrize(
    ("number", "thing", "said"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2, "block", "2 blocks"),
        (20_000, "raw event", "20,000 raw events"),
        (1, "entity", "1 entity"),
        (7, "entity", "7 entities"),
        (3, "key", "3 keys"),
        (2, "address", "2 addresses"),
        (2, "batch", "2 batches"),
    ],
)
def test_an_amount(number: int, thing: str, said: str) -> None:
    """Digits in threes, and one of a thing in the singular."""
    assert amount(number, thing) == said


@pytest.mark.parametrize("number", [0, 1, 2, 1_000])
def test_a_verb(number: int) -> None:
    """It fits the number."""
    assert amount(number, "row", "is", "are") == f"{amount(number, 'row')} {agree(number, 'is', 'are')}"
    assert not slips(f"{amount(number, 'row', 'is', 'are')} gone")


@pytest.mark.parametrize(
    "wrong",
    [
        "at most 1 blocks below",
        "in 1 ranges that differ",
        "1 drawn rows came",
        "1 row are gone",
        "chain 8453: chain 8453, block 10, log 2",
        "20000 rows of Transfer",
        "9000 of 20000 rows",
        "200000 raw events",
    ],
)
def test_what_nobody_would_write(wrong: str) -> None:
    """It is heard, whoever says it."""
    assert slips(f"chain 1: {wrong} in all")


@pytest.mark.parametrize(
    "right",
    [
        "chain 8453: 1 of 20,000 rows is gone",
        "21 rows of chain 1 at block 21000000, logs of blocks 1000 to 20000",
        "https://eth.test refuses eth_getLogs: ranges over 10000 blocks are not supported (code -32600)",
        "Transfer 1-57-1 rows",
        f"of 11 {plural('block')} and 0.1 seconds",
    ],
)
def test_what_is_no_slip(right: str) -> None:
    """Blocks and chains are names, and a provider's words its own."""
    assert not slips(right)
