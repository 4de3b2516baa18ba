"""Proves rows that the serving belt lost: each is a log of the chain, matching the candidate's row.

Only for entities and chains that the policy names, row by row, and by an independent provider.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from gate.observations.rows import EntityRows, Group, Kind, RowDifference, Rows
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Unobserved
from gate.policy.groundtruth import GroundTruth
from gate.probes.database.relation import id_in
from gate.probes.truth.arguments import unequal
from gate.probes.truth.chain import filter_of, hashed, row_key
from gate.probes.truth.holders import Holder, holder
from gate.probes.truth.spelling import checksummed, rows_of
from gate.probes.truth.testimony import said_of_block, witness
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

BLOCKS = 300  # blocks of one chain that are requested: after a larger loss, seed afresh and do not waive


async def with_lost(world: World, rows: Rows) -> Rows:
    """Marks the extra rows that are logs which the serving belt lost."""
    return replace(
        rows,
        entities=tuple(
            [await _proved(world, one) if isinstance(one, EntityRows) else one for one in rows.entities]
        ),
    )


async def _proved(world: World, entity: EntityRows) -> EntityRows:
    """One entity; if the chain cannot be asked, its rows stay extra, with the reason."""
    chains = sorted(
        {
            waiver.chain
            for waiver in world.policy.waivers.lost
            if waiver.entity == entity.entity and waiver.holds(world.began)
        }
    )
    if not chains or not entity.totals.extra or not entity.totals.complete:
        return entity
    found: dict[str, RowDifference] = {}
    unknown: list[str] = []
    for chain in chains:
        extra = [row for row in entity.differences if row.kind is Kind.EXTRA and row.chain == str(chain)]
        named = {id_in(row.key) if entity.by_chain else row.key: row for row in extra}
        told = await _logs_behind(world, entity.entity, chain, named)
        if isinstance(told, Unobserved):
            unknown.append(told.reason)
        else:
            found |= {row.key: row for name, row in named.items() if name in told}
    if not found:
        return replace(entity, testimony=(*entity.testimony, *unknown))
    return replace(
        entity,
        totals=replace(
            entity.totals,
            extra=entity.totals.extra - len(found),
            lost=len(found),
        ),
        differences=tuple(row for row in entity.differences if row.key not in found),
        lost=tuple(found.values()),
        groups=_groups(entity.groups, found.values()),
        testimony=(*entity.testimony, *unknown),
    )


def _groups(groups: Collection[Group], lost: Collection[RowDifference]) -> tuple[Group, ...]:
    number = Counter(row.chain for row in lost)
    return tuple(replace(group, lost=number[group.chain]) for group in groups)


@unseen_as_value
async def _logs_behind(
    world: World, entity: str, chain: int, extra: Mapping[str, RowDifference]
) -> frozenset[str]:
    """The ids of the rows that are logs of the chain with the same contents."""
    truths = [one for one in world.policy.ground_truth if (one.chain, one.entity) == (chain, entity)]
    blocks = sorted({row.block for row in extra.values() if row.block is not None})
    if not truths or not blocks or len(blocks) > BLOCKS:
        return frozenset()
    provider = await witness(world, chain)
    with_hashes = any(map(hashed, truths))
    logs = [
        log for block in blocks for log in await said_of_block(world, provider, block, hashed=with_hashes)
    ]
    found: set[str] = set()
    async with holder(world) as candidate:
        for truth in truths:
            found |= await _alike(candidate, truth, logs, extra.keys())
    return frozenset(found)


async def _alike(
    candidate: Holder, truth: GroundTruth, logs: Collection[LogSeen], wanted: Collection[str]
) -> set[str]:
    """The keys under which the candidate holds a log's contents."""
    keyed: dict[str, LogSeen] = {}
    for log in logs:
        if filter_of(truth).wants(log):
            key = row_key(truth, log)
            keyed |= {spelling: log for spelling in (key, checksummed(key)) if spelling in wanted}
    rows: Mapping[str, Mapping[str, str | None]] = await rows_of(candidate, truth, keyed)
    return {key for key, row in rows.items() if not _unlike(truth, keyed[key], row)}


def _unlike(truth: GroundTruth, log: LogSeen, row: Mapping[str, str | None]) -> bool:
    try:
        return bool(unequal(truth, log, row))
    except UnseenError:
        return True
