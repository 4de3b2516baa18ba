"""What the candidate indexes from is what the policy says, or who proves it may be who misled it."""

import pytest

from gate.checks.ground_truth import judge
from gate.finding import Point
from gate.observations import NOT_LOOKED, Cause, Relay, Unobserved
from gate.outcome import Outcome
from gate.policy import Policy
from gate.secret import Address
from tests.unit.gate.core.builders import belt, chain, endpoints, policy, seen

OWN = "https://own.test/1"


def found(*urls: str, says: Policy | None = None, **more: Relay | Unobserved) -> Point:
    candidate = belt("green", sources={1: tuple(map(Address, urls))})
    given = seen(endpoints=endpoints(candidate=candidate), **more)
    finding = judge(given, says or policy(chains=(chain(1),)))
    [point] = [point for point in finding.points if point.part.path == "ground-truth.sources"]
    return point


@pytest.mark.parametrize(
    "urls", [(OWN,), ("https://key.OWN.test:443/another-key",), (OWN, "https://own.test./2")]
)
def test_the_same_provider(urls: tuple[str, ...]) -> None:
    """Keys, paths and spellings make no other."""
    assert found(*urls).outcome is Outcome.PASSED


def test_the_very_provider_that_is_asked() -> None:
    """It would vouch for what it left out itself."""
    point = found("https://independent.example/secret-key-of-ours")
    assert point.outcome is Outcome.FAILED
    assert "https://independent.example, whom the policy asks as if the belts did not" in point.observed
    assert "secret-key-of-ours" not in str(point)


def test_one_more_provider() -> None:
    """A second source, such as Envio's own service beside an RPC, counts as well."""
    point = found(OWN, "https://1.hypersync.xyz")
    assert point.outcome is Outcome.FAILED
    assert "`chains.1.indexedFrom`" in point.advice
    named = policy(chains=(chain(1, indexed_from=(Address(OWN), Address("https://eth.hypersync.xyz"))),))
    assert found(OWN, "https://1.hypersync.xyz", says=named).outcome is Outcome.PASSED


def test_another_port_of_the_one_node() -> None:
    """Where there is one node, its ports are the same; another host is not."""
    own = (Address("http://127.0.0.1:8545"),)
    one = policy(chains=(chain(1, rpc=own, indexed_from=own, one_node=True),))
    several = policy(chains=(chain(1, indexed_from=own),))
    assert found("http://localhost:9999", says=one).outcome is Outcome.PASSED
    assert found("http://localhost:9999", says=several).outcome is Outcome.FAILED
    assert found("http://10.0.0.1:8545", says=one).outcome is Outcome.FAILED


def test_another_provider_behind_the_relay() -> None:
    """What was told when the belt came up hides nobody whom its relay dials now."""
    other = Relay(dialled={1: (Address("https://independent.example/key"),)})
    point = found(OWN, relay=other)
    assert point.outcome is Outcome.FAILED
    assert "https://independent.example, whom the policy asks as if the belts did not" in point.observed
    assert found(OWN, relay=Relay(dialled={1: (Address(OWN),)})).outcome is Outcome.PASSED
    assert found(OWN, relay=Relay(dialled={})).outcome is Outcome.PASSED


def test_a_relay_that_does_not_say_whom_it_dials() -> None:
    """Nobody can tell then, whatever was told before."""
    point = found(OWN, relay=Unobserved(reason="it does not answer", cause=Cause.DENIED))
    assert point.outcome is Outcome.COULD_NOT_TELL
    assert point.observed == "it does not answer"
    assert found(OWN, relay=NOT_LOOKED).outcome is Outcome.COULD_NOT_TELL


def test_a_chain_of_which_nobody_says_it() -> None:
    """Nothing named is no agreement."""
    assert found().outcome is Outcome.COULD_NOT_TELL


def test_a_belt_by_its_url_alone() -> None:
    """It cannot be told, and the advice says where to name it, and what to accept."""
    given = seen(endpoints=endpoints(candidate=belt("green", sources=None)))
    [point] = [p for p in judge(given, policy()).points if p.part.path == "ground-truth.sources"]
    assert point.outcome is Outcome.COULD_NOT_TELL
    assert "`candidate.sources`" in point.advice
    assert "accept `ground-truth.sources`" in point.advice
