"""Every log of every chain's whole history is a row of the candidate, and every such row is a log."""

from collections.abc import Iterator
from dataclasses import replace

from gate.amounts import amount
from gate.checks.nearness import far
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations.history import (
    ChainHistory,
    ChainUnproved,
    Difference,
    EntityHistory,
    History,
    Unlike,
)
from gate.observations.truth import Below
from gate.observations.unobserved import Cause, Unobserved
from gate.policy import Policy
from gate.quoted import pair, quoted

HISTORY = Part(
    claim=Claim.GROUND_TRUTH,
    name="history",
    sentence="every log of the whole history has its row, and every row its log",
    needs=frozenset({Access.RPC, Access.DATABASE}),
    reads=("history",),
    without="without the candidate's database, rows are only sampled: say `proof: sampling` in the policy",
)
COMMAND = "python -m gate prove --endpoints FILE --policy FILE"
SAMPLED = (
    "Give it in the endpoints file; where there is none to give, say `proof: sampling` in the policy, which"
    " the report lists as looser."
)
INSTEAD = {
    Cause.NOT_GIVEN: SAMPLED,
    Cause.DEADLINE: f"Run `{COMMAND}`, which takes its time and goes on from what is kept; then this again.",
}
"""Advice for causes that need more specific advice here than in other claims."""
LISTED = 10  # ranges and rows listed in one observation


def points(history: History | Unobserved, policy: Policy) -> Iterator[Point]:
    """The points of every chain, the worst of each first."""
    if isinstance(history, Unobserved):
        point = unseen(HISTORY, history, expected=HISTORY.sentence)
        yield replace(point, advice=INSTEAD.get(history.cause, point.advice))
    elif history.sampled:
        yield passed(
            HISTORY,
            expected="the whole history, or samples where the policy chooses them",
            observed="not proved: the policy chooses `proof: sampling`, and the windows decide",
        )
    elif not history.chains:
        yield untold(
            HISTORY,
            expected=HISTORY.sentence,
            observed="no chain was looked at",
            advice="Report this as a defect of the gate.",
        )
    else:
        for chain in history.chains:
            yield from _unproved(chain) if isinstance(chain, ChainUnproved) else _chain(chain, policy)


def summary(history: History | Unobserved) -> str:
    """Summarises how much is proved; empty if nothing was asked or the history was only sampled."""
    if isinstance(history, Unobserved) or history.sampled or not history.chains:
        return ""
    logs = sum(chain.logs for chain in history.chains if isinstance(chain, ChainHistory))
    whole = all(isinstance(chain, ChainHistory) and _is_whole(chain) for chain in history.chains)
    return f"{amount(len(history.chains), 'chain')}, {amount(logs, 'log')}, {'all' if whole else 'not all'}"


def _unproved(chain: ChainUnproved) -> Iterator[Point]:
    yield unseen(HISTORY, chain.why, expected=f"all logs of chain {chain.chain}")


def _is_whole(chain: ChainHistory) -> bool:
    return not chain.open and 0 <= chain.wanted <= chain.height


def _chain(chain: ChainHistory, policy: Policy) -> Iterator[Point]:
    found = [*_gaps(chain), *_far(chain, policy), *_contradictions(chain), *_young(chain)]
    for entity in chain.entities:
        found += _entity(chain, entity)
    if not chain.entities:
        found.append(_nothing(chain, "no event of it is looked at"))
    yield from found or [_proved(chain)]


def _gaps(chain: ChainHistory) -> Iterator[Point]:
    expected = f"all logs of chain {chain.chain} up to block {chain.wanted}"
    if chain.open:
        ranges = [f"blocks {one.first} to {one.last}: {one.reason}" for one in chain.open]
        yield untold(
            HISTORY,
            expected=expected,
            observed=f"chain {chain.chain}: {amount(_blocks(chain), 'block', 'is', 'are')} open; {ranges[0]}",
            advice=f"Run `{COMMAND}`, which goes on from here; add a provider where old logs are gone.",
            evidence=[*ranges[1:LISTED], *chain.notes],
        )
    elif not _is_whole(chain):
        yield untold(
            HISTORY,
            expected=expected,
            observed=f"chain {chain.chain}: the rows are compared up to block {max(chain.height, 0)}",
            advice="The candidate still fills, or nothing of the chain is final yet: run it again later.",
            evidence=chain.notes,
        )


def _far(chain: ChainHistory, policy: Policy) -> Iterator[Point]:
    below = Below(height=chain.wanted, reached=chain.reached, behind=chain.behind)
    yield from far(HISTORY, "all logs", chain.chain, below, policy)


def _young(chain: ChainHistory) -> Iterator[Point]:
    """Judges blocks that are not final yet: a difference fails while its block is part of the chain."""
    young = chain.young
    if young is not None and young.dispute:
        yield _disputed(chain, young.dispute)
    if young is None or not young.differences:
        return
    said = f"{words_of(young.differences[0])}, in a block that is not final yet and stands"
    expected = (
        f"the logs of blocks {young.first} to {young.last} of chain {chain.chain}, by their blocks' hashes"
    )
    evidence = tuple(map(words_of, young.differences[:LISTED]))
    if young.confirmed:
        yield failed(
            HISTORY,
            expected=expected,
            observed=said,
            advice="Find out why the candidate's source gave other logs, and seed the candidate afresh.",
            evidence=(*evidence, f"confirmed by {young.confirmed}"),
        )
    else:
        yield untold(
            HISTORY,
            expected=expected,
            observed=f"{said}, but {young.doubt}",
            advice=f"Give `chains.{chain.chain}.rpc` one more provider, or say `receipts: standard` if so.",
            evidence=evidence,
        )


def _young_words(chain: ChainHistory) -> Iterator[str]:
    """Describes how far the blocks that are not final yet were checked."""
    young = chain.young
    if young is None:
        return
    where = f"chain {chain.chain}: of blocks {young.first} to {young.last + young.left}, not final yet,"
    if young.why is not None:
        yield f"{where} nothing is proved: {young.why.reason}"
        return
    words = f"{where} {amount(young.logs, 'log')} by their blocks' hashes, each with its row"
    if young.undone:
        words += (
            f"; {amount(young.undone, 'block', 'differs that does', 'differ that do')} not stand on both"
            " sides"
        )
    if young.left:
        words += f"; the last {amount(young.left, 'block', 'was', 'were')} not asked for"
    yield words


def _blocks(chain: ChainHistory) -> int:
    return sum(one.last - one.first + 1 for one in chain.open)


def _contradictions(chain: ChainHistory) -> Iterator[Point]:
    for words in chain.disputes[:LISTED]:
        yield _disputed(chain, words)
    for words in chain.strange[:LISTED]:
        yield untold(
            HISTORY,
            expected=f"the candidate to index the contracts that chain {chain.chain} registers",
            observed=words,
            advice="Say under `registeredBy` what the handler registers, or seed the candidate afresh.",
        )


def _disputed(chain: ChainHistory, words: str) -> Point:
    return untold(
        HISTORY,
        expected=f"providers of chain {chain.chain} that agree with the chain, and with themselves",
        observed=words,
        advice=f"Take whoever is wrong out of `chains.{chain.chain}.rpc`, and run it again.",
    )


def _entity(chain: ChainHistory, entity: EntityHistory) -> Iterator[Point]:
    expected = f"{' and '.join(entity.events)} on chain {chain.chain} in {entity.entity}"
    if entity.unread is not None:
        yield unseen(HISTORY, entity.unread, expected=expected)
    elif entity.confirmed:
        yield _unequal(entity, expected)
    elif entity.ranges:
        yield untold(
            HISTORY,
            expected=expected,
            observed=f"chain {chain.chain}: {_different(entity)}, but {entity.doubt}",
            advice=f"Give `chains.{chain.chain}.rpc` one more provider, or say `receipts: standard` if so.",
            evidence=tuple(map(words_of, entity.differences[:LISTED])),
        )
    elif not entity.logs and not entity.rows:
        yield _nothing(chain, f"nobody ever emitted {' or '.join(entity.events)}, and there is no row")
    for words in entity.strange:
        yield untold(
            HISTORY,
            expected=expected,
            observed=words,
            advice="Name the event that writes them under `groundTruth`, or find out who wrote them.",
        )


def _unequal(entity: EntityHistory, expected: str) -> Point:
    more = " and more" if len(entity.differences) > LISTED or entity.ranges > 1 else ""
    return failed(
        HISTORY,
        expected=expected,
        observed=f"{words_of(entity.differences[0])}{more}; {_different(entity)}",
        advice=_advice(entity),
        evidence=(*map(words_of, entity.differences[:LISTED]), f"confirmed by {entity.confirmed}"),
    )


def _advice(entity: EntityHistory) -> str:
    """Shows both keys if those of `rowId` and of the candidate differ in form: then `rowId` is at fault."""
    seed = "ind out why the candidate's source gave other logs, and seed the candidate afresh."
    wanted = next((one.key for one in entity.differences if one.kind is Unlike.MISSING), None)
    there = next((one.key for one in entity.differences if one.kind is Unlike.INVENTED), None)
    if wanted is None or there is None:
        return f"F{seed}"
    return (
        f"`rowId` calls for keys such as {quoted(wanted)}, and {entity.entity} has rows such as"
        f" {quoted(there)}: if the handler forms them so, correct `rowId`; else f{seed}"
    )


def _different(entity: EntityHistory) -> str:
    return (
        f"{amount(entity.rows, 'row')} of {entity.entity} beside {amount(entity.logs, 'log')}, in"
        f" {amount(entity.ranges, 'range')} that"
        " differ"
    )


def words_of(one: Difference) -> str:
    """Formats a difference for an operator: chain, block, log index and kind."""
    index = "" if one.log_index is None else f", log {one.log_index}"
    where = f"chain {one.chain}, block {one.block}{index}" if one.block is not None else f"chain {one.chain}"
    if one.kind is Unlike.CHANGED:
        held, told = pair(one.held, one.told)
        said = f"{one.column} of {one.key} is {held}, the log says {told}"
        return f"{where}: {one.kind} argument, {said}"
    words = "has no row" if one.kind is Unlike.MISSING else "is no log"
    return f"{where}: {one.kind}, {one.key} of {one.entity} {words}"


def _nothing(chain: ChainHistory, words: str) -> Point:
    return untold(
        HISTORY,
        expected=f"logs on chain {chain.chain}",
        observed=f"chain {chain.chain}: {words}",
        advice="Perhaps the event or the address has a typo; if it is right, take it out of the policy.",
    )


def _proved(chain: ChainHistory) -> Point:
    return passed(
        HISTORY,
        expected=f"all logs of chain {chain.chain} up to block {chain.wanted}",
        observed=(
            f"chain {chain.chain}: {amount(chain.logs, 'log')} of blocks {chain.first} to {chain.height},"
            " all, each with its row"
        ),
        evidence=(
            _ranges(chain),
            *_young_words(chain),
            *(
                f"{entity.entity}: {amount(entity.logs, 'log')}, {', '.join(entity.columns)}"
                for entity in chain.entities
            ),
            *chain.notes,
        ),
    )


def _ranges(chain: ChainHistory) -> str:
    roots = ", each block with its receipts root" if chain.rooted else ""
    return (
        f"chain {chain.chain}: {amount(chain.ranges, 'range')} by {', '.join(chain.providers)}{roots};"
        f" {chain.again:,} of their pieces asked anew"
    )
