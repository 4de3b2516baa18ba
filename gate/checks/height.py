"""The candidate is where the serving belt and the chains are, it moves, and it has been there long enough."""

from collections.abc import Callable
from datetime import timedelta

from gate.checks.check import Check
from gate.checks.telling import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.heights import ChainWatch, Heights
from gate.outcome import Outcome
from gate.policy import Policy
from gate.policy.chains import ExpectedChain

NEEDS = frozenset({Access.GRAPHQL, Access.RPC})

REACHED = Part(
    claim=Claim.HEIGHT,
    name="reached",
    sentence="on every chain the candidate reaches the height that the serving belt had",
    needs=frozenset({Access.GRAPHQL}),
    reads=("heights",),
)
AT_HEAD = Part(
    claim=Claim.HEIGHT,
    name="at-head",
    sentence="on every chain the candidate is as near to the head as its limit says",
    needs=NEEDS,
    reads=("heights",),
)
MOVING = Part(
    claim=Claim.HEIGHT,
    name="moving",
    sentence="on every chain the candidate moves while the chain does",
    needs=NEEDS,
    reads=("heights",),
)
SETTLED = Part(
    claim=Claim.HEIGHT,
    name="settled",
    sentence="on every chain the candidate caught up long enough ago",
    needs=frozenset({Access.GRAPHQL}),
    reads=("heights",),
)
PARTS = (REACHED, AT_HEAD, MOVING, SETTLED)


def judge(seen: Observations, policy: Policy) -> Finding:
    """On every chain the candidate is at the head, where the serving belt is, and stays there."""
    return Finding(
        claim=Claim.HEIGHT,
        points=tuple(_point(seen, policy, part, rule) for part, rule in RULES),
        summary=_summary(seen.heights),
    )


Rule = Callable[[ChainWatch, ExpectedChain, Policy, Heights], "Word"]
Word = tuple[Outcome, str]
HOLDS, OPEN, BROKEN = Outcome.PASSED, Outcome.COULD_NOT_TELL, Outcome.FAILED


def _point(seen: Observations, policy: Policy, part: Part, rule: Rule) -> Point:
    """One rule over all chains: the worst chain decides, and every chain is in the evidence."""
    heights = seen.heights
    if isinstance(heights, Unobserved):
        return unseen(part, heights, expected=part.sentence)
    words: list[Word] = []
    for chain in policy.chains:
        watch = heights.of(chain.id)
        if watch is None:
            words.append((BROKEN, f"chain {chain.id}: the candidate does not have it"))
        else:
            level, text = rule(watch, chain, policy, heights)
            words.append((level, f"chain {chain.id}: {text}"))
    worst = max((level for level, _ in words), default=OPEN)
    observed = "; ".join(text for level, text in words if level == worst) or "no chain is expected"
    evidence = tuple(text for _, text in words)
    if worst == HOLDS:
        held = f"on {len(words)} of {len(words)}"
        return passed(part, expected=part.sentence, observed=held, evidence=evidence)
    make = failed if worst == BROKEN else untold
    return make(part, expected=part.sentence, observed=observed, advice=ADVICE[part.name], evidence=evidence)


def _reached(watch: ChainWatch, chain: ExpectedChain, policy: Policy, heights: Heights) -> Word:  # noqa: ARG001
    """No tolerance but time: the height of the serving belt when the watch began has to be reached."""
    if watch.target is None:
        return (HOLDS, "the serving belt has no height on it")
    if watch.last.candidate is None:
        return (BROKEN, f"no block is committed, the serving belt had {watch.target}")
    if watch.last.candidate < watch.target:
        short = watch.target - watch.last.candidate
        return (
            BROKEN,
            f"at {watch.last.candidate}, {short} blocks short of the serving belt's {watch.target}",
        )
    return (HOLDS, f"at {watch.last.candidate}, the serving belt had {watch.target}")


def _at_head(watch: ChainWatch, chain: ExpectedChain, policy: Policy, heights: Heights) -> Word:  # noqa: ARG001
    """The head comes from a provider that the belt does not index from."""
    if isinstance(watch.last.head, Unobserved):
        return (OPEN, watch.last.head.reason)
    if watch.lag is None:
        return (BROKEN, f"no block is committed, the head is {watch.last.head}")
    text = f"{watch.lag} blocks behind the head {watch.last.head}, limit {chain.lag_limit}"
    return (BROKEN if watch.lag > chain.lag_limit else HOLDS, text)


def _moving(watch: ChainWatch, chain: ExpectedChain, policy: Policy, heights: Heights) -> Word:  # noqa: ARG001
    """A belt's own word that it is ready stays true when it stalls, so it is watched instead."""
    if watch.candidate_moved:
        return (HOLDS, f"committed {watch.first.candidate} to {watch.last.candidate}")
    if isinstance(watch.first.head, Unobserved) or isinstance(watch.last.head, Unobserved):
        return (OPEN, "neither the candidate nor a provider showed a block being made")
    if watch.head_moved:
        moved = f"{watch.first.head} to {watch.last.head}"
        return (BROKEN, f"stands at {watch.last.candidate} while the chain went from {moved}")
    if watch.lag == 0:
        return (HOLDS, f"the chain itself stood at {watch.last.head} for {watch.seconds:.0f} s")
    return (OPEN, f"neither moved for {watch.seconds:.0f} s, the candidate {watch.lag} blocks behind")


def _settled(watch: ChainWatch, chain: ExpectedChain, policy: Policy, heights: Heights) -> Word:  # noqa: ARG001
    """Being at the head since a moment ago proves little."""
    if watch.caught_up_at is None:
        return (BROKEN, "never caught up with the head")
    since = heights.ended - watch.caught_up_at
    text = f"caught up {_span(since)} ago, expected {_span(policy.settle)}"
    return (BROKEN if since < policy.settle else HOLDS, text)


RULES: tuple[tuple[Part, Rule], ...] = (
    (REACHED, _reached),
    (AT_HEAD, _at_head),
    (MOVING, _moving),
    (SETTLED, _settled),
)
ADVICE = {
    REACHED.name: "Let the candidate sync on; if it does not move, look at its indexer's log.",
    AT_HEAD.name: "Let the candidate sync on, or set the chain's lagLimit to what is normal for it.",
    MOVING.name: "The indexer of that chain has stalled: look at its log, then restart it.",
    SETTLED.name: "Wait, or set a shorter settle time in the policy.",
}
CHECK = Check(claim=Claim.HEIGHT, parts=PARTS, judge=judge)


def _summary(heights: Heights | Unobserved) -> str:
    """The largest lag of all chains."""
    lags = () if isinstance(heights, Unobserved) else tuple(watch.lag for watch in heights.chains)
    return f"{len(lags)} chains, at most {max((lag or 0 for lag in lags), default=0)} blocks behind"


def _span(span: timedelta) -> str:
    """A time span in the largest unit that suits it."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
