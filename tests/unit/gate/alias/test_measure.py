"""What a promotion's report says about how its policy came to differ."""

from datetime import date
from typing import Any

import pytest

from gate.certify.measure import against_the_last
from gate.ledger import Measure
from gate.policy.difference import differences, kept
from gate.policy.meaning import Since

ONE, OTHER = "1" * 64, "2" * 64


def policy(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "chains": {1: {"rpc": ["https://a.example/key-of-mine"]}}, **changes}


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        ({"settle": "30m"}, {"settle": "1m"}, ('policy.settle: was "30m", is "1m"',)),
        ({}, {"soak": "1h"}, ('policy.soak: was nothing, is "1h"',)),
        ({"soak": "1h"}, {}, ('policy.soak: was "1h", is nothing',)),
        ({"a": []}, {"a": [1]}, ("policy.a: was [], is nothing", "policy.a[0]: was nothing, is 1")),
        ({"a": 1}, {"a": True}, ("policy.a: was 1, is true",)),
        ({"a": None}, {}, ("policy.a: was null, is nothing",)),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ("policy.a.b.c: was 1, is 2",)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ()),
        ({"a": [1, 2]}, {"a": [2, 1]}, ("policy.a[0]: was 1, is 2", "policy.a[1]: was 2, is 1")),
    ],
)
def test_every_difference(before: dict[str, Any], now: dict[str, Any], lines: tuple[str, ...]) -> None:
    """Each value that differs is a line of its own, under its path."""
    assert differences(before, now) == lines


def test_in_an_order_that_people_count_in() -> None:
    """The tenth comes after the ninth."""
    found = differences({}, {"goldens": list(range(11))})
    assert [line.split(":")[0] for line in found[-2:]] == ["policy.goldens[9]", "policy.goldens[10]"]


def test_a_long_value_is_cut() -> None:
    """A line stays a line."""
    [line] = differences({}, {"reason": "x" * 5_000})
    assert len(line) < 150


def test_as_the_ledger_keeps_it() -> None:
    """Keys become texts, days too, and no URL keeps more than scheme and host."""
    found = kept(
        {"chains": {1: {"rpc": ["https://u:p@a.example/key-of-mine?k=v"]}}, "expires": date(2027, 1, 2)}
    )
    assert found == {"chains": {"1": {"rpc": ["https://a.example"]}}, "expires": "2027-01-02"}
    assert kept(found) == found


def test_the_first_promotion() -> None:
    """There is nothing to compare with, and that is said."""
    found = against_the_last(None, policy(), ONE)
    assert found == Since(told=f"the first promotion that the ledger knows of: policy {ONE[:12]}")


def test_the_same_policy() -> None:
    """The digest decides, not the document."""
    last = Measure(digest=ONE, policy={})
    found = against_the_last(last, policy(), ONE)
    assert found == Since(told=f"the same policy as at the last promotion ({ONE[:12]})")


def test_another_policy() -> None:
    """Both digests, then what it means, and every value."""
    last = Measure(digest=ONE, policy=kept(policy(settle="30m")))
    found = against_the_last(last, policy(settle="1s"), OTHER)
    assert ONE[:12] in found.told
    assert OTHER[:12] in found.told
    assert found.changes == ("settle 30m → 1s",)
    assert found.values == ('policy.settle: was "30m", is "1s"',)


def test_a_difference_that_is_never_shown() -> None:
    """Another key in a provider's URL makes another policy, and the key stays out of sight."""
    last = Measure(digest=ONE, policy=kept(policy()))
    found = against_the_last(last, policy(chains={1: {"rpc": ["https://a.example/another-key"]}}), OTHER)
    assert "never shown" in found.told
    assert "another-key" not in str(found)


def test_another_order() -> None:
    """Entries in another order make another policy that means the same, which is said."""
    one, other = {"part": "a", "reason": "b"}, {"part": "c", "reason": "d"}
    last = Measure(digest=ONE, policy=kept(policy(accept=[one, other])))
    found = against_the_last(last, policy(accept=[other, one]), OTHER)
    assert "in the order of its entries alone" in found.told
    assert found.changes == ()
