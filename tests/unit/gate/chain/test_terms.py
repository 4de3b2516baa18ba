"""What a provider takes is learned: less after a refusal, more after a while, and never too often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.policy.chains import ExpectedChain
from gate.policy.providers import DEFAULT_RATE, OWN_RATE, Providers, strangers
from gate.probes.terms import Budget, Size
from gate.secret import Address


@given(limit=st.integers(1, 10**6), first=st.integers(1, 10**6), rounds=st.integers(1, 300))
def test_a_limit_is_found(limit: int, first: int, rounds: int) -> None:
    """At most twenty refusals lead below any limit, and few more follow however long it goes on."""
    size, refused = Size(first, 10**6), 0
    for _ in range(rounds):
        if size.now > limit:
            size.refused(size.now)
            refused += 1
        else:
            size.held()
    assert 1 <= size.now <= 10**6
    assert refused <= 22 + rounds // 16


def test_a_size_grows_again() -> None:
    """What one dense range refused is not the measure of all that come after it."""
    size = Size(10_000, 1_000_000)
    for _ in range(6):
        size.refused(size.now)
    for _ in range(2_000):
        size.held()
    assert size.now > 500_000


@given(
    rate=st.integers(1, 1000),
    asked=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), min_size=1, max_size=60),
)
def test_a_budget_is_never_exceeded(rate: int, asked: list[tuple[float, int]]) -> None:
    """Between any two questions lies the time that the first one and all in between pay for."""
    budget, now = Budget(rate=float(rate)), 100.0
    sent = []
    for pause, questions in asked:
        now += pause
        sent.append((now + budget.wait(questions, now), questions))
    for at, (start, _) in enumerate(sent):
        for end in range(at + 1, len(sent)):
            paid = sum(questions for _, questions in sent[at:end])
            assert sent[end][0] - start >= paid / rate - 1e-6


def test_a_complaint_halves_the_rate_once_a_second() -> None:
    """Twenty questions that were on their way make one complaint, and the rate comes back by itself."""
    budget = Budget(rate=10.0)
    for _ in range(20):
        budget.busy(0.0, 50.0)
    budget.wait(1, 50.0)
    assert budget.wait(1, 50.0) == pytest.approx(0.2)
    budget.answered(1000)
    budget.wait(1, 90.0)
    assert budget.wait(1, 90.0) == pytest.approx(0.1)


def test_a_pause_is_kept() -> None:
    budget = Budget(rate=10.0)
    budget.busy(3.0, 50.0)
    assert budget.wait(1, 50.0) == pytest.approx(3.0)


def rate(url: str, providers: Providers | None = None) -> int:
    return (providers or Providers()).rate_of(Address(url))


def test_the_rate_of_a_provider() -> None:
    """Who is billed for each question is asked slowly, a node of the operator's own is not."""
    assert rate("https://eth-mainnet.g.alchemy.com/v2/key") == DEFAULT_RATE
    assert rate("http://127.0.0.1:8545") == rate("http://erigon:8545") == rate("http://10.0.0.7") == OWN_RATE
    named = Providers(rate=7, rates=(("alchemy.com", 3), ("one.drpc.org", 2)))
    assert rate("https://eth-mainnet.g.alchemy.com/v2/key", named) == 3
    assert rate("https://base-mainnet.g.alchemy.com/v2/other", named) == 3
    assert (rate("https://one.drpc.org/x", named), rate("https://two.drpc.org/x", named)) == (2, 7)


def test_a_rate_of_nobody() -> None:
    """A name that is no provider's is a typo, and says which ones there are."""
    chains = (ExpectedChain(id=1, rpc=(Address("https://eth.alchemy.com/v2/key"),), indexed_from=()),)
    assert strangers(Providers(rates=(("alchemy.com", 3),)), chains) == []
    [mistake] = strangers(Providers(rates=(("alchmey.com", 3),)), chains)
    assert (mistake.path, mistake.got) == ("policy.providers.rates.alchmey.com", "alchmey.com")
    assert "alchemy.com, eth.alchemy.com" in mistake.expected
