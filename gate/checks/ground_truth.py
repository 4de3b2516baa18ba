"""What the chains say is in the candidate: logs known to exist, and all logs of sampled ranges of blocks."""

from collections.abc import Iterator

from gate.checks.check import Check
from gate.checks.telling import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.truth import ChainSeen, ContractSeen, GoldenSeen, LogSeen, Proof, Truth, WindowSeen
from gate.policy import Policy
from gate.policy.groundtruth import GroundTruth

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
WINDOWS = Part(
    claim=Claim.GROUND_TRUTH,
    name="windows",
    sentence="in sampled blocks of every expected chain, every log has its row, and every event its log",
    needs=frozenset({Access.RPC, Access.GRAPHQL}),
    reads=("truth",),
    without="without the candidate's database, events and blocks that are not the chain's are not looked for",
)
PARTS = (PROVIDERS, GOLDENS, WINDOWS)

LISTED = 10  # rows and events in one observation; the numbers say how many there are


def judge(seen: Observations, policy: Policy) -> Finding:
    """Logs known to exist, and all logs of sampled blocks of every chain, are rows of the candidate."""
    points = tuple(_points(seen.truth, policy))
    return Finding(claim=Claim.GROUND_TRUTH, points=points, summary=_summary(seen.truth))


CHECK = Check(claim=Claim.GROUND_TRUTH, parts=PARTS, judge=judge)


def _points(truth: Truth | Unobserved, policy: Policy) -> Iterator[Point]:
    if isinstance(truth, Unobserved):
        yield from (unseen(part, truth, expected=part.sentence) for part in PARTS)
        return
    seen = {chain.chain: chain for chain in truth.chains}
    for expected in policy.chains:
        if expected.id not in seen:
            yield untold(
                WINDOWS,
                expected=f"windows of chain {expected.id}",
                observed="nothing looked at that chain",
                advice="Report this as a defect of the gate.",
            )
            continue
        chain = seen[expected.id]
        yield from _providers(chain)
        yield from _contracts(chain, truth, policy)


def _providers(chain: ChainSeen) -> Iterator[Point]:
    """Each provider by what it says of itself; one that cannot be asked only matters if none other can."""
    for provider in chain.providers:
        if isinstance(provider.chain, int) and provider.chain != chain.chain:
            yield failed(
                PROVIDERS,
                expected=f"{provider.address} to be a provider of chain {chain.chain}",
                observed=f"it says that it serves chain {provider.chain}",
                advice=f"Correct `chains.{chain.chain}.rpc` in the policy.",
            )
    good = [
        provider for provider in chain.providers if provider.independent and provider.chain == chain.chain
    ]
    silent = tuple(
        f"chain {chain.chain}: {provider.chain.reason}"
        for provider in chain.providers
        if isinstance(provider.chain, Unobserved)
    )
    expected = f"a provider of chain {chain.chain} that the belts do not index from"
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
            WINDOWS,
            expected=f"sampled blocks of chain {chain.chain}",
            observed="the policy names no contract to ask it for",
            advice=f"Name a contract and its event under `groundTruth` for chain {chain.chain}.",
        )
    for contract in chain.contracts:
        yield from _windows(chain, contract, truth)
    yield from _blocks(chain)


def _blocks(chain: ChainSeen) -> Iterator[Point]:
    """Rows of blocks that were reorganised away are on no chain, although both belts may agree on them."""
    seen, expected = chain.blocks, f"blocks of chain {chain.chain} to be the chain's own in the candidate"
    if isinstance(seen, Unobserved):
        yield unseen(WINDOWS, seen, expected=expected)
    elif seen.forked:
        yield failed(
            WINDOWS,
            expected=expected,
            observed=f"chain {chain.chain}: {len(seen.forked)} of {seen.compared} are of a fork: "
            f"{'; '.join(seen.forked[:LISTED])}",
            advice="A reorganisation was overlooked: seed the candidate afresh; look at the serving belt.",
        )
    elif seen.compared:
        yield passed(
            WINDOWS,
            expected=expected,
            observed=f"chain {chain.chain}: {seen.compared} blocks have the chain's own hashes",
        )


def _promise(chain: ChainSeen, contract: ContractSeen, policy: Policy) -> GroundTruth | None:
    """What the policy says of the contract."""
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
        return _not_golden(expected, f"{name} is not {contract.event} of {contract.contract}")
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
    return log.address == promise.contract.lower() and log.topics[:1] == (promise.event.topic0,)


def _not_golden(expected: str, observed: str) -> Point:
    return failed(
        GOLDENS,
        expected=expected,
        observed=observed,
        advice="Check the golden in a block explorer, and correct it in the policy.",
    )


def _windows(chain: ChainSeen, contract: ContractSeen, truth: Truth) -> Iterator[Point]:
    expected = f"{contract.event} of {contract.contract} on chain {chain.chain} in {contract.entity}"
    windows = contract.windows
    if isinstance(windows, Unobserved):
        yield unseen(WINDOWS, windows, expected=expected)
    elif not windows:
        yield untold(
            WINDOWS,
            expected=expected,
            observed="no window was drawn",
            advice="Report this as a defect of the gate.",
        )
    else:
        faults = [
            point for window in windows if (point := _fault(chain, window, expected, truth)) is not None
        ]
        yield from faults or [_held(chain, windows, expected)]


def _fault(chain: ChainSeen, window: WindowSeen, expected: str, truth: Truth) -> Point | None:
    """What does not hold of one window, the worst first."""
    where = f"blocks {window.first} to {window.last} of chain {chain.chain}"
    lines = (f"{where} were drawn with seed {truth.seed}",)
    if window.dispute:
        return failed(
            WINDOWS,
            expected=f"{where}: providers that agree with the chain and with each other",
            observed=window.dispute,
            advice="Ask another provider for that block; take the one that is wrong out of the policy.",
            evidence=lines,
        )
    if words := _unequal(window):
        return failed(
            WINDOWS,
            expected=f"{where}: {expected}",
            observed=words,
            advice="Find out why the candidate's source gave other logs, and seed the candidate afresh.",
            evidence=lines,
        )
    for part in (window.logs, window.proof, window.missing):
        if isinstance(part, Unobserved):
            return untold(
                WINDOWS,
                expected=f"{where}: {expected}",
                observed=part.reason,
                advice=unseen(WINDOWS, part, expected=expected).advice,
                evidence=lines,
            )
    return None


def _unequal(window: WindowSeen) -> str:
    words = []
    if isinstance(window.missing, tuple) and window.missing:
        words.append(f"{len(window.missing)} of {window.logs} logs have no row: {_some(window.missing)}")
    if window.unknown:
        words.append(f"{len(window.unknown)} events are not on the chain: {_some(window.unknown)}")
    if window.wrong:
        words.append(f"{len(window.wrong)} values are not the log's: {_some(window.wrong)}")
    return "; ".join(words)


def _left_over(window: WindowSeen) -> str:
    return (
        f"; {window.undone} events of blocks that the chain has undone have no row" if window.undone else ""
    )


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _held(chain: ChainSeen, windows: tuple[WindowSeen, ...], expected: str) -> Point:
    logs = sum(window.logs for window in windows if isinstance(window.logs, int))
    return passed(
        WINDOWS,
        expected=expected,
        observed=f"chain {chain.chain}: {logs} logs in {len(windows)} windows, each with its row",
        evidence=tuple(
            f"chain {chain.chain}, blocks {window.first} to {window.last}: {window.logs} logs,"
            f" {window.proof.words}{_left_over(window)}"
            for window in windows
            if isinstance(window.proof, Proof)
        ),
    )


def _summary(truth: Truth | Unobserved) -> str:
    if isinstance(truth, Unobserved):
        return ""
    windows = sum(
        len(contract.windows)
        for chain in truth.chains
        for contract in chain.contracts
        if not isinstance(contract.windows, Unobserved)
    )
    return f"{len(truth.chains)} chains, {windows} windows drawn with seed {truth.seed}"
