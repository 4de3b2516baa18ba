"""The candidate indexes each chain from the sources that the policy declares."""

from collections.abc import Iterator

from gate.claims import Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.policy import Policy
from gate.policy.chains import ExpectedChain, provider_of
from gate.secret import Address

SOURCES = Part(
    claim=Claim.GROUND_TRUTH,
    name="sources",
    sentence="the candidate indexes every chain from what the policy names under `indexedFrom`",
    needs=frozenset(),
    reads=("relay",),
    acceptable=True,
    without="whether a provider that proves the candidate is the one that it indexes from",
)


def points(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Judges each chain by who operates its addresses, without showing keys.

    A relay counts as the upstreams that it reports while it runs: its own address would hide them.
    """
    known = seen.endpoints.candidate.sources
    if known is None:
        yield untold(
            SOURCES,
            expected=SOURCES.sentence,
            observed="nobody says what the candidate indexes from",
            advice="Name it under `candidate.sources` in the endpoints file; a belt of a stack says it once"
            f" its indexer was started by this release. Or accept `{SOURCES.path}` in the policy.",
        )
        return
    relay = seen.relay
    if isinstance(relay, Unobserved):
        yield untold(
            SOURCES,
            expected=SOURCES.sentence,
            observed=relay.reason,
            advice="Bring the candidate's relay back (`python -m belts status` says how it is), then run the"
            f" gate again. Or accept `{SOURCES.path}` in the policy.",
        )
        return
    for chain in policy.chains:
        behind = known.get(chain.id, ())
        more = tuple(each for each in relay.dialled.get(chain.id, ()) if each not in behind)
        yield _chain(chain, (*behind, *more))


def _chain(chain: ExpectedChain, sources: tuple[Address, ...]) -> Point:
    expected = f"chain {chain.id} to be indexed from {_names(chain.indexed_from)}, as the policy says"
    if not sources:
        return untold(
            SOURCES,
            expected=expected,
            observed=f"nobody says what the candidate indexes chain {chain.id} from",
            advice=f"Name it under `candidate.sources.{chain.id}` in the endpoints file, or accept"
            f" `{SOURCES.path}` in the policy.",
        )
    own = {_who(chain, address) for address in chain.indexed_from}
    others = [address for address in sources if _who(chain, address) not in own]
    if not others:
        return passed(SOURCES, expected=expected, observed=f"chain {chain.id}: {_names(sources)}")
    asked = {_who(chain, address) for address in chain.rpc}
    shared = any(_who(chain, address) in asked for address in others)
    words = ", whom the policy asks as if the belts did not" if shared else ""
    return failed(
        SOURCES,
        expected=expected,
        observed=f"the candidate indexes it from {_names(others)}{words}",
        advice=f"Name it under `chains.{chain.id}.indexedFrom` in the policy, and somebody else under `rpc`;"
        " or correct the RPC in the candidate's config, and seed it afresh.",
    )


def _who(chain: ExpectedChain, address: Address) -> str:
    """Who operates an address; for one node it is the host, whatever the port."""
    return address.host if chain.one_node else provider_of(address)


def _names(addresses: tuple[Address, ...] | list[Address]) -> str:
    return ", ".join(map(str, addresses))
