"""A call of the metadata API: what its commands leave, command by command."""

from typing import Any

import pytest

from belts.engine.errors import EngineError
from belts.engine.metadata.tracked import Metadata
from belts.engine.postgres.catalog import TableName
from belts.engine.serve.administration import Change
from tests.unit.engine.build import catalog, relation

OVER = catalog(relation("users"), relation("notes"))


def track(name: str) -> dict[str, Any]:
    return {"type": "pg_track_table", "args": {"table": name}}


def tracked(change: Change) -> set[str]:
    return {name.name for name in change.metadata.tables}


def test_a_command_sees_those_before_it() -> None:
    """Within one call, though nobody else does yet."""
    change = Change(Metadata(), OVER)
    drop = {"type": "pg_untrack_table", "args": {"table": "users"}}
    change.run({"type": "bulk", "args": [track("users"), drop, track("users"), track("notes")]}, "$", 0)
    assert tracked(change) == {"users", "notes"}
    assert change.metadata.tables.keys() == {TableName("public", "users"), TableName("public", "notes")}


def test_a_bulk_within_a_bulk_that_keeps_going() -> None:
    """Of the inner one that fails nothing is left, though it got half way."""
    change = Change(Metadata(), OVER)
    inner = {"type": "bulk", "args": [track("users"), track("nope")]}
    replies = change.run({"type": "bulk_keep_going", "args": [inner, track("notes")]}, "$", 0)
    assert tracked(change) == {"notes"}
    assert replies[0]["code"] == "not-exists"
    assert replies[1] == {"message": "success"}


def test_bulks_without_end() -> None:
    """They are refused."""
    body: dict[str, Any] = track("users")
    for _ in range(20):
        body = {"type": "bulk", "args": [body]}
    with pytest.raises(EngineError):
        Change(Metadata(), OVER).run(body, "$", 0)


def test_a_question_changes_nothing() -> None:
    """Neither an export nor a look at what is inconsistent."""
    change = Change(Metadata(), OVER)
    for name in ("export_metadata", "get_inconsistent_metadata"):
        change.run({"type": name, "args": {}}, "$", 0)
    assert not change.changed
