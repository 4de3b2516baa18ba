"""The candidate is level with the serving belt and the chains, moves, and has been there long enough."""

from collections.abc import Callable
from functools import partial

from belts.reading.duration import about
from gate.amounts import amount
from gate.checks.check import Check
from gate.checks.settling import at_head
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Unobserved, Watched
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
    sentence="on every chain the candidate has been at the head for long enough",
    needs=frozenset({Access.GRAPHQL}),
    reads=("heights",),
)
BREAKS = Part(
    claim=Claim.HEIGHT,
    name="breaks",
    sentence="somebody watched the candidate for the settle time, and would have seen it leave the heads",
    needs=frozenset({Access.GRAPHQL}),
    reads=("watched",),
    acceptable=True,
    without="that the candidate stayed at the heads without a break, and not only since its last start",
)
PARTS = (REACHED, AT_HEAD, MOVING, SETTLED, BREAKS)


def judge(seen: Observations, policy: Policy) -> Finding:
    """On every chain the candidate is at the head, where the serving belt is, and stays there."""
    return Finding(
        claim=Claim.HEIGHT,
        points=(
            *(_point(seen, policy, part, rule) for part, rule in RULES),
            _point(seen, policy, SETTLED, partial(_settled, seen.watched)),
            _breaks(seen, policy),
        ),
        summary=_summary(seen.heights),
    )


Rule = Callable[[ChainWatch, ExpectedChain, Policy, Heights], "Word"]
Word = tuple[Outcome, str]
HOLDS, OPEN, BROKEN = Outcome.PASSED, Outcome.COULD_NOT_TELL, Outcome.FAILED


def _point(seen: Observations, policy: Policy, part: Part, rule: Rule) -> Point:
    """Applies one rule to all chains: the worst decides, and every chain is listed as evidence."""
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
    """Requires the serving belt's height at the start of the watch: the only tolerance is time."""
    if watch.target is None:
        return (HOLDS, "the serving belt has no height on it")
    if watch.last.candidate is None:
        return (BROKEN, f"no block is committed, the serving belt had {watch.target}")
    if watch.last.candidate < watch.target:
        short = watch.target - watch.last.candidate
        return (
            BROKEN,
            f"at {watch.last.candidate}, {amount(short, 'block')} short of the serving belt's {watch.target}",
        )
    return (HOLDS, f"at {watch.last.candidate}, the serving belt had {watch.target}")


def _at_head(watch: ChainWatch, chain: ExpectedChain, policy: Policy, heights: Heights) -> Word:  # noqa: ARG001
    """Compares with the head that a provider reports which the belt does not index from."""
    if isinstance(watch.last.head, Unobserved):
        return (OPEN, watch.last.head.reason)
    if watch.lag is None:
        return (BROKEN, f"no block is committed, the head is {watch.last.head}")
    if _at_its_end(watch, chain):
        return (HOLDS, f"at its last block {watch.end_block}")
    text = f"{amount(watch.lag, 'block')} behind the head {watch.last.head}, limit {chain.lag_limit}"
    if watch.ended:
        text += f"; it ends at block {watch.end_block}, which neither the serving belt nor the policy says"
    if watch.beyond > chain.ahead_limit:
        text = (
            f"{amount(watch.beyond, 'block')} above the head {watch.last.head} that providers tell, which"
            " lag behind"
        )
        return (OPEN, text + _lagging(watch, chain))
    return (BROKEN if watch.lag > chain.lag_limit else HOLDS, text + _lagging(watch, chain))


def _at_its_end(watch: ChainWatch, chain: ExpectedChain) -> bool:
    """True if the chain's end block is reached and confirmed by the serving belt or the policy."""
    return watch.ended and watch.end_block in {watch.serving_end, chain.end_block}


def _lagging(watch: ChainWatch, chain: ExpectedChain) -> str:
    """Names the providers whose head lags further behind the others than the policy allows."""
    best = max((head for _, head in watch.told), default=0)
    slow = [f"{name} tells {head}" for name, head in watch.told if head + chain.ahead_limit < best]
    return f"; {', '.join(slow)}, and another {best}" if slow else ""


def _moving(watch: ChainWatch, chain: ExpectedChain, policy: Policy, heights: Heights) -> Word:  # noqa: ARG001
    """Watches for progress, because a belt still calls itself ready after it stalls."""
    if _at_its_end(watch, chain):
        return (HOLDS, f"at its last block {watch.end_block}")
    if watch.candidate_moved:
        return (HOLDS, f"committed {watch.first.candidate} to {watch.last.candidate}")
    if isinstance(watch.first.head, Unobserved) or isinstance(watch.last.head, Unobserved):
        return (OPEN, "neither the candidate nor a provider showed a block being made")
    if watch.head_moved:
        moved = f"{watch.first.head} to {watch.last.head}"
        return (BROKEN, f"stands at {watch.last.candidate} while the chain went from {moved}")
    if watch.lag == 0:
        return (HOLDS, f"the chain itself stood at {watch.last.head} for {watch.seconds:.0f} s")
    return (
        OPEN,
        f"neither moved for {watch.seconds:.0f} s, the candidate {_behind(watch)}",
    )


def _behind(watch: ChainWatch) -> str:
    return "nobody knows how far behind" if watch.lag is None else f"{amount(watch.lag, 'block')} behind"


def _settled(
    watched: Watched | Unobserved,
    watch: ChainWatch,
    chain: ExpectedChain,
    policy: Policy,
    heights: Heights,
) -> Word:
    """Requires the settle time at the head.

    Observations come before what the belt itself reports, which a restart rewrites. If nobody watched for
    long enough, the time since its own report counts.
    """
    if watch.caught_up_at is None:
        return (BROKEN, "never caught up with the head")
    found = at_head(watched, chain.id, chain.lag_limit, heights.ended)
    expected, lasted = f"expected {about(policy.settle)}", found.lasted(heights.ended)
    if lasted >= policy.settle and found.since is not None:
        return (HOLDS, f"watched at the head for {about(lasted)} without a break, {expected}")
    if found.broke is not None and heights.ended - found.broke < policy.settle:
        return (BROKEN, f"{found.why}; at the head for {about(lasted)} since then, {expected}")
    since = heights.ended - watch.caught_up_at
    text = f"reached the head {about(since)} ago, or was started then, {expected}"
    return (BROKEN if since < policy.settle else HOLDS, text)


def _breaks(seen: Observations, policy: Policy) -> Point:
    """Judges whether a break would have been noticed; the settled part reports breaks that were."""
    if not policy.settle:
        return passed(BREAKS, expected=BREAKS.sentence, observed="the policy asks for no time at the heads")
    if isinstance(seen.watched, Unobserved):
        return unseen(BREAKS, seen.watched, expected=BREAKS.sentence)
    if isinstance(seen.heights, Unobserved):
        return unseen(BREAKS, seen.heights, expected=BREAKS.sentence)
    now = seen.heights.ended
    found = {chain.id: at_head(seen.watched, chain.id, chain.lag_limit, now) for chain in policy.chains}
    open_ = {
        chain: known
        for chain, known in found.items()
        if known.broke is None and (known.since is None or known.lasted(now) < policy.settle)
    }
    if not found or open_:
        words = "; ".join(f"chain {chain}: {known.why}" for chain, known in open_.items())
        return untold(
            BREAKS,
            expected=BREAKS.sentence,
            observed=words or "no chain is expected",
            advice=f"Wait until the status endpoint has watched for {about(policy.settle)}, or accept it.",
        )
    return passed(BREAKS, expected=BREAKS.sentence, observed=f"on {len(found)} of {len(found)}")


RULES: tuple[tuple[Part, Rule], ...] = (
    (REACHED, _reached),
    (AT_HEAD, _at_head),
    (MOVING, _moving),
)
ADVICE = {
    REACHED.name: "Let the candidate sync on; if it does not move, look at its indexer's log.",
    AT_HEAD.name: "Let the candidate sync on, or set the chain's lagLimit to what is normal for it.",
    MOVING.name: "The indexer of that chain has stalled: look at its log, then restart it.",
    SETTLED.name: "Wait until it has been at the heads for so long, or set a shorter settle time.",
}
CHECK = Check(claim=Claim.HEIGHT, parts=PARTS, judge=judge)


def _summary(heights: Heights | Unobserved) -> str:
    """The number of chains and the largest lag among them."""
    lags = () if isinstance(heights, Unobserved) else tuple(watch.lag for watch in heights.chains)
    return (
        f"{amount(len(lags), 'chain')}, at most"
        f" {amount(max((lag or 0 for lag in lags), default=0), 'block')} behind"
    )
