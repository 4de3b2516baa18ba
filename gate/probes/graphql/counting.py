"""Counts rows as a consumer can: with aggregates if the role may, else page by page along the key.

A list shorter than requested proves nothing, as a limit may have cut it, so paging ends only with an empty
page. Without a database there is no snapshot: rows at or below a height are counted twice, and rows without a
height count only if the serving belt's number is the same before and after the candidate's.
"""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.amounts import amount
from gate.claims import Access
from gate.endpoints import Side
from gate.observations.counts import Counts, EntityCounts
from gate.observations.graphql import Role
from gate.observations.progress import Progress
from gate.observations.rows import Basis, EntityAbsent, EntityUnread, Group
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.database.catalog import Kind, Table
from gate.probes.database.heights import Common, common, measured
from gate.probes.database.plan import Known, Plan, plan
from gate.probes.graphql.ask import ask, belt_on
from gate.probes.graphql.chains import read_chains
from gate.probes.graphql.tables import schema_of, tables
from gate.probes.rpc import blocks
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

PAGE = 1_000
GIVE_DATABASES = "Give the gate the databases of both belts, or run it again when fewer rows change"
PAUSE = 1.0
TRIES = 20

Where = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One belt's GraphQL endpoint, and the role that queries it."""

    world: World
    side: Side
    role: Role
    aggregates: frozenset[str]

    async def count(self, table: Table, where: Where) -> int:
        """The number of rows of an entity that match."""
        if f"{table.name}_aggregate" in self.aggregates:
            return await self._aggregate(table.name, where)
        return await self._pages(table.name, table.key, where)

    async def _aggregate(self, entity: str, where: Where) -> int:
        query = (
            f"query Count($where: {entity}_bool_exp!)"
            f" {{ {entity}_aggregate(where: $where) {{ aggregate {{ count }} }} }}"
        )
        data = await ask(self.world, self.side, query, role=self.role, variables={"where": where})
        try:
            return int(data[f"{entity}_aggregate"]["aggregate"]["count"])
        except (KeyError, TypeError, ValueError):
            raise UnseenError(f"the {self.side} belt does not count {entity}", Cause.BAD_ANSWER) from None

    async def _pages(self, entity: str, key: Sequence[str], where: Where) -> int:
        order = ", ".join(f"{{{name}: asc}}" for name in key)
        query = (
            f"query Page($where: {entity}_bool_exp!)"
            f" {{ {entity}(where: $where, order_by: [{order}], limit: {PAGE}) {{ {' '.join(key)} }} }}"
        )
        total, last = 0, None
        while True:
            beyond = where if last is None else {"_and": [where, _beyond(key, last)]}
            data = await ask(self.world, self.side, query, role=self.role, variables={"where": beyond})
            try:
                keys = [tuple(row[name] for name in key) for row in data[entity]]
            except (KeyError, TypeError):
                raise UnseenError(f"the {self.side} belt does not list {entity}", Cause.BAD_ANSWER) from None
            if not keys:
                return total
            if len(set(keys)) != len(keys) or last in keys:
                raise UnseenError(f"the {self.side} belt lists rows of {entity} twice", Cause.BAD_ANSWER)
            total, last = total + len(keys), keys[-1]


def _beyond(key: Sequence[str], last: Sequence[object]) -> Where:
    """Matches rows that come after one in the order of the whole key."""
    after: list[Where] = []
    for place, name in enumerate(key):
        same = [{before: {"_eq": value}} for before, value in zip(key[:place], last, strict=False)]
        after.append({"_and": [*same, {name: {"_gt": last[place]}}]})
    return {"_or": after}


@dataclass(frozen=True, kw_only=True, slots=True)
class Counting:
    """Both doors, and what is known before the count."""

    serving: Door
    candidate: Door
    common: Common
    foreign: tuple[int, ...]
    world: World

    async def entity(self, table: Table) -> EntityCounts:
        """Counts one entity on both belts."""
        policy = self.world.policy.entity(table.name)
        how = plan(table, policy, Known(history=False, rewritten=""), chains=len(self.common.heights))
        placeless = None
        match how.basis:
            case Basis.AT_BLOCK:
                groups = await self._twice(table, self._at_block(table, how))
                placeless = await self._placeless(table, how, str(how.fields.block))
            case Basis.BY_TIMESTAMP:
                groups = await self._twice(table, self._by_timestamp(table, how))
                placeless = await self._placeless(table, how, str(how.fields.timestamp))
            case _:
                where = self._without_foreign(table, how, {})
                groups = (await self._standing_still(table, where),)
        basis = str(how.basis) if how.basis is not Basis.EQUAL_PROGRESS else "while its number stood still"
        by_second = how.basis is Basis.BY_TIMESTAMP and how.fields.chain is None
        return EntityCounts(
            entity=table.name,
            basis=basis,
            reason=how.reason,
            groups=groups,
            cut=self.common.cut if by_second else None,
            uncut=await self._uncut(table, how, groups),
            placeless=placeless,
        )

    def _at_block(self, table: Table, how: Plan) -> dict[str | None, Where]:
        """For every chain, a filter for rows at or below its height."""
        fields = how.fields
        below = {chain: {str(fields.block): {"_lte": block}} for chain, block in self.common.blocks.items()}
        if fields.chain is None:
            return dict.fromkeys([None], next(iter(below.values())))
        return {
            str(chain): {"_and": [where, {fields.chain: {"_eq": _as(table, fields.chain, chain)}}]}
            for chain, where in below.items()
        }

    def _by_timestamp(self, table: Table, how: Plan) -> dict[str | None, Where]:
        """For every chain, a filter for rows up to the time that both belts have passed on it."""
        seconds, fields = self.common.seconds, how.fields
        if seconds is None:
            raise UnseenError(f"nobody says when {self.common.unmade} was made", Cause.UNDECIDABLE)
        name = str(fields.timestamp)
        until = {chain: {name: {"_lte": _as(table, name, second)}} for chain, second in seconds.items()}
        if fields.chain is None:
            return {None: {name: {"_lte": _as(table, name, min(seconds.values()))}}}
        return {
            str(chain): {"_and": [where, {fields.chain: {"_eq": _as(table, fields.chain, chain)}}]}
            for chain, where in until.items()
        }

    async def _uncut(self, table: Table, how: Plan, groups: tuple[Group, ...]) -> tuple[Group, ...]:
        """Counts rows without regard to block or time where none was counted."""
        wheres: dict[str | None, Where] = {}
        for group in groups:
            if not group.serving and not group.candidate:
                name = how.fields.chain
                named = group.chain is not None and name is not None
                wheres[group.chain] = (
                    {str(name): {"_eq": _as(table, str(name), int(str(group.chain)))}} if named else {}
                )
        return await self._groups(table, wheres)

    def _without_foreign(self, table: Table, how: Plan, where: Where) -> Where:
        name = how.fields.chain
        if name is None or not self.foreign:
            return where
        others = {name: {"_nin": [_as(table, name, chain) for chain in self.foreign]}}
        return {"_and": [where, {"_or": [others, {name: {"_is_null": True}}]}]}

    async def _placeless(self, table: Table, how: Plan, place: str) -> Group | None:
        """Counts rows that belong to no known chain or height and so to no other count."""
        lost: list[Where] = [{place: {"_is_null": True}}]
        name = how.fields.chain
        if name is not None:
            known = sorted({*self.common.blocks, *self.foreign})
            lost += [
                {name: {"_is_null": True}},
                {name: {"_nin": [_as(table, name, chain) for chain in known]}},
            ]
        where = self._without_foreign(table, how, {"_or": lost})
        [group] = await self._groups(table, {None: where})
        return await self._standing_still(table, where) if group.serving or group.candidate else None

    async def _twice(self, table: Table, wheres: Mapping[str | None, Where]) -> tuple[Group, ...]:
        """Counts twice; raises if the numbers, which must not change, differ."""
        groups = await self._groups(table, wheres)
        if groups != await self._groups(table, wheres):
            raise UnseenError(
                f"the number of rows of {table.name} at or below the height changed between two looks:"
                " only a database tells their state at one height",
                Cause.UNDECIDABLE,
                advice=GIVE_DATABASES,
            )
        return groups

    async def _groups(self, table: Table, wheres: Mapping[str | None, Where]) -> tuple[Group, ...]:
        return tuple(
            [
                Group(
                    chain=chain,
                    serving=await self.serving.count(table, where),
                    candidate=await self.candidate.count(table, where),
                )
                for chain, where in wheres.items()
            ]
        )

    async def _standing_still(self, table: Table, where: Where) -> Group:
        """Counts the serving belt before and after the candidate: if equal, the number held in between."""
        ends, looks = time.monotonic() + self.world.remaining / 2, 0
        while looks < TRIES and time.monotonic() < ends:
            looks += 1
            before = await self.serving.count(table, where)
            await self._passed(Side.CANDIDATE, await read_chains(self.world, Side.SERVING))
            candidate = await self.candidate.count(table, where)
            await self._passed(Side.SERVING, await read_chains(self.world, Side.CANDIDATE))
            after = await self.serving.count(table, where)
            if before == after:
                return Group(chain=None, serving=before, candidate=candidate)
        raise UnseenError(
            f"the number of rows of {table.name} never stood still in {amount(looks, 'look')}:"
            " only a database tells their state at one height",
            Cause.UNDECIDABLE,
            advice=GIVE_DATABASES,
        )

    async def _passed(self, side: Side, mark: Progress) -> None:
        """Waits until a belt has reached the other's progress."""
        while True:
            now = await read_chains(self.world, side)
            if all(_reached(now, mark, height.chain) for height in self.common.heights):
                return
            if self.world.remaining < PAUSE:
                raise UnseenError(f"the {side} belt did not reach the other in time", Cause.DEADLINE)
            await asyncio.sleep(PAUSE / 4)


def _as(table: Table, name: str, value: int) -> object:
    """A number in the form of a column's type."""
    column = table.column(name)
    match column.kind if column else Kind.OTHER:
        case Kind.TEXT:
            return str(value)
        case Kind.MOMENT:
            return datetime.fromtimestamp(value, UTC).isoformat()
        case _:
            return value


def _reached(now: Progress, mark: Progress, chain: int) -> bool:
    one, other = now.of(chain), mark.of(chain)
    return other is None or other.height is None or (one is not None and (one.height or -1) >= other.height)


@unseen_as_value
async def look(world: World, only: Collection[str] | None = None) -> Counts:
    """Counts every entity of the serving belt, or some of them, through both GraphQL endpoints."""
    entities_served = [
        table
        for table in await tables(world, Side.SERVING, Role.PUBLIC)
        if only is None or table.name in only
    ]
    offered = {table.name for table in await tables(world, Side.CANDIDATE, Role.PUBLIC)}
    counting = await _counting(world)
    if not counting.common.heights:
        raise UnseenError(
            "; ".join(counting.common.young) or "the belts have no chain in common", Cause.UNDECIDABLE
        )
    entities: list[EntityCounts | EntityUnread | EntityAbsent] = []
    for table in entities_served:
        if table.name not in offered:
            entities.append(EntityAbsent(entity=table.name))
            continue
        counted = await _counted(counting, table)
        entities.append(
            EntityUnread(entity=table.name, why=counted) if isinstance(counted, Unobserved) else counted
        )
    return Counts(
        door=Access.GRAPHQL,
        entities=tuple(entities),
        heights=counting.common.heights,
        young=counting.common.young,
    )


@unseen_as_value
async def _counted(counting: Counting, table: Table) -> EntityCounts:
    return await counting.entity(table)


async def _counting(world: World) -> Counting:
    serving, candidate = await read_chains(world, Side.SERVING), await read_chains(world, Side.CANDIDATE)
    final = {chain.id: await blocks.called_final(world, chain.id) for chain in world.policy.chains}
    heights = await measured(
        common(serving, candidate, world.policy, final),
        lambda chain, block: blocks.second(world, chain, block),
    )
    return Counting(
        serving=await _door(world, Side.SERVING),
        candidate=await _door(world, Side.CANDIDATE),
        common=heights,
        foreign=tuple(sorted((serving.ids | candidate.ids) - heights.blocks.keys())),
        world=world,
    )


async def _door(world: World, side: Side) -> Door:
    """A belt's door, as administrator if a secret is given, because that role may count."""
    role = Role.ADMIN if belt_on(world.endpoints, side).admin_secret else Role.PUBLIC
    schema = await schema_of(world, side, role)
    root = (schema["queryType"] or {}).get("name")
    fields = next((kind["fields"] for kind in schema["types"] if kind["name"] == root), None) or ()
    names = frozenset(field["name"] for field in fields if field["name"].endswith("_aggregate"))
    return Door(world=world, side=side, role=role, aggregates=names)
