"""The past of the chains, before any chain is asked for it."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.chains import plan
from examples.chains.plan import CHAINS

KINDS = ("transfers", "prices", "opened", "closed", "awarded")
chains = st.sampled_from(list(CHAINS.values()))


def total(wanted: plan.Plan) -> int:
    return sum(wanted.count(kind) for kind in KINDS)


@given(chain=chains, seed=st.integers(), events=st.integers(1_000, 300_000))
def test_any_plan(chain: plan.Chain, seed: int, events: int) -> None:
    """No event is lost in the division, time goes on, and no position is closed before it was opened."""
    wanted = plan.plan(chain, seed=seed, events=events)

    assert total(wanted) == round(events * chain.share)
    assert all(before.timestamp < after.timestamp for before, after in pairwise(wanted.blocks))
    assert all(getattr(block, kind) >= 0 for block in wanted.blocks for kind in KINDS)
    opened, closed = (
        accumulate(getattr(block, kind) for block in wanted.blocks) for kind in ("opened", "closed")
    )
    assert all(far <= further for far, further in zip(closed, opened, strict=True))
    assert (wanted.count("awarded") > 0) is chain.badges


@given(chain=chains, seed=st.integers())
def test_same_seed(chain: plan.Chain, seed: int) -> None:
    """The same seed gives the same past, another one another."""
    assert plan.plan(chain, seed=seed, events=2_000) == plan.plan(chain, seed=seed, events=2_000)
    other = plan.plan(chain, seed=seed + 1, events=2_000)
    assert plan.plan(chain, seed=seed, events=2_000).blocks != other.blocks


def test_default_size() -> None:
    """All chains together have 200,000 events, and blue's four more than 150,000 transfers."""
    plans = {chain.id: plan.plan(chain) for chain in CHAINS.values()}

    assert sum(map(total, plans.values())) >= 200_000
    assert sum(plans[chain].count("transfers") for chain in (1, 10, 8453, 80094)) > 150_000


@given(chain=chains, events=st.integers(100, 300_000))
def test_every_holder_has_points(chain: plan.Chain, events: int) -> None:
    """However short the past: nothing that the live traffic makes belongs to an account that nothing made."""
    wanted = plan.plan(chain, events=events)
    assert wanted.holders >= 1
    assert 2 * wanted.count("transfers") / wanted.holders >= plan.TIMES or wanted.holders == 1


def test_shares() -> None:
    """What the size says is divided among the chains without a remainder."""
    assert sum(chain.share for chain in CHAINS.values()) == pytest.approx(1)
