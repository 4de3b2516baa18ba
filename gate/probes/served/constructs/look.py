"""Asks questions as consumers do, about a few rows of every entity, in as few requests as possible."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graphql import GraphQLSchema

from gate.observations.constructs import ConstructsSeen
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.database.session import Database
from gate.probes.served.constructs.asking import Asking
from gate.probes.served.constructs.drawing import Types, draw, types
from gate.probes.served.constructs.offer import Offer
from gate.probes.served.constructs.plan import places_of, plan_of
from gate.probes.served.constructs.planned import Plan
from gate.probes.served.constructs.sample import Key
from gate.probes.served.door import Door
from gate.probes.served.shape import Way
from gate.probes.served.table import Selection, Span
from gate.probes.unseen import UnseenError

ROWS = 12
Seen = ConstructsSeen | Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """One entity: its selection, the spans of its rows, and how many rows a role receives at once.

    `ways` are relationships to many that do not require reading a whole table. `floor` is the first
    transaction that may have written rows since the looks began, None if unknown.
    """

    selection: Selection
    spans: Sequence[Span]
    ways: Sequence[Way]
    most: int
    floor: int | None = None


async def look(
    door: Door, database: Database, schema: GraphQLSchema, listings: Sequence[Listing], seed: int
) -> Mapping[str, Seen]:
    """The results for each entity, by name."""
    if not listings:
        return {}
    drawing = random.Random(f"{seed} {door.role}")  # noqa: S311 - which rows, is no secret
    try:
        async with database.snapshot() as snapshot:
            known = await types(snapshot)
        planner = Planner(database=database, schema=schema, listings=listings, types=known, drawing=drawing)
        plans = await planner.all()
        asking = Asking(door=door, database=database, others=planner.others)
        return planner.found | await asking.all(plans)
    except UnseenError as unseen:
        return dict.fromkeys((listing.selection.shape.name for listing in listings), unseen.unobserved)


@dataclass(kw_only=True, slots=True)
class Planner:
    """Draws rows and makes questions about them. `found` are entities that there is nothing to ask about."""

    database: Database
    schema: GraphQLSchema
    listings: Sequence[Listing]
    types: Types
    drawing: random.Random
    found: dict[str, Seen] = field(default_factory=dict)

    async def all(self) -> list[Plan]:
        """The questions about all entities."""
        plans = []
        for listing in self.listings:
            try:
                plan = await self._plan(listing)
            except UnseenError as unseen:
                plan = unseen.unobserved
            if isinstance(plan, Plan):
                plans.append(plan)
            else:
                self.found[listing.selection.shape.name] = plan
        return plans

    async def others(self, plan: Plan, moved: Collection[Key]) -> Plan:
        """The questions of a plan about other rows, or about the same if there are none."""
        listing = next(one for one in self.listings if one.selection.shape.name == plan.name)
        other = await self._plan(listing, without=moved)
        return other if isinstance(other, Plan) else plan

    async def _plan(self, listing: Listing, without: Collection[Key] = ()) -> Plan | Seen:
        """The questions about some rows of one entity, or a result if there are none."""
        shape = listing.selection.shape
        async with self.database.snapshot() as snapshot:
            rows = await draw(
                snapshot,
                listing.selection,
                spans=listing.spans,
                places=places_of(shape, self.drawing),
                ordered=self.types.ordered,
                ways=listing.ways,
                most=min(ROWS, listing.most),
                salt=str(self.drawing.getrandbits(32)),
                without=without,
            )
            rows = replace(rows, floor=listing.floor)
            if not rows.keys:
                return ConstructsSeen()
            sample = await rows.read(snapshot)
        offer = Offer(schema=self.schema, name=shape.name)
        return plan_of(rows, sample, offer, self.drawing) or Unobserved(
            reason=f"{shape.name} cannot be asked for some of its rows by their keys", cause=Cause.UNSUPPORTED
        )
