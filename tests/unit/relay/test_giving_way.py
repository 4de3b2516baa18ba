"""A candidate gives way as soon as the serving belt falls behind, and takes up again after."""

from hypothesis import given
from hypothesis import strategies as st

from belts.relay.giving_way import LEAST, LOOKS, GivingWay

KEY = (9501, 8453)


def test_a_lag_that_grows() -> None:
    """Half the rate at each look, down to a part that is never taken away."""
    way = GivingWay()
    assert way.after({KEY: 10}) == 1.0
    shares = [way.after({KEY: 10 + 20 * look}) for look in range(1, 8)]
    assert shares == [0.5, 0.25, 0.125, LEAST, LEAST, LEAST, LEAST]


def test_it_takes_up_again() -> None:
    """Step by step, when the lag is what it was; at once too where the other one is not seen to need it."""
    way = GivingWay()
    way.after({KEY: 10})
    way.after({KEY: 100})
    assert [way.after({KEY: 10}) for _ in range(5)][-1] == 1.0
    way.after({KEY: 100})
    assert [way.after({}) for _ in range(5)][-1] == 1.0


def test_one_that_is_always_behind() -> None:
    """A belt that stays as far behind as it is does not hold a candidate for ever."""
    way = GivingWay()
    way.after({KEY: 10})
    shares = [way.after({KEY: 500}) for _ in range(LOOKS + 20)]
    assert min(shares) < 1.0
    assert shares[-1] == 1.0


def test_one_chain_of_many() -> None:
    """That one chain falls behind is enough."""
    way = GivingWay()
    way.after({KEY: 10, (9501, 1): 3})
    assert way.after({KEY: 10, (9501, 1): 30}) < 1.0


@given(st.lists(st.dictionaries(st.integers(1, 3).map(lambda n: (1, n)), st.integers(0, 10**9)), max_size=40))
def test_there_is_always_a_part_left(looks: list[dict[tuple[int, int], int]]) -> None:
    """Between the least part and all of it, whatever is seen."""
    way = GivingWay()
    assert all(LEAST <= way.after(lags) <= 1.0 for lags in looks)


@given(st.lists(st.integers(0, 5), max_size=40))
def test_noise_of_a_healthy_belt(lags: list[int]) -> None:
    """Some blocks more or less behind are none."""
    way = GivingWay()
    assert all(way.after({KEY: lag}) == 1.0 for lag in lags)
