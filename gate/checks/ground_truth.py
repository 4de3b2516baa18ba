"""The candidate holds what the chains say: logs known to exist, and all logs of sampled block ranges."""

from collections.abc import Iterator

from gate.amounts import amount
from gate.checks import blocks, history, sources, windows
from gate.checks.check import Check
from gate.checks.nearness import far
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.truth import ChainSeen, ContractSeen, GoldenSeen, LogSeen, Truth
from gate.policy import Policy
from gate.policy.groundtruth import GroundTruth
from gate.policy.proof import Extent

PROVIDERS = Part(
    claim=Claim.GROUND_TRUTH,
    name="providers",
    sentence="every expected chain has a provider that is one of it and is not the belts' own source",
    needs=frozenset({Access.RPC}),
    reads=("truth",),
)
GOLDENS = Part(
    claim=Claim.GROUND_TRUTH,
    name="goldens",
    sentence="every golden is on its chain and in its entity",
    needs=frozenset({Access.RPC, Access.GRAPHQL}),
    reads=("truth",),
)
PARTS = (PROVIDERS, sources.SOURCES, GOLDENS, windows.WINDOWS, blocks.BLOCKS, history.HISTORY)


def judge(seen: Observations, policy: Policy) -> Finding:
    """Logs known to exist, and all logs of sampled blocks of every chain, are rows of the candidate."""
    points = (
        *sources.points(seen, policy),
        *_points(seen.truth, policy),
        *history.points(seen.history, policy),
    )
    whole = policy.proof is Extent.WHOLE
    summary = history.summary(seen.history) if whole else _summary(seen.truth)
    return Finding(claim=Claim.GROUND_TRUTH, points=points, summary=summary)


CHECK = Check(claim=Claim.GROUND_TRUTH, parts=PARTS, judge=judge)


def _points(truth: Truth | Unobserved, policy: Policy) -> Iterator[Point]:
    if isinstance(truth, Unobserved):
        parts = (part for part in PARTS if "truth" in part.reads)
        yield from (unseen(part, truth, expected=part.sentence) for part in parts)
        return
    seen = {chain.chain: chain for chain in truth.chains}
    for expected in policy.chains:
        if expected.id not in seen:
            yield untold(
                windows.WINDOWS,
                expected=f"windows of chain {expected.id}",
                observed="nothing looked at that chain",
                advice="Report this as a defect of the gate.",
            )
            continue
        chain = seen[expected.id]
        yield from _providers(chain, one_node=expected.one_node)
        yield from _contracts(chain, truth, policy)


def _providers(chain: ChainSeen, *, one_node: bool) -> Iterator[Point]:
    """Judges each provider; an unreachable one matters only if no other can be asked."""
    for provider in chain.providers:
        if isinstance(provider.chain, int) and provider.chain != chain.chain:
            yield failed(
                PROVIDERS,
                expected=f"{provider.address} to be a provider of chain {chain.chain}",
                observed=f"it says that it serves chain {provider.chain}",
                advice=f"Correct `chains.{chain.chain}.rpc` in the policy.",
            )
    yield from _sources(chain)
    good = [
        provider
        for provider in chain.providers
        if (provider.independent or one_node) and provider.chain == chain.chain
    ]
    silent = tuple(
        f"chain {chain.chain}: {provider.chain.reason}"
        for provider in chain.providers
        if isinstance(provider.chain, Unobserved)
    )
    expected = f"a provider of chain {chain.chain} that the belts do not index from"
    if one_node:
        expected = f"the one node of chain {chain.chain}, whose logs count by receipts roots alone"
    if good:
        names = ", ".join(provider.address for provider in good)
        yield passed(PROVIDERS, expected=expected, observed=f"chain {chain.chain}: {names}", evidence=silent)
    else:
        yield untold(
            PROVIDERS,
            expected=expected,
            observed=f"chain {chain.chain}: none of {len(chain.providers)} can be used",
            advice=f"Give `chains.{chain.chain}.rpc` one more URL, of another provider.",
            evidence=silent,
        )


def _sources(chain: ChainSeen) -> Iterator[Point]:
    """Fails a source of another chain; only the belt itself has to reach its sources."""
    for source in chain.sources:
        if isinstance(source.chain, int) and source.chain != chain.chain:
            yield failed(
                PROVIDERS,
                expected=f"{source.address}, which chain {chain.chain} is indexed from, to serve that chain",
                observed=f"it says that it serves chain {source.chain}",
                advice=f"Correct the RPC of chain {chain.chain} in the belts' config, and seed the candidate"
                f" afresh; or correct `chains.{chain.chain}.indexedFrom` in the policy.",
            )


def _contracts(chain: ChainSeen, truth: Truth, policy: Policy) -> Iterator[Point]:
    goldens = [(contract, golden) for contract in chain.contracts for golden in contract.goldens]
    for contract, golden in goldens:
        yield _golden(chain, contract, golden, _promise(chain, contract, policy))
    if not goldens and chain.new:
        yield untold(
            GOLDENS,
            expected=f"a golden on chain {chain.chain}, which is new",
            observed="the policy names none",
            advice=f"Name a log that you know to exist under `groundTruth` for chain {chain.chain}.",
        )
    if not goldens and not chain.new:
        yield passed(
            GOLDENS,
            expected="goldens where a chain is new",
            observed=f"chain {chain.chain} is not new, and the policy names none",
        )
    if not chain.contracts:
        yield untold(
            windows.WINDOWS,
            expected=f"sampled blocks of chain {chain.chain}",
            observed="the policy names no contract to ask it for",
            advice=f"Name a contract and its event under `groundTruth` for chain {chain.chain}.",
        )
    if policy.proof is Extent.WHOLE:
        yield passed(
            windows.WINDOWS,
            expected=f"sampled blocks of chain {chain.chain}, where the policy chooses samples",
            observed=f"chain {chain.chain}: no window is drawn, the whole history is asked for",
        )
    else:
        for contract in chain.contracts:
            yield from windows.points(chain, contract, truth)
        if chain.below is not None:
            yield from far(windows.WINDOWS, "samples", chain.chain, chain.below, policy)
    yield from blocks.points(chain)


def _promise(chain: ChainSeen, contract: ContractSeen, policy: Policy) -> GroundTruth | None:
    """The policy's entry for the contract."""
    return next(
        (
            truth
            for truth in policy.ground_truth
            if (truth.chain, truth.contract, truth.event.text, truth.entity)
            == (chain.chain, contract.contract, contract.event, contract.entity)
        ),
        None,
    )


def _golden(
    chain: ChainSeen, contract: ContractSeen, golden: GoldenSeen, promise: GroundTruth | None
) -> Point:
    name = f"log {golden.log_index} of {golden.transaction}"
    expected = f"{name} on chain {chain.chain}, and its row in {contract.entity}"
    for part in (golden.log, golden.row):
        if isinstance(part, Unobserved):
            return unseen(GOLDENS, part, expected=expected)
    if not isinstance(golden.log, LogSeen):
        return _not_golden(expected, f"chain {chain.chain} has no {name}")
    if promise is None or not _is_of(golden.log, promise):
        return _not_golden(expected, f"{name} is not {contract.event} of {contract.whose}")
    if not golden.row:
        raw = ", although it is among the raw events" if golden.raw else ""
        return failed(
            GOLDENS,
            expected=expected,
            observed=f"{contract.entity} has no row {golden.key}{raw}",
            advice=f"Look at the handler of {contract.event}, and at `rowId` in the policy.",
            evidence=(f"{name} is in block {golden.log.block} of chain {chain.chain}",),
        )
    if golden.wrong:
        words = ", ".join(f"{one.column} is {one.candidate}, not {one.serving}" for one in golden.wrong)
        return failed(
            GOLDENS,
            expected=expected,
            observed=f"row {golden.key}: {words}",
            advice=f"Look at the handler of {contract.event}, and at `columns` in the policy.",
        )
    return passed(GOLDENS, expected=expected, observed=f"chain {chain.chain}: row {golden.key}")


def _is_of(log: LogSeen, promise: GroundTruth) -> bool:
    """True if the log fits the entry; an entry without a contract matches any address."""
    anybody = not promise.contract
    return (anybody or log.address == promise.contract.lower()) and log.topics[:1] == (promise.event.topic0,)


def _not_golden(expected: str, observed: str) -> Point:
    return failed(
        GOLDENS,
        expected=expected,
        observed=observed,
        advice="Check the golden in a block explorer, and correct it in the policy.",
    )


def _summary(truth: Truth | Unobserved) -> str:
    if isinstance(truth, Unobserved):
        return ""
    count = sum(
        len(contract.windows)
        for chain in truth.chains
        for contract in chain.contracts
        if not isinstance(contract.windows, Unobserved)
    )
    return f"{amount(len(truth.chains), 'chain')}, {amount(count, 'window')} drawn with seed {truth.seed}"
