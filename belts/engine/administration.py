"""`POST /v1/metadata`: reads a command, applies it to the current metadata, swaps the snapshot."""

from collections.abc import Sequence
from typing import Any

from belts.engine import document, reading
from belts.engine.commands import COMMANDS, SUCCESS, TOLERANT
from belts.engine.errors import BadRequest, EngineError, unparsable
from belts.engine.reading import Fields, Json
from belts.engine.roles import ADMIN, Session
from belts.engine.state import Snapshot, State, new_inconsistencies

_BULK = frozenset({"bulk", "bulk_keep_going", "bulk_atomic"})
_MAX_NESTING = 4


async def administer(state: State, session: Session, body: Json) -> Json:
    """The reply to one call of the metadata API."""
    if session.role != ADMIN:
        raise BadRequest("restricted access : admin only", code="access-denied", path="$.args")
    async with state.changing:
        stored = state.store.load() if not state.loaded else state.current.metadata
        before = state.build(stored, await state.database.catalog())
        change = Change(state, before)
        reply = change.run(body, "$", 0)
        if change.snapshot is not before or not state.loaded:
            state.commit(change.snapshot, save=change.snapshot.metadata != stored)
        return reply


class Change:
    """One call: every command sees what those before it did, nobody else sees any of it."""

    def __init__(self, state: State, snapshot: Snapshot) -> None:
        self.state = state
        self.snapshot = snapshot

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
            return document.write(self.snapshot.metadata)
        if name == "get_inconsistent_metadata":
            return self._inconsistent()
        if name not in COMMANDS:
            raise unparsable(f'unknown metadata command "{name}"', f"{path}.type")
        return self._command(name, reading.fields(arguments, at), at)

    def _command(self, name: str, arguments: Fields, path: str) -> Json:
        metadata = COMMANDS[name](self.snapshot.metadata, self.snapshot.catalog, arguments, path)
        after = self.state.build(metadata, self.snapshot.catalog)
        if name not in TOLERANT or (name == "replace_metadata" and not _allows(arguments)):
            refused = new_inconsistencies(self.snapshot, after, path)
            if refused is not None:
                raise refused
        self.snapshot = after
        if name in {"replace_metadata", "reload_metadata"} and (after.inconsistencies or _allows(arguments)):
            return {**SUCCESS, **self._inconsistent()}
        return SUCCESS

    def _bulk(self, name: str, items: Sequence[Json], path: str, nesting: int) -> Json:
        replies: list[Any] = []
        for index, item in enumerate(items):
            try:
                replies.append(self.run(item, f"{path}[{index}]", nesting + 1))
            except EngineError as error:
                if name != "bulk_keep_going":
                    raise
                replies.append(error.as_metadata())
        return SUCCESS if name == "bulk_atomic" else replies

    def _inconsistent(self) -> dict[str, Json]:
        return {
            "is_consistent": not self.snapshot.inconsistencies,
            "inconsistent_objects": [found.as_json() for found in self.snapshot.inconsistencies],
        }


def _allows(arguments: Fields) -> bool:
    return arguments.get("allow_inconsistent_metadata") is True
