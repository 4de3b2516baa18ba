"""What belts cost: exact, never negative, never less for living longer."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.reading.codec import decode, encode
from belts.reading.fields import Fields
from belts.reading.kinds import Amount, Unfit
from belts.reading.mistakes import Mistake
from belts.runtimes import bill, cost
from belts.runtimes.cost import Alive, Census, Limits
from belts.spec.budget import BUDGET, Budget

NOW = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)
PRICES = st.decimals(0, 100, places=6)
HOURS = st.integers(0, 2_000)
BUDGETS = st.builds(
    Budget,
    per_vcpu_hour=PRICES,
    per_gb_hour=PRICES,
    per_gb_month=PRICES,
    vcpus=st.decimals(0, 64, places=2),
    disk_gb=st.decimals(0, 1_000, places=1),
    ceiling=st.decimals(0, 1_000, places=2),
    siblings=st.integers(1, 9),
    window_hours=st.integers(1, 730),
)


def belts(**given_: Any) -> st.SearchStrategy[Alive]:
    known: dict[str, st.SearchStrategy[Any]] = {
        "name": st.sampled_from("abcdef"),
        "budget": BUDGETS,
        "memory_mb": st.integers(0, 100_000),
        "disk_bytes": st.integers(0, 10**13),
        "born": st.none() | HOURS.map(lambda hours: NOW - timedelta(hours=hours)),
        "serves": st.booleans(),
    }
    return st.builds(Alive, **(known | given_))


def test_a_belt_of_four_chains() -> None:
    """By the prices that stand in the config, what the first users pay: 50 to 60 a month."""
    belt = Alive(name="blue", budget=BUDGET, memory_mb=8_192 + 512 + 256)
    assert bill.of(belt) == (
        "blue costs 53.28 a month, 0.073 an hour: 2 vCPUs, 8.75 GB of memory, 20 GB of disk"
    )


@given(belts(), HOURS, HOURS)
def test_longer_is_never_cheaper(belt: Alive, one: int, more: int) -> None:
    """Neither by age nor by window, and a month has no more hours than it has."""
    ages = [replace(belt, born=NOW - timedelta(hours=hours)) for hours in (one, one + more)]
    younger, older = (cost.projected([each], NOW, window=Decimal(48)) for each in ages)
    assert younger <= older <= cost.monthly(belt)
    short, long = (cost.projected([belt], NOW, window=Decimal(hours)) for hours in (one, one + more))
    assert Decimal(0) <= short <= long <= cost.monthly(belt)


@given(st.lists(belts(), max_size=5), st.lists(belts(), max_size=5))
def test_what_all_cost_is_what_each_costs(some: list[Alive], others: list[Alive]) -> None:
    """Nothing is counted twice or left out, up to the last of 28 digits."""
    window = Decimal(48)
    whole, *parts = (cost.projected(these, NOW, window=window) for these in ([*some, *others], some, others))
    assert abs(whole - sum(parts)) <= abs(whole) * Decimal("1e-24")


@given(belts(), st.integers(0, 10**6), st.integers(0, 10**13))
def test_more_is_never_cheaper(belt: Alive, memory_mb: int, disk_bytes: int) -> None:
    """What is declared and what is measured only ever add; of a disk the larger of both counts."""
    larger = replace(belt, memory_mb=belt.memory_mb + memory_mb, disk_bytes=belt.disk_bytes + disk_bytes)
    assert cost.hourly(belt) <= cost.hourly(larger)
    within = replace(
        belt, disk_bytes=0, budget=replace(belt.budget, disk_gb=Decimal(belt.disk_bytes) / 10**9)
    )
    assert cost.hourly(within) <= cost.hourly(belt)


@given(belts())
def test_nobody_knows_how_old(belt: Alive) -> None:
    """It counts for a month, as one does that is born tomorrow."""
    for born in (None, NOW + timedelta(days=1)):
        unknown = replace(belt, born=born, serves=False)
        assert cost.projected([unknown], NOW, window=Decimal(1)) == cost.monthly(belt)


@given(st.lists(belts(), min_size=1, max_size=5))
def test_no_float_is_in_it(some: list[Alive]) -> None:
    """Every amount is a decimal, from the price to the sum."""
    found = [cost.hourly(some[0]), cost.monthly(some[0]), cost.projected(some, NOW, window=Decimal(48))]
    spent = cost.so_far(some, NOW)
    assert all(type(each) is Decimal for each in [*found, *([] if spent is None else [spent])])


@given(st.lists(belts(), min_size=1, max_size=5))
def test_the_window(some: list[Alive]) -> None:
    """Beside those that serve, or the oldest; what it has cost is known where all births are."""
    further = cost.beside(some)
    assert len(further) == (
        sum(not each.serves for each in some) if any(each.serves for each in some) else len(some) - 1
    )
    spent = cost.so_far(some, NOW)
    if all(each.born is not None for each in some):
        assert spent is not None
        assert spent >= 0
    assert (spent is None) <= any(each.born is None for each in some)


@given(st.lists(belts(), min_size=1, max_size=5))
def test_the_tightest_limits(some: list[Alive]) -> None:
    """Whatever one of them allows less than the others holds for all."""
    limits = Limits.of(some)
    assert all(limits.ceiling <= each.budget.ceiling for each in some)
    assert all(limits.siblings <= each.budget.siblings for each in some)
    assert all(limits.window >= each.budget.window_hours for each in some)


def test_words_of_a_window() -> None:
    """Who is beside whom, what an hour of that costs and has cost, and what the month comes to."""
    blue = Alive(name="blue", budget=BUDGET, memory_mb=8_960, born=NOW - timedelta(days=90), serves=True)
    green = replace(blue, name="green", born=NOW - timedelta(hours=8), serves=False)
    assert list(bill.together(Census(alive=(green, blue), unread=("red",)), NOW)) == [
        "green beside blue: 0.073 an hour, 0.58 so far",
        "projected: 57.37 of 100.00 a month, 3 of 2 belts",
        "nobody knows what red costs, and it is not reckoned with",
    ]
    assert not list(bill.together(Census(), NOW))


@given(BUDGETS)
def test_a_budget_is_read_as_it_was_written(budget: Budget) -> None:
    """Through JSON and back, to the last digit."""
    mistakes: list[Mistake] = []
    read = decode(Budget, Fields(values=json.loads(json.dumps(encode(budget))), mistakes=mistakes))
    assert (read, mistakes) == (budget, [])


AMOUNTS: dict[str, object] = {"0": 0, "1": 1, "0.022": 0.022, "0.10": "0.10", "0.00001": 1e-05}
NONE: tuple[object, ...] = (
    *(-1, -0.5, "-1", float("nan"), float("inf"), "NaN", "1e3", "", " 1", "1.", ".5", 0.1 + 0.2, 1e-13),
    *(True, None, [], {}, 1_000_001, 10**40, "9" * 13, -0.0, "٣"),
)


@pytest.mark.parametrize(
    ("value", "typed"),
    [*((value, typed) for typed, value in AMOUNTS.items()), *((each, None) for each in NONE)],
)
def test_an_amount(value: object, typed: str | None) -> None:
    """What was typed, exactly; what is negative, no number, or no amount that anybody means is refused."""
    kind = Amount()
    if typed is None:
        with pytest.raises(Unfit):
            kind.typed(value)
    else:
        assert kind.typed(value) == Decimal(typed)


@given(st.floats() | st.integers() | st.text(max_size=6) | st.decimals().map(str))
def test_any_amount(value: object) -> None:
    """Whatever is read lies within its bounds, and is written so that it is read again."""
    kind = Amount(most=10)
    try:
        found = kind.typed(value)
    except Unfit:
        return
    assert 0 <= found <= 10
    assert kind.typed(kind.write(found)) == found


def test_every_field_of_a_budget_may_change_while_a_belt_serves() -> None:
    """A price or a limit makes no other belt of it."""
    hints = Budget.__annotations__
    assert {each.name for each in fields(Budget)} == set(hints)
    assert all(hints[name].__metadata__[0].live for name in hints)
