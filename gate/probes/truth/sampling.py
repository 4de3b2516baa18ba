"""Compares the chain's logs with the candidate's rows in sampled windows of blocks."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gate.amounts import amount
from gate.observations.truth import GoldenSeen, LogSeen, WindowSeen
from gate.observations.unobserved import NOT_LOOKED, Cause, Unobserved
from gate.policy.groundtruth import GroundTruth
from gate.probes.rpc.logs import pages
from gate.probes.truth.arguments import unequal
from gate.probes.truth.belief import believed
from gate.probes.truth.chain import Chain, Range, filter_of, nobody, row_key, rowed
from gate.probes.truth.holders import Holder
from gate.probes.truth.leftovers import leftovers
from gate.probes.truth.proofs import DisputeError
from gate.probes.truth.spelling import rows_of
from gate.probes.truth.windows import Window, beside, draw
from gate.probes.unseen import UnseenError, unseen_as_value

SEARCHED_PAGES = 16
"""Ranges that are searched if no sampled window has a log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled:
    """The windows, and how many more blocks were searched because no window had a log."""

    windows: tuple[WindowSeen, ...]
    searched: int = 0


@unseen_as_value
async def windows_seen(
    chain: Chain,
    truth: GroundTruth,
    candidate: Holder,
    span: Range | Unobserved,
    goldens: Sequence[GoldenSeen],
) -> Sampled:
    """Windows over the whole range; if none of them has a log, one more at a block that has one."""
    if isinstance(span, Unobserved):
        raise UnseenError(span.reason, span.cause)
    if not chain.believable:
        raise UnseenError(nobody(chain), Cause.NOT_GIVEN)
    if truth.registered_by is not None:
        raise UnseenError(
            f"which contracts {truth.registered_by.contract} registers is told by the proof of the whole"
            " history alone: windows know none of them",
            Cause.UNDECIDABLE,
            advice="Say `proof: whole` in the policy, and run `python -m gate prove`",
        )
    known = [golden.log.block for golden in goldens if isinstance(golden.log, LogSeen)]
    known += await candidate.known(truth, span.height, chain.world.seed)
    drawn = draw(truth, known, start=span.start, height=span.height, seed=chain.world.seed)
    seen = [await _window(chain, truth, candidate, span, window) for window in drawn]
    if any(window.logs != 0 for window in seen):
        return Sampled(windows=tuple(seen))
    block, searched = await _search(chain, truth, span)
    if block is not None:
        more = beside(truth, drawn, block, start=span.start, height=span.height, seed=chain.world.seed)
        seen += [await _window(chain, truth, candidate, span, more)] if more else []
    return Sampled(windows=tuple(seen), searched=searched)


async def _search(chain: Chain, truth: GroundTruth, span: Range) -> tuple[int | None, int]:
    """A block that has such a log, and how many were searched: up from a random one, then from the start."""
    dice = random.Random(f"{chain.world.seed}/{truth.chain}/{truth.entity}")  # noqa: S311 - no secret
    middle = dice.randint(span.start, span.height)
    asked = searched = 0
    try:
        for first, last in ((middle, span.height), (span.start, middle - 1)):
            if last < first:
                continue
            async for page in pages(chain.believable[0], filter_of(truth), first, last):
                if page.logs:
                    return dice.choice(page.logs).block, searched
                asked, searched = asked + 1, searched + page.last - page.first + 1
                if asked >= SEARCHED_PAGES:
                    break
    except UnseenError:
        pass  # nothing was found, which is reported
    return None, searched


async def _window(
    chain: Chain, truth: GroundTruth, candidate: Holder, span: Range, window: Window
) -> WindowSeen:
    """One window; before cached logs count against the candidate, the chain is asked again."""
    seen, kept = await _looked(chain, truth, candidate, span, window, anew=False)
    if kept and (seen.missing or seen.unknown or seen.wrong):
        seen, _ = await _looked(chain, truth, candidate, span, window, anew=True)
    return seen


async def _looked(
    chain: Chain, truth: GroundTruth, candidate: Holder, span: Range, window: Window, *, anew: bool
) -> tuple[WindowSeen, bool]:
    """One window, and whether its logs came from the cache."""
    seen = WindowSeen(first=window.first, last=window.last, around=window.around, logs=0, proof=NOT_LOOKED)
    try:
        told = await believed(chain, truth, span, window, anew=anew)
    except DisputeError as dispute:
        return replace(seen, dispute=str(dispute)), False
    except UnseenError as unseen:
        return replace(seen, logs=unseen.unobserved, proof=unseen.unobserved), False
    seen = replace(seen, logs=len(told.logs), proof=told.proof)
    try:
        return await _held(chain, truth, candidate, seen, told.logs), told.kept
    except UnseenError as unseen:
        return replace(seen, missing=unseen.unobserved), told.kept


async def _held(
    chain: Chain, truth: GroundTruth, candidate: Holder, seen: WindowSeen, logs_seen: Sequence[LogSeen]
) -> WindowSeen:
    """Compares the chain's logs with the candidate's rows, and its events with the chain's logs."""
    own = rowed(truth, logs_seen)
    wanted = {row_key(truth, log): log for log in own}
    if len(wanted) < len(own):
        raise UnseenError(
            f"{amount(len(own), 'log', 'has', 'have')} only {amount(len(wanted), 'key')} by `rowId`, which"
            " does not tell them apart",
            Cause.UNDECIDABLE,
            advice="Write `rowId` as the handler forms it, with what tells rows apart, such as `{logIndex}`",
        )
    rows = await rows_of(candidate, truth, wanted)
    place = await candidate.place(truth)
    places = {log.place for log in logs_seen}
    events = await candidate.events(truth, seen.first, seen.last) or ()
    strange = [event for event in events if event.place not in places]
    left_over = await leftovers(chain, truth, candidate, strange)
    unknown = {event.place for event in strange if event not in left_over}
    wrong = [
        f"{key}: {value.column} is {value.candidate}, the log says {value.serving}"
        for key, row in sorted(rows.items())
        for value in (
            *unequal(truth, wanted[key], row),
            *place.wrong(truth.chain, wanted[key], row),
        )
    ]
    return replace(
        seen,
        logs=len(wanted),
        missing=tuple(sorted(wanted.keys() - rows.keys())),
        unknown=tuple(f"log {index} of block {block}" for block, index in sorted(unknown)),
        undone=len(left_over),
        wrong=tuple(wrong),
    )
