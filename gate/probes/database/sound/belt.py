"""Finds all contradictions within one belt's snapshot."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from psycopg import sql

from gate.observations.sound import Rule, Rules, Sound, Standing, Unread
from gate.observations.unobserved import Unobserved
from gate.policy.model import Policy
from gate.policy.sound import Reference
from gate.probes.database import catalog
from gate.probes.database.catalog import Catalog
from gate.probes.database.session import Snapshot
from gate.probes.database.sound.bounds import EVERY, Limits, bounds, limits
from gate.probes.database.sound.events import events
from gate.probes.database.sound.found import found
from gate.probes.database.sound.history import history
from gate.probes.database.sound.received import Received, received
from gate.probes.database.sound.references import Link, lead, links
from gate.probes.database.sound.relationships import relationships
from gate.probes.database.sound.rows import NOTHING, rows
from gate.probes.database.sound.since import Since
from gate.probes.database.sound.sources import Source, declared
from gate.probes.database.sound.told import Told
from gate.probes.database.transactions import ALL
from gate.probes.unseen import UnseenError, unseen_as_value

T = TypeVar("T")
Schema = Mapping[str, object]

# Tables without statistics look empty, and joining them row by row takes minutes.
WHOLE = "SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '32MB', true)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """One snapshot, its small tables, and what the policy and the chains say."""

    snapshot: Snapshot
    tables: Catalog
    policy: Policy
    within: Mapping[int, Limits]
    received: Received | Unobserved

    async def bounds(self, those: Mapping[str, sql.Composable] = EVERY) -> Rules:
        """Rules about rows within the indexed range."""
        return await bounds(self.snapshot, self.tables, self.policy, self.within, those)

    async def history(self) -> Rules:
        """Rules about rows and their newest history."""
        return await history(self.snapshot, self.tables)

    async def events(self) -> Rules:
        """Rules about events that were counted and those that were received."""
        return await events(self._received, self.tables, self.policy)

    async def rows(self, guessed: Mapping[str, list[Source]], since: Mapping[str, Since] = NOTHING) -> Rules:
        """Rules about events and rows: those the policy declares, and those that hold on the serving belt."""
        told = await rows(
            self._received, self.tables, self.policy, self.within, declared(self.policy), since=since
        )
        guesses = await rows(
            self._received,
            self.tables,
            self.policy,
            self.within,
            guessed,
            standing=Standing.ON_SERVING,
            since=since,
        )
        nothing = "no event is declared to make a row, and none was found to"
        both = (*told, *guesses)
        return Rules(rules=both, nothing="" if both else nothing)

    async def guess(self) -> dict[str, list[Source]]:
        """Infers which events make the rows of entities that the policy does not mention."""
        if isinstance(self.received, Unobserved):
            return {}
        spoken = declared(self.policy).keys()
        return await found(self.received, self.tables, self.policy, self.within, without=spoken)

    async def references(
        self, schema: Schema | Unobserved, those: Callable[[Reference], sql.Composable] = lambda _: ALL
    ) -> Rules:
        """Rules about references that the policy declares or the schema shows, for `those` rows."""
        shown: tuple[Reference, ...] = ()
        unread: list[Rule | Unread] = []
        if isinstance(schema, Unobserved):
            unread.append(Unread(about="the references that the candidate's schema shows", why=schema))
        else:
            shown = relationships(self.tables, schema)
        every = links(self.policy.sound, shown)
        rules = [await self.lead(link, those(link.reference)) for link in every]
        return Rules(
            rules=(*unread, *rules), nothing="" if unread or rules else "no entity refers to another"
        )

    async def lead(self, link: Link, those: sql.Composable) -> Rule | Unread:
        """The rule about one reference."""
        return await lead(self.snapshot, self.tables, link, self.policy.sound, those)

    @property
    def _received(self) -> Received:
        if isinstance(self.received, Unobserved):
            raise UnseenError(self.received.reason, self.received.cause)
        return self.received


async def read(snapshot: Snapshot, policy: Policy, told: Told, began: datetime) -> Belt:
    """Reads what is small; large tables are joined as a whole, whatever the server's statistics say."""
    await snapshot.rows(WHOLE)
    tables = await catalog.read(snapshot)
    return Belt(
        snapshot=snapshot,
        tables=tables,
        policy=policy,
        within=await limits(snapshot, told, began),
        received=await unseen_as_value(received)(snapshot, tables, told),
    )


async def contradictions(
    belt: Belt, schema: Schema | Unobserved, guessed: Mapping[str, list[Source]]
) -> Sound:
    """Looks for all kinds of contradictions; a kind that cannot be checked does not stop the others."""
    return Sound(
        events=await kind(belt, belt.events),
        rows=await kind(belt, lambda: belt.rows(guessed)),
        bounds=await kind(belt, belt.bounds),
        history=await kind(belt, belt.history),
        references=await kind(belt, lambda: belt.references(schema)),
    )


@unseen_as_value
async def kind(belt: Belt, look: Callable[[], Awaitable[T]]) -> T:
    """Checks one kind of rule; a failure leaves the snapshot usable."""
    async with belt.snapshot.savepoint():
        return await look()
