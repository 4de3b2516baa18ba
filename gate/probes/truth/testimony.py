"""Two belts differ: the chain is asked for the first block at which they do, and says which of them is
wrong.
"""

from dataclasses import replace

from psycopg import sql

from gate.endpoints import Side
from gate.observations.rows import EntityRows, Rows
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.database.session import connect
from gate.probes.database.trace import RAW_EVENTS
from gate.probes.rpc.logs import logs_of_block
from gate.probes.rpc.provider import Provider, provider_of
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

ASKED = 3  # chains of one entity: more witnesses make no difference to what an operator does

NAMES = {Side.SERVING: "the serving belt", Side.CANDIDATE: "the candidate"}

Events = frozenset[tuple[int, str]]  # log index and address


async def with_testimony(world: World, rows: Rows) -> Rows:
    """The rows, and what the chain says about the first divergent block of every entity that has one."""
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
    """The chain of a row; one that names none is of the only chain there is."""
    if chain is not None:
        return int(chain) if chain.isdigit() else None
    return rows.heights[0].chain if len(rows.heights) == 1 else None


@unseen_as_value
async def testimony(world: World, chain: int, block: int) -> str:
    """Compares the events that both belts hold of a block with the logs of the chain."""
    where = f"block {block} of chain {chain}"
    serving = await _events(world, Side.SERVING, chain, block)
    candidate = await _events(world, Side.CANDIDATE, chain, block)
    provider = await _provider(world, chain)
    told = await logs_of_block(provider, block)
    known = {address for _, address in serving | candidate}
    known |= {truth.contract.lower() for truth in world.policy.ground_truth if truth.chain == chain}
    logs = frozenset((log.log_index, log.address) for log in told if log.address in known)
    wrong = [
        f"{NAMES[side]} is wrong: {_difference(events, logs)}"
        for side, events in ((Side.SERVING, serving), (Side.CANDIDATE, candidate))
        if events != logs
    ]
    if wrong:
        return f"{where} has {len(logs)} logs of their contracts, by {provider}: {'; '.join(wrong)}"
    return (
        f"both belts hold the {len(logs)} logs of {where}, by {provider}: the handlers wrote them differently"
    )


def _difference(events: Events, logs: Events) -> str:
    lacking, more = sorted(logs - events), sorted(events - logs)
    words = [f"it lacks log {', '.join(str(index) for index, _ in lacking)}"] if lacking else []
    words += [f"it has log {', '.join(str(index) for index, _ in more)} more"] if more else []
    return " and ".join(words)


async def _events(world: World, side: Side, chain: int, block: int) -> Events:
    """The events of a block as a belt received them."""
    async with connect(world, side) as database, database.snapshot() as snapshot:
        table = snapshot.table(RAW_EVENTS)
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


async def _provider(world: World, chain: int) -> Provider:
    """The first independent provider that answers as one of the chain."""
    expected = world.policy.chain(chain)
    fault = UnseenError(
        f"no independent provider of chain {chain} can be asked which belt is wrong", Cause.NOT_GIVEN
    )
    for address in expected.independent if expected else ():
        try:
            return await world.once(provider_of, address, chain)
        except UnseenError as unseen:
            fault = unseen
    raise fault
