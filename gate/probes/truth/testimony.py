"""Asks the chain about the first block at which two belts differ, to find out which is wrong."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from psycopg import sql

from gate.amounts import amount
from gate.endpoints import Side
from gate.observations.rows import EntityRows, Rows
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.database.session import connect
from gate.probes.rpc.blocks import header
from gate.probes.rpc.logs import Filter, logs_in, logs_of_block
from gate.probes.rpc.provider import Provider, provider_of
from gate.probes.rpc.receipts import proved
from gate.probes.rpc.transactions import demand_hashes
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

ASKED = 3  # chains per entity: more of them would not change what an operator does

NAMES = {Side.SERVING: "the serving belt", Side.CANDIDATE: "the candidate"}

Events = frozenset[tuple[int, str]]  # log index and address


async def with_testimony(world: World, rows: Rows) -> Rows:
    """Adds what the chain says about the first differing block of each entity."""
    entities = [
        await _heard(world, rows, entity) if isinstance(entity, EntityRows) and entity.first else entity
        for entity in rows.entities
    ]
    return replace(rows, entities=tuple(entities))


async def _heard(world: World, rows: Rows, entity: EntityRows) -> EntityRows:
    words = []
    for chain, block in entity.first[:ASKED]:
        number = _chain(rows, chain)
        told = await world.once(testimony, number, block) if number is not None else None
        words.append(told.reason if isinstance(told, Unobserved) else told)
    return replace(entity, testimony=tuple(word for word in words if word))


def _chain(rows: Rows, chain: str | None) -> int | None:
    """The chain of a row; without one, the only chain there is."""
    if chain is not None:
        return int(chain) if chain.isdigit() else None
    return rows.heights[0].chain if len(rows.heights) == 1 else None


@unseen_as_value
async def testimony(world: World, chain: int, block: int) -> str:
    """Compares the events that both belts hold of a block with the logs of the chain."""
    events = {side: await _events(world, side, chain, block) for side in NAMES}
    provider = await witness(world, chain)
    told = await said_of_block(world, provider, block, hashed=False)
    promised = {
        (truth.contract.lower(), truth.event.topic0)
        for truth in world.policy.ground_truth
        if truth.chain == chain
    }
    logs = frozenset((log.log_index, log.address) for log in told)
    meant = logs & frozenset().union(*events.values())
    meant |= {(log.log_index, log.address) for log in told if (log.address, *log.topics[:1]) in promised}
    contracts = {address for _, address in meant}
    indexed = {side: await _indexed(world, side, chain, contracts) for side in NAMES}
    wrong = words(events, indexed, logs=logs, meant=meant)
    if wrong:
        return (
            f"block {block} of chain {chain} has {amount(len(meant), 'log')} of theirs, by {provider}:"
            f" {wrong}"
        )
    return (
        f"both belts hold the {amount(len(meant), 'log')} of block {block} of chain {chain}, by {provider}:"
        " the handlers wrote them differently"
    )


def words(
    events: Mapping[Side, Events], indexed: Mapping[Side, Collection[str]], *, logs: Events, meant: Events
) -> str:
    """Which belt is wrong, and how; a belt does not answer for contracts of which it has no event.

    `logs` are all that the chain has of the block, `meant` are those that a belt holds or the policy names.
    """
    found = []
    for side, held in events.items():
        lacking = frozenset(log for log in meant - held if log[1] in indexed[side])
        if lacking or held - logs:
            found.append(f"{NAMES[side]} is wrong: {_difference(lacking, held - logs)}")
        others = sorted({address for _, address in meant} - set(indexed[side]))
        found += [f"{NAMES[side]} has no event of {address} on this chain at all" for address in others]
    return "; ".join(found)


def _difference(lacking: Events, more: Events) -> str:
    told = [f"it lacks log {', '.join(str(index) for index, _ in sorted(lacking))}"] if lacking else []
    told += [f"it has log {', '.join(str(index) for index, _ in sorted(more))} more"] if more else []
    return " and ".join(told)


async def _indexed(world: World, side: Side, chain: int, contracts: Collection[str]) -> frozenset[str]:
    """Those of the given contracts of which a belt has any event."""
    async with connect(world, side) as database, database.snapshot() as snapshot:
        found = await snapshot.rows(
            sql.SQL(
                "SELECT DISTINCT lower(src_address) FROM {}"
                " WHERE chain_id = {} AND lower(src_address) = ANY({})"
            ).format(snapshot.raw_events, sql.Literal(chain), sql.Literal(sorted(contracts)))
        )
    return frozenset(str(address) for (address,) in found)


async def _events(world: World, side: Side, chain: int, block: int) -> Events:
    """The events of a block as a belt received them."""
    async with connect(world, side) as database, database.snapshot() as snapshot:
        table = snapshot.raw_events
        if not await snapshot.rows(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(table)):
            raise UnseenError(
                f"{NAMES[side]} keeps no raw events, so nobody can say which belt is wrong at block {block}"
                f" of chain {chain}",
                Cause.UNSUPPORTED,
            )
        found = await snapshot.rows(
            sql.SQL(
                "SELECT log_index, lower(src_address) FROM {} WHERE chain_id = {} AND block_number = {}"
            ).format(table, sql.Literal(chain), sql.Literal(block))
        )
    return frozenset((int(index), str(address)) for index, address in found)


async def said_of_block(world: World, provider: Provider, block: int, *, hashed: bool) -> tuple[LogSeen, ...]:
    """All logs of a block; if there is only one node, only what its receipts root proves.

    `hashed` means that the hashes of their transactions matter, which another root has to prove.
    """
    expected = world.policy.chain(provider.chain)
    if expected is None or not expected.one_node:
        return await logs_of_block(provider, block)
    head = await header(provider, block)
    receipts = await proved(provider, head)
    if hashed:
        await demand_hashes(provider, head, receipts)
    return logs_in(provider, receipts, Filter())


async def witness(world: World, chain: int) -> Provider:
    """The first counted provider that answers and serves the chain."""
    expected = world.policy.chain(chain)
    fault = UnseenError(
        f"no independent provider of chain {chain} can be asked which belt is wrong", Cause.NOT_GIVEN
    )
    for address in expected.heard if expected else ():
        try:
            return await provider_of(world, address, chain)
        except UnseenError as unseen:
            fault = unseen
    raise fault
