"""Compares how many events a belt has counted with those that it has received."""

from psycopg import sql

from gate.amounts import agree, amount
from gate.observations.sound import Broken, Rule, Rules, Unread
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.model import Policy
from gate.probes.database.catalog import Catalog
from gate.probes.database.sound.received import Received, above, newest, of_blocks, shown
from gate.probes.database.sound.survey import Count, Survey, survey
from gate.probes.database.transactions import ALL
from gate.probes.unseen import UnseenError

DECLARE = "`sound.blockHandlers`, with a reason, if the indexer has block handlers, which count as events"


async def events(received: Received, tables: Catalog, policy: Policy) -> Rules:
    """Checks every chain, and every block near the head whose number of events the belt still knows."""
    first = await survey(received)
    await _ask(received, first)
    for count in first.counts:
        if count.more > 0 and count.processed is not None and not policy.sound.block_handlers:
            await _ask_all(received, count.chain)
    counts = (await survey(received) if received.undone else first).counts
    if not any(count.above or count.twice for count in counts):
        received.steady = {count.chain: count.received for count in counts if count.processed is not None}
    rules: list[Rule | Unread] = [_counted(received, count, policy) for count in counts]
    if any(count.above for count in counts):
        rules += await _above(received)
    if any(count.twice for count in counts):
        rules += await _twice(received, tables)
    rules += await checkpoints(received, tables, policy)
    nothing = "" if rules else "the belt indexes no chain"
    return Rules(rules=tuple(rules), nothing=nothing, notes=received.notes)


async def _ask(received: Received, seen: Survey) -> None:
    """Asks the chains only about doubtful blocks; blocks without an answer stay doubtful."""
    doubtful = await of_blocks(received, seen.forked) if seen.forked else []
    if any(count.above for count in seen.counts):
        doubtful += await above(received)
    for chain in sorted({chain for chain, _, _ in doubtful}):
        await _try(received, [block for block in doubtful if block[0] == chain])


async def _ask_all(received: Received, chain: int) -> None:
    await _try(received, await newest(received, chain))


async def _try(received: Received, blocks: list[tuple[int, int, str]]) -> None:
    try:
        whole = await received.ask(blocks)
    except UnseenError as unseen:
        received.silent |= {block[0]: unseen.unobserved for block in blocks}
        return
    if not whole:
        words = "there are more blocks with events than are asked of the chain"
        received.silent |= {
            chain: Unobserved(reason=words, cause=Cause.UNDECIDABLE) for chain, _, _ in blocks
        }


def _counted(received: Received, count: Count, policy: Policy) -> Rule | Unread:
    about = f"chain {count.chain} has counted the events that it has received"
    if count.processed is None:
        words = (
            f"{amount(count.received, 'raw event', 'is', 'are')} of chain {count.chain}, which the belt"
            " does not index"
        )
        return Rule(about=about, looked=count.received, broken=(Broken(words=words, rows=count.received),))
    words = (
        f"chain {count.chain}: {amount(count.processed, 'event', 'was', 'were')} counted,"
        f" {count.received:,} {agree(count.received, 'was', 'were')} received"
    )
    if not count.more:
        return Rule(about=about, looked=count.received)
    if policy.sound.block_handlers and count.more < 0:
        why = f"{words}: block handlers count as events ({policy.sound.block_handlers})"
        return Unread(about=about, why=Unobserved(reason=why, cause=Cause.UNDECIDABLE))
    if count.more > 0 and count.chain in received.silent:
        unseen = received.silent[count.chain]
        why = f"{words}, and whether some are of undone blocks is not known: {unseen.reason}"
        return Unread(about=about, why=Unobserved(reason=why, cause=unseen.cause))
    return Rule(
        about=about,
        looked=count.received,
        broken=(Broken(words=words, rows=abs(count.more)),),
        declare=DECLARE if count.more < 0 else "",
    )


async def _above(received: Received) -> list[Rule | Unread]:
    """Rules about events above the progress: a rollback may leave them, unless the chain lacks the block."""
    blocks = await above(received)
    invented = shown([block for block in blocks if block in received.missing])
    return [
        Rule(
            about=f"no event of chain {chain} lies above the progress",
            looked=len(names),
            broken=(
                Broken(
                    words=(
                        f"chain {chain} does not have {amount(len(names), 'block')} of which there are events"
                    ),
                    rows=len(names),
                    examples=names,
                ),
            ),
        )
        for chain, names in invented.items()
    ]


async def _twice(received: Received, tables: Catalog) -> list[Rule | Unread]:
    """Rules about duplicate events: a rollback repeats an event and all later ones on its chain.

    So what remains, with each event at its last place, must be in the chain's order.
    """
    table = tables.raw_events
    if table is None or table.column("serial") is None:
        return []
    query = sql.SQL(
        "WITH doubled AS (SELECT e.chain_id, e.block_number, e.log_index, e.block_hash AS hashed"
        " FROM {events} e WHERE {live} GROUP BY 1, 2, 3, 4 HAVING count(*) > 1),"
        " kept AS (SELECT chain_id, block_number, log_index, block_hash AS hashed,"
        " max(serial) AS serial FROM {events} e"
        " WHERE {live} AND e.chain_id IN (SELECT chain_id FROM doubled) GROUP BY 1, 2, 3, 4),"
        " ordered AS (SELECT *, max(ARRAY[block_number, log_index]) OVER"
        " (PARTITION BY chain_id ORDER BY serial ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before"
        " FROM kept)"
        " SELECT o.chain_id, o.block_number, o.log_index FROM ordered o"
        " JOIN doubled d USING (chain_id, block_number, log_index, hashed)"
        " WHERE o.before > ARRAY[o.block_number, o.log_index] ORDER BY 1, 2, 3"
    ).format(events=received.events, live=received.live())
    rows = await received.snapshot.rows(query)
    return [
        Rule(
            about=f"no event of chain {chain} stands twice",
            looked=len(found),
            broken=(
                Broken(
                    words=(
                        f"{amount(len(found), 'event')} of chain {chain}"
                        f" {agree(len(found), 'stands', 'stand')} twice, and no rollback is why"
                    ),
                    rows=len(found),
                    examples=tuple(f"chain {chain}, block {block}, log {index}" for _, block, index in found),
                ),
            ),
        )
        for chain in sorted({row[0] for row in rows})
        if (found := [row for row in rows if row[0] == chain])
    ]


async def checkpoints(
    received: Received,
    tables: Catalog,
    policy: Policy,
    *,
    counted: sql.Composable = ALL,
    found: sql.Composable = ALL,
) -> list[Rule | Unread]:
    """Compares the belt's count of each block that can still be undone with the events of that block.

    Or only `counted` checkpoints `k` and `found` events `e`, if no block has others.
    """
    if tables.checkpoints is None:
        return []
    query = sql.SQL(
        "WITH counted AS (SELECT chain_id, block_number, max(lower(block_hash)) AS hashed,"
        " sum(events_processed) AS events FROM {checkpoints} k WHERE {of_counted} GROUP BY 1, 2),"
        " found AS (SELECT e.chain_id, e.block_number, lower(e.block_hash) AS hashed,"
        " count(DISTINCT e.log_index) AS events FROM {events} e WHERE {live} AND {of_found} AND"
        " (e.chain_id, e.block_number) IN (SELECT chain_id, block_number FROM counted) GROUP BY 1, 2, 3)"
        " SELECT c.chain_id, c.block_number, c.events, coalesce(sum(f.events), 0) FROM counted c"
        " LEFT JOIN found f ON f.chain_id = c.chain_id AND f.block_number = c.block_number"
        " AND (c.hashed IS NULL OR f.hashed = c.hashed) GROUP BY 1, 2, 3 ORDER BY 1, 2"
    ).format(
        checkpoints=received.snapshot.checkpoints,
        of_counted=counted,
        events=received.events,
        live=received.live(),
        of_found=found,
    )
    rows = [(int(a), int(b), int(c), int(d)) for a, b, c, d in await received.snapshot.rows(query)]
    return [
        _of_blocks(chain, [row[1:] for row in rows if row[0] == chain], policy)
        for chain in sorted({row[0] for row in rows})
    ]


def _of_blocks(chain: int, blocks: list[tuple[int, int, int]], policy: Policy) -> Rule:
    wrong = [
        f"block {block} of chain {chain}: {amount(counted, 'event', 'was', 'were')} counted, {found:,}"
        f" {agree(found, 'is', 'are')} there"
        for block, counted, found in blocks
        if (found > counted if policy.sound.block_handlers else found != counted)
    ]
    words = (
        f"{len(wrong):,} of {amount(len(blocks), 'block')} {agree(len(wrong), 'has', 'have')} other events"
        f" than were counted: {wrong[0]}"
        if wrong
        else ""
    )
    return Rule(
        about=f"every block of chain {chain} that can be undone has the events that were counted",
        looked=len(blocks),
        broken=(Broken(words=words, rows=len(wrong), examples=tuple(wrong)),) if wrong else (),
        declare=DECLARE,
    )
