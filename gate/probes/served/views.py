"""Compares the views of the belt's progress with the chain table.

Envio shows it in two views, whose columns have different names in each release. A growing height or number of
events must lie between what the database holds before and after.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_object_type
from psycopg import sql

from belts.envio.release import VIEWS
from gate.observations.served import ViewServed, ViewUnread
from gate.observations.unobserved import Cause
from gate.probes.database.session import Database
from gate.probes.served.door import Door
from gate.probes.served.equal import same
from gate.probes.unseen import UnseenError

COLUMNS = {field: column for view in VIEWS.values() for field, column in view.shows.items()}
"""The fields of all views, and the columns of the chain table that they show."""
GROWING = frozenset({"progress_block", "events_processed", "source_block", "buffer_block"})
FIXED = frozenset({"start_block", "end_block"})
FLOAT4 = 2.0**24
"""Above this, releases that show the number of events as a float4 lose its last digits."""
LOOKS, PAUSE = 3, 0.3

Chains = Mapping[int, Mapping[str, Any]]


async def look(door: Door, database: Database) -> tuple[ViewServed | ViewUnread, ...]:
    """Both views, if the public role may read them."""
    found: list[ViewServed | ViewUnread] = []
    for view, names in views_in((await door.schema()).query_type):
        try:
            found.append(await _view(door, database, view, names))
        except UnseenError as unseen:
            found.append(ViewUnread(view=view, why=unseen.unobserved))
    return tuple(found)


def views_in(root: GraphQLObjectType | None) -> Iterator[tuple[str, list[str]]]:
    """The views that a root offers, with their plain fields."""
    for view in VIEWS:
        field = root.fields.get(view) if root else None
        kind = get_named_type(field.type) if field else None
        if is_object_type(kind):
            yield (
                view,
                sorted(name for name, of in kind.fields.items() if is_leaf_type(get_named_type(of.type))),
            )


def chain_in(view: str, names: Collection[str]) -> str:
    """The field by which a view names its chains."""
    chain = VIEWS[view].chain
    if chain not in names:
        raise UnseenError(f"{view} does not name its chains", Cause.UNDECIDABLE)
    return chain


async def _view(door: Door, database: Database, view: str, names: list[str]) -> ViewServed:
    """Compares one view: what differs in three looks is wrong, or in one if it cannot change."""
    chain = chain_in(view, names)
    query = f"query Progress {{ rows: {view} {{ {' '.join(names)} }} }}"
    wrong: set[str] | None = None
    certain, words = set[str](), dict[str, str]()
    chains: Chains = {}
    for attempt in range(LOOKS):
        if attempt:
            await asyncio.sleep(PAUSE)
        before = await chains_of(database)
        told = told_by((await door.ask(query, {})).get("rows"), chain, view)
        chains = await chains_of(database)
        seen = {lie.subject: lie for lie in lies(before, told, chains)}
        words |= {subject: lie.words for subject, lie in seen.items()}
        certain |= {subject for subject, lie in seen.items() if lie.stands}
        wrong = set(seen) if wrong is None else wrong & set(seen)
        if not wrong:
            break
    found = sorted((wrong or set()) | certain)
    return ViewServed(view=view, chains=len(chains), wrong=tuple(words[one] for one in found))


async def chains_of(database: Database) -> Chains:
    """The whole chain table."""
    async with database.snapshot() as snapshot:
        query = sql.SQL("SELECT c.id, to_jsonb(c) FROM {} c ORDER BY 1").format(snapshot.chains)
        return {int(chain): row for chain, row in await snapshot.rows(query)}


def told_by(rows: object, chain: str, view: str) -> Chains:
    """What a view shows of each chain."""
    if not isinstance(rows, list):
        raise UnseenError(f"{view} does not answer with a list", Cause.BAD_ANSWER)
    try:
        found = {int(row[chain]): row for row in rows}
    except (KeyError, TypeError, ValueError):
        raise UnseenError(f"{view} does not look as Envio writes it", Cause.BAD_ANSWER) from None
    if len(found) != len(rows):
        raise UnseenError(f"{view} names a chain twice", Cause.BAD_ANSWER)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Lie:
    """A shown value that is wrong; `subject` stays the same while numbers grow.

    `stands` means that it cannot have been true for a moment: a chain is never removed, and never starts
    elsewhere.
    """

    subject: str
    words: str
    stands: bool = False


def lies(before: Chains, told: Chains, after: Chains) -> Iterator[Lie]:
    """The shown values that the database held neither before nor after, nor in between."""
    for chain in sorted(after.keys() - told.keys()):
        if chain in before:
            words = f"chain {chain} is in the database, and is not told"
            yield Lie(subject=f"{chain}", words=words, stands=True)
    for chain, row in sorted(told.items()):
        if chain not in after:
            yield Lie(subject=f"{chain}", words=f"chain {chain} is told, and is not in the database")
            continue
        for field, column in COLUMNS.items():
            if field in row and column in after[chain]:
                ends = before.get(chain, after[chain])[column], after[chain][column]
                if not holds(row[field], *ends, column):
                    words = f"{field} is told as {row[field]}, the database has {_span(*ends)}"
                    stands = column in FIXED and ends[0] == ends[1]
                    yield Lie(subject=f"{chain} {field}", words=f"chain {chain}: {words}", stands=stands)


def _span(before: object, after: object) -> str:
    return f"{after}" if before == after else f"{before} to {after}"


def holds(told: object, before: object, after: object, column: str) -> bool:
    """True if the database held a value before or after, or in between if it grows."""
    if any(_alike(told, end) for end in (before, after)):
        return True
    numbers = [_number(value) for value in (told, before, after)]
    if column not in GROWING or any(number is None for number in numbers):
        return False
    number, low, high = (value for value in numbers if value is not None)
    slack = abs(high) / FLOAT4 if column == "events_processed" else 0.0
    return min(low, high) - slack <= number <= max(low, high) + slack


def _alike(told: object, held: object) -> bool:
    if isinstance(told, str) and isinstance(held, int | float):
        return _number(told) == held
    if isinstance(told, str) and isinstance(held, str):
        return _moment(told) == _moment(held)
    return same(told, held)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _moment(text: str) -> str:
    """A timestamp in one form: Postgres omits the zone if a column has none, and Envio writes UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    offset = moment.utcoffset() or timedelta()
    return (moment.replace(tzinfo=None) - offset).isoformat()
