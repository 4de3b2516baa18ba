"""What an engine has lost is put back, and nothing of what it has is touched."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import graphql, tracked

NAMES = st.sampled_from("abcd")
PERMISSIONS = st.lists(
    st.fixed_dictionaries({"role": NAMES, "permission": st.integers()}),
    max_size=3,
    unique_by=lambda one: one["role"],
)


def _called(table: Any) -> tuple[str, str]:
    return table["table"]["schema"], table["table"]["name"]


TABLES = st.lists(
    st.fixed_dictionaries(
        {"table": st.fixed_dictionaries({"schema": NAMES, "name": NAMES})},
        optional={"select_permissions": PERMISSIONS},
    ),
    max_size=4,
    unique_by=_called,
)
SOURCES = st.lists(
    st.fixed_dictionaries({"name": NAMES, "tables": TABLES}), max_size=3, unique_by=lambda one: one["name"]
)
DOCUMENTS = st.fixed_dictionaries({"version": st.just(3), "sources": SOURCES})


def source(*tables: str, name: str = "default", **more: Any) -> dict[str, Any]:
    return {"name": name, "tables": [{"table": {"schema": "public", "name": each}} | more for each in tables]}


def document(*sources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "sources": list(sources)}


@given(DOCUMENTS, DOCUMENTS)
def test_nothing_that_is_there_is_changed(seen: Any, kept: Any) -> None:
    """Twice is as once; all of both is there; what is there already stands where it stood."""
    whole = tracked.merged(seen, kept)
    assert tracked.merged(whole, kept) == whole
    assert tracked.merged(seen, seen) == seen
    names = [one["name"] for one in whole["sources"]]
    assert names[: len(seen["sources"])] == [one["name"] for one in seen["sources"]]
    assert set(names) == {one["name"] for one in (*seen["sources"], *kept["sources"])}
    for one, before in zip(whole["sources"], seen["sources"], strict=False):
        assert [each["table"] for each in one["tables"]][: len(before["tables"])] == [
            each["table"] for each in before["tables"]
        ]


def test_what_was_cleared() -> None:
    """Tables come back beside those that the operator tracks; a right that was added stays."""
    right = {"role": "public", "permission": {"columns": "*", "filter": {}}}
    theirs = {"role": "theirs", "permission": {"columns": ["id"], "filter": {}}}
    seen = document(source("own", name="theirs"), source("Transfer", select_permissions=[theirs]))
    kept = document(source("Transfer", "Account", select_permissions=[right]))
    whole = tracked.merged(seen, kept)
    assert whole["sources"][0] == source("own", name="theirs")
    transfer, account = whole["sources"][1]["tables"]
    assert transfer["select_permissions"] == [theirs, right]
    assert account["select_permissions"] == [right]
    assert tracked.merged(document(), kept) == kept


class Engine:
    """One that answers with its metadata."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self.metadata: dict[str, Any] | str = metadata
        self.replaced = 0

    def export(self, _url: str, _secret: str) -> dict[str, Any] | str:
        return self.metadata

    def replace(self, _url: str, _secret: str, metadata: dict[str, Any]) -> None:
        self.metadata = metadata
        self.replaced += 1


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine(document(source("Transfer"), source("own", name="theirs")))
    monkeypatch.setattr(graphql, "export", made.export)
    monkeypatch.setattr(graphql, "replace", made.replace)
    return made


def test_it_is_kept_and_put_back(tmp_path: Path, engine: Engine) -> None:
    """Of the operator's own sources nothing is kept; an engine that lost nothing is left alone."""
    layout = Layout(root=tmp_path, belt="blue")
    tracked.put_back(layout, "u", "s")
    tracked.keep(layout, "u", "s")
    tracked.put_back(layout, "u", "s")
    assert engine.replaced == 0
    engine.metadata = document()
    tracked.put_back(layout, "u", "s")
    assert engine.metadata == document(source("Transfer"))
    assert (layout.of_part("postgres") / tracked.FILE).stat().st_mode & 0o777 == 0o600


def linked(*names: str) -> dict[str, Any]:
    return document(source("Transfer", object_relationships=[{"name": name} for name in names]))


def test_a_relationship_that_was_lost_before_it_is_kept_again(tmp_path: Path, engine: Engine) -> None:
    """What an engine serves by then is no less than what it served."""
    layout = Layout(root=tmp_path, belt="blue")
    engine.metadata = linked("from", "to")
    tracked.keep(layout, "u", "s")
    engine.metadata = linked("to")
    tracked.keep(layout, "u", "s")
    tracked.put_back(layout, "u", "s")
    assert engine.metadata == linked("to", "from")
    tracked.forget(layout)
    engine.metadata = linked("to")
    tracked.keep(layout, "u", "s")
    tracked.put_back(layout, "u", "s")
    assert engine.metadata == linked("to")


def test_an_engine_that_does_not_take_it_back(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is refused, and what it had is kept."""
    layout = Layout(root=tmp_path, belt="blue")
    engine.metadata = linked("from", "to")
    tracked.keep(layout, "u", "s")
    engine.metadata = linked()
    with monkeypatch.context() as refusing:
        refusing.setattr(graphql, "replace", lambda *_: "status 400: inconsistent")
        with pytest.raises(Refused, match="does not take it back") as refused:
            tracked.put_back(layout, "u", "s")
    assert refused.value.seen == "status 400: inconsistent"
    tracked.put_back(layout, "u", "s")
    assert engine.metadata == linked("from", "to")


def test_an_engine_that_says_nothing(
    tmp_path: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was kept stays, and it is said; nothing is put anywhere."""
    layout = Layout(root=tmp_path, belt="blue")
    tracked.keep(layout, "u", "s")
    engine.metadata = "status 500"
    tracked.keep(layout, "u", "s")
    assert "could not be kept" in capsys.readouterr().err
    tracked.put_back(layout, "u", "s")
    assert engine.replaced == 0
    engine.metadata = document()
    tracked.put_back(layout, "u", "s")
    assert engine.replaced == 1


def test_what_was_kept_is_damaged(tmp_path: Path, engine: Engine) -> None:
    """It is told, with what follows."""
    layout = Layout(root=tmp_path, belt="blue")
    tracked.keep(layout, "u", "s")
    (layout.of_part("postgres") / tracked.FILE).write_text("{")
    with pytest.raises(Refused, match="what its engine has to serve cannot be read"):
        tracked.put_back(layout, "u", "s")
    assert engine.replaced == 0
