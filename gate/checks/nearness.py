"""Judges how far below the belts' progress rows are compared: rows above are not."""

from collections.abc import Iterator
from datetime import timedelta

from belts.reading.duration import about
from gate.amounts import amount
from gate.claims import Part
from gate.finding import Point, passed, untold
from gate.observations.counts import Counts, EntityCounts
from gate.observations.rows import Cut, Height
from gate.observations.truth import Below
from gate.policy import Policy
from gate.policy.chains import DEFAULT_COMPARE_WITHIN, DEFAULT_REORG_DEPTH

ADVICE = (
    "Name a provider whose finalized block is up to date; or set the chain's `compareWithin` to what is"
    " normal for it."
)


def near(part: Part, counts: Counts, policy: Policy) -> Iterator[Point]:
    """One point for all chains, and one for every entity that is cut at one time for all of them."""
    evidence = tuple(_shown(height) for height in counts.heights)
    far = [height for height in counts.heights if not _near(height, policy)]
    if not counts.heights:
        yield untold(
            part,
            expected=part.sentence,
            observed="there is no chain on which both belts can be compared",
            advice="Wait until both belts have committed blocks of the same chains.",
        )
    elif far:
        yield untold(
            part,
            expected=part.sentence,
            observed="; ".join(
                f"{_shown(height)}, allowed are {about(_within(height, policy))}" for height in far
            ),
            advice=ADVICE,
            evidence=evidence,
        )
    else:
        farthest = max(counts.heights, key=lambda height: height.distance)
        held = f"at most {amount(farthest.distance, 'block')} below, on chain {farthest.chain}"
        yield passed(part, expected=part.sentence, observed=held, evidence=evidence)
    for entity in counts.entities:
        if isinstance(entity, EntityCounts) and entity.cut and not _hides_little(entity.cut, policy):
            yield _hidden(part, entity, entity.cut)


def far(part: Part, what: str, chain: int, below: Below, policy: Policy) -> Iterator[Point]:
    """Reports a final block far below the candidate: no row above it is proved."""
    expected = policy.chain(chain)
    within = DEFAULT_COMPARE_WITHIN if expected is None else expected.compare_within
    distance, behind = below.distance, below.behind
    if distance <= DEFAULT_REORG_DEPTH or (behind is not None and timedelta(seconds=behind) <= within):
        return
    time = "" if behind is None else f" and {about(timedelta(seconds=behind))}"
    yield untold(
        part,
        expected=f"{what} of chain {chain} up to {about(within)} below the candidate, or nearer",
        observed=(
            f"chain {chain}: the last final block is {below.height}, {amount(distance, 'block')}{time}"
            f" below the candidate's {below.reached}"
        ),
        advice=ADVICE,
    )


def _near(height: Height, policy: Policy) -> bool:
    """True if the distance is so short that any chain may rewrite it, or the time is within the limit."""
    if height.distance <= DEFAULT_REORG_DEPTH:
        return True
    return height.behind is not None and timedelta(seconds=height.behind) <= _within(height, policy)


def _within(height: Height, policy: Policy) -> timedelta:
    expected = policy.chain(height.chain)
    return DEFAULT_COMPARE_WITHIN if expected is None else expected.compare_within


def _hides_little(cut: Cut, policy: Policy) -> bool:
    expected = policy.chain(cut.chain)
    within = DEFAULT_COMPARE_WITHIN if expected is None else expected.compare_within
    return timedelta(seconds=cut.behind) <= within


def _hidden(part: Part, entity: EntityCounts, cut: Cut) -> Point:
    return untold(
        part,
        expected=f"rows of {entity.entity} compared up to a second near to the youngest block of every chain",
        observed=f"they name no chain, so all end with chain {cut.chain}, at second {cut.second}:"
        f" {about(timedelta(seconds=cut.behind))} of the other chains are compared by nobody",
        advice=f"Name the column of {entity.entity} that holds the chain (`entities.{entity.entity}.chain`);"
        f" or set `compareWithin` of chain {cut.chain} to the time for which it may stand still.",
    )


def _shown(height: Height) -> str:
    time = "" if height.behind is None else f" and {about(timedelta(seconds=height.behind))}"
    words = (
        f"chain {height.chain}: compared up to block {height.block},"
        f" {amount(height.distance, 'block')}{time} below the lower progress {height.lower}"
    )
    return "; ".join(part for part in (words, _above(height), _lagging(height)) if part)


def _above(height: Height) -> str:
    """Describes the events above the compared height, counted from the belts' own checkpoints."""
    above = height.above
    if above is None or not above.serving + above.candidate:
        return ""
    words = (
        f"above it {amount(above.serving, 'event')} on the serving belt and {above.candidate:,} on the"
        f" candidate, {amount(above.blocks, 'block')} the same on both by their hash"
    )
    if above.unequal:
        words += f", and not as many events in block {', '.join(map(str, above.unequal[:5]))}"
    return words


def _lagging(height: Height) -> str:
    """Names the providers whose final block lags behind the furthest one and so lowers the height."""
    if not height.final:
        return ""
    best = max(block for _, block in height.final)
    slow = [
        f"{name} calls {block} final" for name, block in height.final if block + DEFAULT_REORG_DEPTH < best
    ]
    if slow:
        return f"{', '.join(slow)}, another {best}"
    if best + DEFAULT_REORG_DEPTH < height.lower:
        return f"{' and '.join(name for name, _ in height.final)} calls {best} final, and no provider more"
    return ""
