"""Compares blocks that are not final yet with the candidate's rows, by the blocks' own hashes.

A block that may still be undone proves nothing for good. But while it is part of the chain, a row that
differs from its logs is wrong. So each difference is looked at twice: it counts if the block has the same
hash before and after the candidate's rows were read, and the candidate itself has a block at or above it that
is the chain's own. What a reorganisation undid, or the candidate has not noticed yet, is left out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from psycopg import sql

from gate.endpoints import Side
from gate.observations.history import Difference, Unlike, Young
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import provider_of
from gate.probes.database.catalog import Catalog
from gate.probes.database.session import Snapshot, connect
from gate.probes.rpc.blocks import Header, headers
from gate.probes.rpc.logs import Filter, logs_by_hash
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.proof.asking import ADDRESSES
from gate.proof.decoding import UnreadableError
from gate.proof.footprint import Asked
from gate.proof.form import Form, Row, rows
from gate.proof.naming import called_for, differences, held
from gate.proof.rows import View, place_of
from gate.proof.settling import settled
from gate.proof.spans import together
from gate.proof.times import demand_genuine, hangs_on_time
from gate.proof.walk import Walk

MOST_BLOCKS = 100
"""Blocks that are checked, from the last final one up."""
MOST_MARKS = 20
"""Blocks that show that the candidate follows the chain, newest first."""
MOST_NAMED, MOST_SETTLED = 20, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look at some blocks: the chain's logs, and the differences in the candidate's rows.

    `made` maps blocks with logs to their times.
    """

    provider: Provider
    made: Mapping[int, int]
    logs: Sequence[LogSeen]
    wanted: int
    found: Sequence[Difference]
    undone: frozenset[int]

    @property
    def blocks(self) -> list[int]:
        """The blocks with differences."""
        return sorted({one.block for one in self.found if one.block is not None})


async def young(world: World, walk: Walk, tables: Catalog, reached: int) -> Young | None:
    """The blocks from the final one up to the candidate's own; `None` if there are none.

    Only what differs in both looks counts, and only if something besides the first provider confirms it.
    """
    last = min(reached, walk.height + MOST_BLOCKS)
    if last <= walk.height:
        return None
    blocks = range(walk.height + 1, last + 1)
    seen = Young(first=blocks[0], last=last, left=reached - last, logs=0)
    try:
        look = await _look(world, walk, tables, blocks)
        seen = replace(seen, dispute=await _dispute(walk, look))
        seen = replace(seen, logs=look.wanted, undone=len(look.undone))
        again = await _look(world, walk, tables, look.blocks) if look.found else look
    except (UnseenError, UnreadableError) as fault:
        why = fault.unobserved if isinstance(fault, UnseenError) else None
        return replace(seen, why=why or Unobserved(reason=str(fault), cause=Cause.UNDECIDABLE))
    seen = replace(seen, undone=len(look.undone | again.undone))
    found = [one for one in again.found if one in look.found]
    return await _settled(walk, again, found, seen) if found else seen


async def _settled(walk: Walk, look: Look, found: Sequence[Difference], seen: Young) -> Young:
    """Counts differences whose block's logs are confirmed elsewhere; tries the first blocks."""
    doubt = ""
    for block in look.blocks[:MOST_SETTLED]:
        mine = [log for log in look.logs if log.block == block and walk.wants(walk.asked, log)]
        judged = await settled(
            walk.witnesses,
            look.provider,
            block,
            mine,
            lambda log: walk.wants(walk.asked, log),
            hashed=any(one.hashed for one in walk.asked),
            made=look.made.get(block),
        )
        strangers = {log.place for log in judged.logs if not walk.wants(walk.asked, log)}
        here = [
            one
            for one in found
            if one.block == block
            and not _at(one, strangers)
            and judged.confirms(timed=hangs_on_time(walk.asked, one))
        ]
        doubt = doubt or judged.doubts
        if here:
            named = (*here, *(one for one in found if one.block != block))[:MOST_NAMED]
            return replace(seen, differences=named, confirmed=judged.words)
    return replace(seen, differences=tuple(found[:MOST_NAMED]), doubt=doubt)


def _at(one: Difference, strangers: Collection[tuple[int, int]]) -> bool:
    """True if an invented row is at a log of another event, which it may belong to."""
    return one.kind is Unlike.INVENTED and (one.block, one.log_index) in strangers


async def _look(world: World, walk: Walk, tables: Catalog, blocks: Sequence[int]) -> Look:
    """Reads the chain, the candidate in one snapshot, and the chain again."""
    provider, before, logs = await _told(walk, blocks)
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        found = [
            one
            for form, asked in _forms(walk.asked)
            for one in await _unlike(snapshot, walk, View.of(form, tables), asked, (before, logs))
        ]
        marks = await _marks(snapshot, tables, walk.chain, blocks[0])
    differing = {one.block for one in found if one.block is not None}
    stands = await _standing(provider, marks) if found else 0
    after = {one.number: one.hash for one in await headers(provider, sorted(differing))}
    undone = frozenset(block for block in differing if block > stands or after[block] != before[block].hash)
    return Look(
        provider=provider,
        made={log.block: before[log.block].timestamp for log in logs},
        logs=logs,
        wanted=sum(walk.wants(walk.asked, log) for log in logs),
        found=[one for one in found if one.block is not None and one.block not in undone],
        undone=undone,
    )


async def _told(walk: Walk, blocks: Sequence[int]) -> tuple[Provider, Mapping[int, Header], list[LogSeen]]:
    """The blocks and their logs, from the first provider that returns them."""
    faults: list[UnseenError] = []
    for provider in walk.witnesses.providers:
        try:
            found = await headers(provider, blocks)
            logs = await logs_by_hash(provider, _filter(walk.asked), found)
            if walk.witnesses.alone:
                for block in found:
                    demand_genuine(provider, block)
        except UnseenError as unseen:
            faults.append(unseen)
        else:
            return provider, {one.number: one for one in found}, logs
    raise faults[0] if faults else UnseenError("nobody can be asked", Cause.NOT_GIVEN)


async def _dispute(walk: Walk, look: Look) -> str:
    """Describes how another provider contradicts the times of these blocks, if rows hold them."""
    timed = [one for one in walk.asked if one.form is not None and one.form.timed]
    wanted = {log.block: log.block_hash for log in look.logs if walk.wants(timed, log)}
    own = provider_of(look.provider.address)
    for other in walk.witnesses.providers:
        if wanted and provider_of(other.address) != own and not walk.witnesses.alone:
            with suppress(UnseenError):  # it may be some blocks behind
                for block in await headers(other, sorted(wanted)):
                    made = look.made[block.number]
                    if block.hash == wanted[block.number] and block.timestamp != made:
                        return (
                            f"{look.provider} says that block {block.number} of chain {walk.chain} was made"
                            f" at {made}, and {other} at {block.timestamp}"
                        )
    return ""


def _filter(asked: Sequence[Asked]) -> Filter:
    """A filter for all events at once; other logs that it matches are told apart by their places."""
    addresses = {one.source.address for one in asked}
    return Filter(
        addresses=() if "" in addresses or len(addresses) > ADDRESSES else tuple(sorted(addresses)),
        topics=(tuple(sorted({one.source.event.topic0 for one in asked})),),
    )


def _forms(asked: Iterable[Asked]) -> list[tuple[Form, list[Asked]]]:
    """The events of one chain by the rows that they write, if rows name their block."""
    groups: dict[object, list[Asked]] = {}
    for one in asked:
        if one.form is not None and place_of(one.form) is not None:
            groups.setdefault(one.form.alike, []).append(one)
    return [(form, group) for group in groups.values() if (form := group[0].form) is not None]


async def _unlike(
    snapshot: Snapshot,
    walk: Walk,
    view: View,
    asked: Sequence[Asked],
    told: tuple[Mapping[int, Header], Sequence[LogSeen]],
) -> list[Difference]:
    """Compares the rows of one form with its logs. A row at an uncovered log may be of another event."""
    blocks, logs = told
    called: list[tuple[Row, LogSeen]] = []
    made = {number: block.timestamp for number, block in blocks.items()}
    for one in asked:
        mine = [log for log in logs if walk.wants([one], log)]
        if one.form is not None and mine:
            called += zip(rows(one.form)(mine, made), mine, strict=True)
    there = await held(snapshot, view, walk.chain, together(blocks))
    strangers = {log.place for log in logs if not walk.wants(asked, log)}
    return [one for one in differences(view.form, called_for(called), there) if not _at(one, strangers)]


async def _marks(snapshot: Snapshot, tables: Catalog, chain: int, first: int) -> dict[int, str]:
    """The newest blocks that the candidate committed with a hash."""
    if tables.checkpoints is None:
        return {}
    query = sql.SQL(
        "SELECT block_number, max(lower(block_hash)) FROM {} WHERE chain_id = {} AND block_number >= {}"
        " AND block_hash IS NOT NULL GROUP BY 1 ORDER BY 1 DESC LIMIT {}"
    ).format(snapshot.checkpoints, *map(sql.Literal, (chain, first, MOST_MARKS)))
    return {int(block): str(hashed) for block, hashed in await snapshot.rows(query)}


async def _standing(provider: Provider, marks: Mapping[int, str]) -> int:
    """The newest of these blocks that is the chain's own: up to it the candidate follows the chain."""
    for block, hashed in marks.items():
        with suppress(UnseenError):  # the provider may be some blocks behind the candidate
            [found] = await headers(provider, [block])
            if found.hash == hashed:
                return block
    return 0
