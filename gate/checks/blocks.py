"""Compares the hashes of the blocks behind a candidate's rows with those of the chain."""

from collections.abc import Iterator

from gate.amounts import agree, amount
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Unobserved
from gate.observations.truth import BlocksSeen, ChainSeen

BLOCKS = Part(
    claim=Claim.GROUND_TRUTH,
    name="blocks",
    sentence="the blocks that the candidate has taken its rows from are the chain's own, by their hashes",
    needs=frozenset({Access.RPC, Access.DATABASE}),
    reads=("truth",),
    acceptable=True,
    without="without the candidate's database nobody sees from which blocks it has taken its rows",
)
LISTED = 10  # blocks listed in one observation; the totals are in its text


def points(chain: ChainSeen) -> Iterator[Point]:
    """Yields points for blocks of another chain, disputed blocks and forked blocks, or one that passes."""
    seen, expected = chain.blocks, f"blocks of chain {chain.chain} to be the chain's own in the candidate"
    if isinstance(seen, Unobserved):
        yield unseen(BLOCKS, seen, expected=expected)
        return
    if _is_of_another(seen):
        yield failed(
            BLOCKS,
            expected=expected,
            observed=(
                f"chain {chain.chain}: {len(seen.strange):,} of {amount(seen.received, 'block')} of raw"
                f" events {agree(len(seen.strange), 'is', 'are')} not its own:"
                f" {'; '.join(seen.strange[:LISTED])}"
            ),
            advice=f"Look at what the candidate indexes chain {chain.chain} from: another chain, or a fork.",
        )
    if seen.disputed:
        yield untold(
            BLOCKS,
            expected=f"providers of chain {chain.chain} that know the same blocks",
            observed=f"chain {chain.chain}: {'; '.join(seen.disputed[:LISTED])}",
            advice=f"Take whoever is wrong out of `chains.{chain.chain}.rpc`, and run it again.",
            found=True,
        )
    if seen.forked:
        yield failed(
            BLOCKS,
            expected=expected,
            observed=f"chain {chain.chain}: {len(seen.forked)} of {seen.compared} are of a fork: "
            f"{'; '.join(seen.forked[:LISTED])}",
            advice="A reorganisation was overlooked: seed the candidate afresh; look at the serving belt.",
        )
    elif not seen.disputed and not _is_of_another(seen):
        yield _own(chain, seen, expected)


def _is_of_another(seen: BlocksSeen) -> bool:
    """True if more raw events are foreign than the few that reorganisations leave behind."""
    return len(seen.strange) > 1 and 2 * len(seen.strange) >= seen.received


def _own(chain: ChainSeen, seen: BlocksSeen, expected: str) -> Point:
    own = seen.compared + seen.received - len(seen.strange)
    if not own:
        return untold(
            BLOCKS,
            expected=expected,
            observed=f"chain {chain.chain}: the candidate remembers no block's hash that could be compared",
            advice=f"Keep raw events (`raw_events: true`), or accept `{BLOCKS.path}` with a reason.",
        )
    undone = (
        f"; {len(seen.strange)} more were undone by a reorganisation: {'; '.join(seen.strange[:LISTED])}"
        if seen.strange
        else ""
    )
    return passed(
        BLOCKS,
        expected=expected,
        observed=(
            f"chain {chain.chain}: {amount(own, 'block', 'has', 'have')} the chain's own"
            f" {agree(own, 'hash', 'hashes')}{undone}"
        ),
    )
