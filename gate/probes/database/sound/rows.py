"""Every event has its rows, and every row its event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from gate.amounts import agree, amount
from gate.observations.sound import Broken, Rule, Standing, Unread
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.model import Policy
from gate.probes.database.catalog import Catalog
from gate.probes.database.sound.agreed import agreed
from gate.probes.database.sound.bounds import Limits
from gate.probes.database.sound.joined import Joined, Sides, joined, without_row
from gate.probes.database.sound.keys import names_the_log
from gate.probes.database.sound.place import place_of
from gate.probes.database.sound.received import Received
from gate.probes.database.sound.since import Since, written
from gate.probes.database.sound.sources import Source
from gate.probes.unseen import UnseenError

ENOUGH = 1_000
"""Events without a row, after which reading stops."""
NOTHING: Mapping[str, Since] = MappingProxyType({})


async def rows(
    received: Received,
    tables: Catalog,
    policy: Policy,
    within: Mapping[int, Limits],
    sources: Mapping[str, Sequence[Source]],
    *,
    standing: Standing = Standing.DECLARED,
    since: Mapping[str, Since] = NOTHING,
) -> list[Rule | Unread]:
    """Checks both directions for each entity; of the entities in `since`, only what was written since."""
    rules: list[Rule | Unread] = []
    for entity, of_entity in sorted(sources.items()):
        table = tables.table(entity)
        about = f"every event of {entity} has its row, and every row its event"
        if table is None or not table.key:
            why = f"the candidate has no {entity} with a key"
            rules.append(Unread(about=about, why=Unobserved(reason=why, cause=Cause.BAD_ANSWER)))
            continue
        try:
            async with received.snapshot.savepoint():
                place = await place_of(received.snapshot, table, policy.entity(entity), frozenset(within))
                sides = Sides(
                    received=received,
                    table=table,
                    fields=place.fields,
                    sources=tuple(of_entity),
                    progress={chain: limits.progress for chain, limits in within.items()},
                )
                rules += await _entity(sides, standing, since.get(entity))
        except UnseenError as unseen:
            rules.append(Unread(about=about, why=unseen.unobserved))
    return rules


async def _entity(sides: Sides, standing: Standing, since: Since | None) -> list[Rule | Unread]:
    if since is None:
        found = await agreed(sides) or await joined(sides)
    else:
        sides = since.narrowed(sides)
        found = await written(sides)
    unread: list[Rule | Unread] = list(_keyless(sides, found))
    if unread:
        return unread
    forward = [await _forward(sides, number, found, standing) for number in range(len(sides.sources))]
    return [*forward, *_backward(sides, found, standing)]


def _keyless(sides: Sides, found: Joined) -> Iterator[Unread]:
    """Reports ids whose parts the events lack: a mistake in the policy, not a missing row."""
    for source, events in zip(sides.sources, found.events, strict=True):
        if events.keyless:
            why = (
                f"{amount(events.keyless, 'event')} {source.name} {agree(events.keyless, 'does', 'do')} not"
                f" say what `rowId` {source.row_id} is formed of"
            )
            about = f"every event {source.name} has its row of {sides.table.name}"
            yield Unread(about=about, why=Unobserved(reason=why, cause=Cause.UNDECIDABLE))


async def _forward(sides: Sides, number: int, found: Joined, standing: Standing) -> Rule | Unread:
    """Events without a row, except those of undone blocks."""
    source, entity, events = sides.sources[number], sides.table.name, found.events[number]
    about = f"every event {source.name} has its row of {entity}"
    lost = await without_row(sides, source, most=ENOUGH) if events.lost else []
    asked = await sides.received.ask((one.chain, one.block, one.hashed) for one in lost)
    lost = [one for one in lost if (one.chain, one.block, one.hashed) not in sides.received.undone]
    if not asked:
        why = (
            f"{amount(len(lost), 'event')} {source.name} {agree(len(lost), 'has', 'have')} no row, in more"
            " blocks than are asked of the chain"
        )
        return Unread(about=about, why=Unobserved(reason=why, cause=Cause.UNDECIDABLE))
    at_least = "at least " if len(lost) >= ENOUGH else ""
    broken = Broken(
        words=(
            f"{at_least}{len(lost):,} of {amount(events.total, 'event')} {source.name}"
            f" {agree(len(lost), 'has', 'have')} no row of {entity}"
        ),
        rows=len(lost),
        examples=tuple(
            f"{entity} {one.key}: log {one.log} of block {one.block} of chain {one.chain}" for one in lost
        ),
    )
    return Rule(
        about=about,
        looked=events.total,
        broken=(broken,) if lost else (),
        standing=standing,
        meant=source.skips,
        declare=f"`skips` with a reason, in the mapping of {source.name} under `sound.mappings`",
    )


def _backward(sides: Sides, found: Joined, standing: Standing) -> Iterator[Rule | Unread]:
    """Rows without an event, and rows that precede their event or are of another chain.

    The events asked of the chains need not be all that make rows, so that this is inferred.
    """
    entity = sides.table.name
    mapped = any(source.contract for source in sides.sources)
    if not mapped and not all(names_the_log(source.row_id) for source in sides.sources):
        return
    about = f"every row of {entity} has its event"
    if sides.covered is None:
        why = f"rows of {entity} do not say their chain, and not every chain has an event for them"
        yield Unread(about=about, why=Unobserved(reason=why, cause=Cause.UNDECIDABLE))
        return
    yield Rule(
        about=about,
        looked=found.rows,
        broken=_broken(
            entity,
            f"of {amount(found.rows, 'row')} of {entity} {agree(found.lost, 'has', 'have')} no event",
            found.lost,
            found.lost_rows,
        ),
        standing=standing if mapped else Standing.FOUND,
        meant=next((source.no_event for source in sides.sources if source.no_event), ""),
        declare=f"`noEvent` with a reason, in a mapping of {entity} under `sound.mappings`",
    )
    if found.placed:
        words = (
            f"of {amount(found.placed, 'row')} of {entity}"
            f" {agree(found.misplaced, 'is of another chain than its', 'are of another chain than their')}"
            " event, or from before it"
        )
        yield Rule(
            about=f"every row of {entity} is of the chain of its event, and not from before it",
            looked=found.placed,
            broken=_broken(entity, words, found.misplaced, found.misplaced_rows),
            standing=standing,
            declare=f"`entities.{entity}`, the columns that hold its chain, block and time",
        )


def _broken(entity: str, words: str, count: int, rows: Iterable[str]) -> tuple[Broken, ...]:
    examples = tuple(dict.fromkeys(f"{entity} {key}" for key in rows))
    return (Broken(words=f"{count:,} {words}", rows=count, examples=examples),) if count else ()
