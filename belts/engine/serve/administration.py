"""`POST /v1/metadata`: reads a command, applies it to the current metadata, swaps the snapshot."""

import logging
from collections.abc import Sequence
from typing import Any

from belts.engine.errors import BadRequest, EngineError, unparsable
from belts.engine.metadata import document, reading
from belts.engine.metadata.commands import COMMANDS, SUCCESS, TOLERANT
from belts.engine.metadata.reading import Fields, Json
from belts.engine.metadata.tracked import Metadata
from belts.engine.postgres.catalog import Catalog
from belts.engine.schema.resolve import Resolved, resolve
from belts.engine.serve.roles import Session, demand_admin
from belts.engine.serve.state import State

_BULK = frozenset({"bulk", "bulk_keep_going", "bulk_atomic"})
_MAX_NESTING = 4
_LOG = logging.getLogger("belts.engine")


async def administer(state: State, session: Session, body: Json) -> Json:
    """The reply to one call of the metadata API."""
    demand_admin(session, "$.args")
    _LOG.info("metadata: %s", _named(body))
    if isinstance(body, dict) and body.get("type") == "get_catalog_state":
        return {"id": state.store.identity, "cli_state": {}, "console_state": {}}
    async with state.changing:
        stored = state.store.load() if not state.loaded else state.current.metadata
        change = Change(stored, await state.database.catalog())
        reply = change.run(body, "$", 0)
        if change.changed or not state.loaded:
            # The schemas are built once for all commands, and published once all have succeeded.
            snapshot = state.build(change.metadata, change.catalog)
            state.commit(snapshot, save=change.metadata != stored)
        return reply


class Change:
    """One call: every command sees the effects of those before it, no other client sees any."""

    def __init__(self, metadata: Metadata, catalog: Catalog) -> None:
        self.metadata = metadata
        self.catalog = catalog
        self.resolved = resolve(metadata, catalog)
        self.changed = False

    def run(self, value: Json, path: str, nesting: int) -> Json:
        of = reading.fields(value, path)
        name = reading.need(of, "type", path, reading.text)
        arguments = of.get("args", {})
        at = f"{path}.args"
        if name in _BULK:
            if nesting >= _MAX_NESTING:
                raise unparsable("bulk commands are nested too deeply", path)
            return self._bulk(name, reading.items(arguments, at), at, nesting)
        if name == "export_metadata":
            return document.write(self.metadata)
        if name == "get_inconsistent_metadata":
            return self._inconsistent()
        if name not in COMMANDS:
            raise unparsable(f'unknown metadata command "{name}"', f"{path}.type")
        return self._command(name, reading.fields(arguments, at), at)

    def _command(self, name: str, arguments: Fields, path: str) -> Json:
        metadata = COMMANDS[name](self.metadata, self.catalog, arguments, path)
        resolved = resolve(metadata, self.catalog)
        if name not in TOLERANT or (name == "replace_metadata" and not _allows(arguments)):
            refuse_new(self.resolved, resolved, path)
        self.metadata, self.resolved, self.changed = metadata, resolved, True
        if name in {"replace_metadata", "reload_metadata"} and (
            resolved.inconsistencies or _allows(arguments)
        ):
            return {**SUCCESS, **self._inconsistent()}
        return SUCCESS

    def _bulk(self, name: str, items: Sequence[Json], path: str, nesting: int) -> Json:
        replies: list[Any] = []
        for index, item in enumerate(items):
            before = self.metadata, self.resolved
            try:
                replies.append(self.run(item, f"{path}[{index}]", nesting + 1))
            except EngineError as error:
                # A bulk within a bulk may have been half applied.
                self.metadata, self.resolved = before
                if name != "bulk_keep_going":
                    raise
                replies.append(error.as_metadata())
        return SUCCESS if name == "bulk_atomic" else replies

    def _inconsistent(self) -> dict[str, Json]:
        return {
            "is_consistent": not self.resolved.inconsistencies,
            "inconsistent_objects": [found.as_json() for found in self.resolved.inconsistencies],
        }


def _named(body: Json) -> str:
    """A command's name for the log, and the size of a bulk."""
    name = body.get("type") if isinstance(body, dict) else None
    held = body.get("args") if name in _BULK else None
    return f"{name!s:.60}" + (f" of {len(held)}" if isinstance(held, list) else "")


def _allows(arguments: Fields) -> bool:
    return arguments.get("allow_inconsistent_metadata") is True


def refuse_new(before: Resolved, after: Resolved, path: str) -> None:
    """Refuses a command that would add an inconsistent object."""
    for found in after.inconsistencies:
        if found not in before.inconsistencies:
            raise BadRequest(found.reason, code="constraint-violation", path=path)
