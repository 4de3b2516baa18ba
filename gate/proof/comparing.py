"""Compares the sums of the candidate's rows with those of the chain's logs, and names the differences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gate.amounts import agree, amount
from gate.observations.history import Difference, EntityHistory, Unlike
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Unobserved
from gate.probes.database.session import Snapshot
from gate.probes.unseen import UnseenError
from gate.proof.asking import log_text
from gate.proof.decoding import UnreadableError
from gate.proof.footprint import Asked
from gate.proof.form import Row, row_text, rows
from gate.proof.naming import called_for, differences, held
from gate.proof.roots import ContradictedError
from gate.proof.rows import BELOW, NOWHERE, View, others
from gate.proof.said import Said
from gate.proof.settling import Settled, settled
from gate.proof.spans import Span, edges
from gate.proof.sums import NONE, Sums, sums_of
from gate.proof.times import hangs_on_time, made_at
from gate.proof.walk import Walk

MOST_RANGES = 3
"""Ranges of one entity and chain whose logs are requested again to name the differences."""
MOST_NAMED = 20
MOST_UNPLACED = 50_000
"""If there are more rows without a block than this, they are not named individually."""
MOST_SETTLED = 3
"""Blocks for which a second provider is asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proved:
    """One proved chain: its walk, what that found, and up to which block rows are compared."""

    walk: Walk
    said: Mapping[str, Sequence[Said]]
    height: int

    def edges_of(self, asked: Sequence[Asked]) -> list[int]:
        """The first blocks of the ranges that all given events share, and the block above the last one."""
        lists = [[one.span for one in self._known(each)] for each in asked]
        first = min((spans[0].first for spans in lists if spans), default=0)
        found = edges(lists, Span(first, self.height)) if first <= self.height else []
        return [*found, self.height + 1]

    def sums(self, asked: Sequence[Asked], span: Span) -> tuple[Sums, Sums]:
        """The sums of the logs and the rows of some events in a range."""
        logs = whole = NONE
        for each in asked:
            for said in self._known(each):
                if span.first <= said.span.first and said.span.last <= span.last:
                    logs, whole = logs.plus(said.logs), whole.plus(said.rows)
        return logs, whole

    def _known(self, asked: Asked) -> list[Said]:
        return [said for said in self.said.get(asked.key, ()) if said.span.last <= self.height]


def common_height(said: Mapping[str, Sequence[Said]], asked: Iterable[Asked], most: int) -> int | None:
    """The highest block, at most `most`, up to which every event is known without gaps in whole ranges."""
    heights = set[int]()
    first = True
    for each in asked:
        reached, ends = (each.start or 0) - 1, {-1}
        for one in said.get(each.key, ()):
            if one.span.first > reached + 1:
                break
            reached = one.span.last
            ends.add(reached)
        below = {end for end in heights if end < (each.start or 0)}
        heights = ends if first else (heights & ends) | below
        first = False
    return max((end for end in heights if 0 <= end <= most), default=None)


Found = Mapping[tuple[str | None, int], Sums]
"""The sums of the candidate's rows, by chain and range."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A view's rows on one chain, and the events that require them.

    `progress` is the candidate's last block, for rows without a block, which all count up to it.
    """

    view: View
    progress: int
    chain: int
    asked: Sequence[Asked]
    proved: Proved


async def compared(
    snapshot: Snapshot, parts: Sequence[Part], found: Found
) -> list[tuple[int, EntityHistory]]:
    """Compares a view's rows on each of its chains with what the chain requires."""
    astray = strays(parts[0].view, found)
    beside = await others(snapshot, parts[0].view)
    results = []
    for part in parts:
        chain, entity = part.chain, await _on_chain(snapshot, part, found)
        own = sum(sums.texts for (named, _), sums in found.items() if named == str(chain))
        entity = replace(
            entity, strange=(*entity.strange, *astray), held=own, others=beside.get(str(chain), 0)
        )
        results.append((chain, entity))
        astray = ()
    return results


def strays(view: View, found: Found) -> tuple[str, ...]:
    """Reports rows on chains for which the policy names no event.

    Rows on a named chain that could not be proved, or that forms other keys, are reported there.
    """
    known = {str(chain) for chain in view.named}
    lost: dict[str | None, int] = {}
    for (chain, _), sums in found.items():
        if chain not in known:
            lost[chain] = lost.get(chain, 0) + sums.texts
    return tuple(
        f"{amount(count, 'row')} of {view.form.entity} {agree(count, 'is', 'are')} of chain {chain}, where"
        " the policy names no event of theirs"
        if chain is not None
        else (
            f"{amount(count, 'row')} of {view.form.entity} {agree(count, 'does', 'do')} not say of which"
            f" chain {agree(count, 'it is', 'they are')}"
        )
        for chain, count in lost.items()
    )


async def _on_chain(snapshot: Snapshot, part: Part, found: Found) -> EntityHistory:
    view, chain, asked, proved = part.view, part.chain, part.asked, part.proved
    borders = view.edges[chain]
    spans = [Span(first, after - 1) for first, after in pairwise(borders)]
    if not view.placed:
        return await _unplaced(snapshot, part, found)
    unequal, logs, count = [], 0, 0
    for bucket, span in enumerate(spans, start=1):
        said, wanted = proved.sums(asked, span)
        there = found.get((str(chain), bucket), NONE)
        logs, count = logs + said.texts, count + there.texts
        if there != wanted:
            unequal.append(span)
    entity = replace(
        _blank(part), logs=logs, rows=count, ranges=len(unequal), strange=tuple(_strange(part, found))
    )
    if not unequal:
        return entity
    try:
        return await _named(snapshot, part, entity, unequal[:MOST_RANGES])
    except UnseenError as unseen:
        return replace(entity, unread=unseen.unobserved)


def _blank(part: Part) -> EntityHistory:
    form = part.view.forms[part.chain]
    return EntityHistory(
        entity=form.entity,
        events=tuple(each.source.words for each in part.asked),
        columns=(form.key.column, *(field.column for field in form.fields)),
        where=form.where,
        logs=0,
        rows=0,
    )


async def _unplaced(snapshot: Snapshot, part: Part, found: Found) -> EntityHistory:
    """Compares all rows without a block with all logs up to the candidate's own block.

    The last logs are not final, so only differences below them count against the candidate.
    """
    first, height = part.view.edges[part.chain][0], part.proved.height
    said, wanted = part.proved.sums(part.asked, Span(first, height))
    young: list[tuple[Row, LogSeen]] = []
    made: dict[int, int] = {}
    for each in part.asked:
        if part.progress > height:
            logs = await part.proved.walk.logs(each, Span(height + 1, part.progress), shown=False)
            young += await _rows(part.proved.walk, each, logs, made)
    wanted = wanted.plus(sums_of(row_text(row) for row, _ in young))
    there = found.get((str(part.chain), 1), NONE)
    entity = replace(_blank(part), logs=said.texts, rows=there.texts)
    if there == wanted:
        return entity
    entity = replace(entity, ranges=1)
    if max(said.texts, there.texts) > MOST_UNPLACED:
        return replace(entity, doubt="rows that do not say their block are too many to be named")
    named = await _named(snapshot, part, entity, [Span(first, height)], young, made=made)
    if named.confirmed or named.differences:
        return named
    return replace(named, doubt="only blocks differ that are not final yet: run it again")


def _strange(part: Part, found: Found) -> Iterable[str]:
    """Reports rows of a chain that lie in none of its ranges."""
    view, chain = part.view, part.chain
    form = view.forms[chain]
    nowhere = found.get((str(chain), NOWHERE), NONE).texts
    if nowhere:
        yield (
            f"{amount(nowhere, 'row')} of {form.entity} on chain {chain} {agree(nowhere, 'does', 'do')} not"
            f" say {agree(nowhere, 'its block, or its key is', 'their block, or their keys are')} not formed"
            f" as {form.key.template.text}"
        )
    below = found.get((str(chain), BELOW), NONE).texts
    if below:
        yield (
            f"{amount(below, 'row')} of {form.entity} on chain {chain} {agree(below, 'lies', 'lie')} below"
            f" block {view.edges[chain][0]}"
        )


async def _named(
    snapshot: Snapshot,
    part: Part,
    entity: EntityHistory,
    spans: Sequence[Span],
    young: Sequence[tuple[Row, LogSeen]] = (),
    *,
    made: Mapping[int, int] | None = None,
) -> EntityHistory:
    """Asks the chain again for differing ranges, and another provider for their differing blocks."""
    proved, asked = part.proved, part.asked
    form = part.view.forms[part.chain]
    rows_there = await held(snapshot, part.view, part.chain, spans)
    given: list[LogSeen] = []
    called: list[tuple[Row, LogSeen]] = list(young)
    times = dict(made or {})
    doubts = []
    for span in spans:
        for each in asked:
            try:
                logs = await proved.walk.logs(each, span)
                called += await _rows(proved.walk, each, logs, times)
            except (ContradictedError, UnreadableError) as fault:
                doubts.append(str(fault))
                continue
            given += logs
            if sums_of(map(log_text, logs)) != proved.sums([each], span)[0]:
                doubts.append(
                    f"other logs of blocks {span.first} to {span.last} were given before: ask again, or"
                    " somebody else"
                )
    found = [
        one
        for one in differences(form, called_for(called), rows_there)
        if one.block is None or one.block <= proved.height
    ]
    entity = replace(entity, differences=tuple(found[:MOST_NAMED]))
    if doubts or not found:
        words = doubts[0] if doubts else "the rows were others a moment before: ask again"
        return replace(entity, doubt=words)
    return await _settled(proved, asked, entity, found, given, made=times)


async def _rows(
    walk: Walk, asked: Asked, logs: Sequence[LogSeen], made: dict[int, int]
) -> list[tuple[Row, LogSeen]]:
    """The rows that logs require; adds the times of their blocks to `made` if the rows hold them."""
    if asked.form is None or not logs:
        return []
    if asked.form.timed:
        made |= await made_at(walk.witnesses.providers[0], logs, alone=walk.witnesses.alone)
    return list(zip(rows(asked.form)(logs, made), logs, strict=True))


async def _settled(
    proved: Proved,
    asked: Sequence[Asked],
    entity: EntityHistory,
    found: Sequence[Difference],
    given: Sequence[LogSeen],
    *,
    made: Mapping[int, int],
) -> EntityHistory:
    """Counts a difference if another witness has the same logs of its block; tries the first three."""
    walk = proved.walk
    words: dict[int, Settled] = {}
    for block in list(dict.fromkeys(one.block for one in found if one.block is not None))[:MOST_SETTLED]:
        mine = [log for log in given if log.block == block]
        words[block] = await settled(
            walk.witnesses,
            walk.witnesses.providers[0],
            block,
            mine,
            lambda log: walk.wants(asked, log),
            hashed=any(one.hashed for one in asked),
            made=made.get(block),
        )
    sure = [
        one
        for one in found
        if one.block in words and words[one.block].confirms(timed=hangs_on_time(asked, one))
    ]
    others = tuple(
        f"{one.key} stands where block {one.block} has a log of an event or a contract that the policy does"
        f" not name for {one.entity}"
        for one in sure
        if _is_of_another(one, words, walk, asked)
    )
    sure = [one for one in sure if not _is_of_another(one, words, walk, asked)]
    if sure:
        first = words[sure[0].block or 0]
        named = (*sure, *(one for one in found if one not in sure))[:MOST_NAMED]
        return replace(entity, differences=named, confirmed=first.words, strange=(*entity.strange, *others))
    doubt = next(filter(None, (one.doubts for one in words.values())), "")
    return replace(entity, doubt=doubt or "nothing else confirms it", strange=(*entity.strange, *others))


def _is_of_another(one: Difference, words: Mapping[int, Settled], walk: Walk, asked: Sequence[Asked]) -> bool:
    """True if an invented row is at a log of the chain that the policy does not cover."""
    if one.kind is not Unlike.INVENTED or one.block is None or one.log_index is None:
        return False
    return any(log.log_index == one.log_index and not walk.wants(asked, log) for log in words[one.block].logs)


def unread(entity: str, events: Iterable[str], why: Unobserved) -> EntityHistory:
    """An entity whose rows could not be read."""
    return EntityHistory(entity=entity, events=tuple(events), columns=(), logs=0, rows=0, unread=why)
