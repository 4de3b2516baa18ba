"""Sampled windows of blocks: the chain's logs against the candidate's rows."""

from collections.abc import Sequence
from dataclasses import replace

from gate.observations.truth import GoldenSeen, LogSeen, WindowSeen
from gate.observations.unobserved import NOT_LOOKED, Cause, Unobserved
from gate.policy.groundtruth import GroundTruth
from gate.probes.truth.arguments import unequal
from gate.probes.truth.belief import believed
from gate.probes.truth.chain import Chain, Range, nobody, row_key
from gate.probes.truth.holders import Holder
from gate.probes.truth.leftovers import leftovers
from gate.probes.truth.proofs import DisputeError
from gate.probes.truth.windows import Window, draw
from gate.probes.unseen import UnseenError, unseen_as_value


@unseen_as_value
async def windows_seen(
    chain: Chain,
    truth: GroundTruth,
    candidate: Holder,
    span: Range | Unobserved,
    goldens: Sequence[GoldenSeen],
) -> tuple[WindowSeen, ...]:
    if isinstance(span, Unobserved):
        raise UnseenError(span.reason, span.cause)
    if not chain.believable:
        raise UnseenError(nobody(chain), Cause.NOT_GIVEN)
    known = [golden.log.block for golden in goldens if isinstance(golden.log, LogSeen)]
    known += await candidate.known(truth, span.height, chain.world.seed)
    drawn = draw(truth, known, start=span.start, height=span.height, seed=chain.world.seed)
    return tuple([await _window(chain, truth, candidate, span, window) for window in drawn])


async def _window(
    chain: Chain, truth: GroundTruth, candidate: Holder, span: Range, window: Window
) -> WindowSeen:
    seen = WindowSeen(first=window.first, last=window.last, around=window.around, logs=0, proof=NOT_LOOKED)
    try:
        answered, proof = await believed(chain, truth, span, window)
    except DisputeError as dispute:
        return replace(seen, dispute=str(dispute))
    except UnseenError as unseen:
        return replace(seen, logs=unseen.unobserved, proof=unseen.unobserved)
    seen = replace(seen, logs=len(answered), proof=proof)
    try:
        return await _held(chain, truth, candidate, seen, answered)
    except UnseenError as unseen:
        return replace(seen, missing=unseen.unobserved)


async def _held(
    chain: Chain, truth: GroundTruth, candidate: Holder, seen: WindowSeen, logs_seen: Sequence[LogSeen]
) -> WindowSeen:
    """The chain's logs against the candidate's rows, and its events against the chain's logs."""
    wanted = {row_key(truth, log): log for log in logs_seen}
    rows = await candidate.rows(truth, sorted(wanted))
    places = {log.place for log in logs_seen}
    events = await candidate.events(truth, seen.first, seen.last) or ()
    strange = [event for event in events if event.place not in places]
    left_over = await leftovers(chain, truth, candidate, strange)
    unknown = {event.place for event in strange if event not in left_over}
    wrong = [
        f"{key}: {value.column} is {value.candidate}, the log says {value.serving}"
        for key, row in sorted(rows.items())
        for value in unequal(truth, wanted[key], row)
    ]
    return replace(
        seen,
        missing=tuple(sorted(wanted.keys() - rows.keys())),
        unknown=tuple(f"log {index} of block {block}" for block, index in sorted(unknown)),
        undone=len(left_over),
        wrong=tuple(wrong),
    )
