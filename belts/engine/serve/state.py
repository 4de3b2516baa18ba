"""The engine's state: one immutable snapshot at a time, swapped whole, so no request sees half a change."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from belts.engine.metadata.store import Store
from belts.engine.metadata.tracked import Metadata
from belts.engine.plan.cache import RoleSchema
from belts.engine.planner.jobs import World
from belts.engine.postgres.catalog import EMPTY, Catalog
from belts.engine.postgres.database import Database
from belts.engine.schema.builder import build_schema
from belts.engine.schema.model import NOBODY, Model
from belts.engine.schema.resolve import Inconsistency, Resolved, resolve
from belts.engine.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Metadata, its catalogue, and every role's schema, all of one moment."""

    generation: int
    metadata: Metadata
    catalog: Catalog
    roles: Mapping[str, RoleSchema]
    nobody: RoleSchema
    inconsistencies: tuple[Inconsistency, ...]
    world: World
    """The same for the planning process."""

    def role(self, name: str) -> RoleSchema:
        """A role's schema; a role that may read nothing has an empty one."""
        return self.roles.get(name, self.nobody)


class State:
    """Holds the current snapshot and makes the next."""

    def __init__(
        self, settings: Settings, database: Database, store: Store, changed: Callable[[], None]
    ) -> None:
        self.settings = settings
        self.database = database
        self.store = store
        self.changing = asyncio.Lock()
        self.loaded = False
        self.changed = changed
        self.current = self.build(Metadata(), EMPTY, generation=0)

    def build(self, metadata: Metadata, catalog: Catalog, *, generation: int | None = None) -> Snapshot:
        """Builds a complete snapshot, which is not published yet."""
        resolved: Resolved = resolve(metadata, catalog)
        return Snapshot(
            generation=self.current.generation + 1 if generation is None else generation,
            metadata=metadata,
            catalog=catalog,
            roles=MappingProxyType({name: self._schema(model) for name, model in resolved.models.items()}),
            nobody=self._schema(NOBODY),
            inconsistencies=resolved.inconsistencies,
            world=World(metadata, catalog, self.settings.limits, self.settings.stringify_numeric),
        )

    def _schema(self, model: Model) -> RoleSchema:
        return RoleSchema(
            model,
            build_schema(model),
            self.settings.limits,
            stringify=self.settings.stringify_numeric,
        )

    async def load(self) -> None:
        """Loads the stored metadata once the database can be reached."""
        if self.loaded:
            return
        async with self.changing:
            if not self.loaded:
                self.current = self.build(self.store.load(), await self.database.catalog())
                self.loaded = True

    def commit(self, snapshot: Snapshot, *, save: bool) -> None:
        """Stores and publishes a snapshot, in this order."""
        if save:
            self.store.save(snapshot.metadata)
        self.current = snapshot
        self.loaded = True
        self.changed()

    async def drifted(self) -> tuple[Inconsistency, ...]:
        """The inconsistencies with the database of now, not with that of the last change of metadata."""
        await self.load()
        if await self.database.catalog() != self.current.catalog:
            async with self.changing:
                # A change of metadata may have read a newer one meanwhile.
                catalog = await self.database.catalog()
                if catalog != self.current.catalog:
                    self.current = self.build(self.current.metadata, catalog)
                    self.changed()
        return self.current.inconsistencies
