"""The page on the engine names every command, variable and code, and its differences are what happens."""

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

import belts.engine
from belts.engine import settings
from belts.engine.errors import EngineError
from belts.engine.metadata import document
from belts.engine.metadata.commands import COMMANDS
from belts.engine.metadata.reading import Json
from belts.engine.metadata.tracked import Metadata
from belts.engine.postgres.catalog import EMPTY
from belts.engine.schema.model import RootKind
from belts.engine.serve import administration
from tests.unit.engine import build

PAGE = (Path(belts.engine.__file__).parents[2] / "docs" / "engine.md").read_text()
SOURCES = [path.read_text() for path in Path(belts.engine.__file__).parent.rglob("*.py")]


def test_commands() -> None:
    """Those of the page are those there are."""
    listed = PAGE.split("Metadata commands:")[1].split("\n\n")[0]
    questions = {
        "bulk",
        "bulk_atomic",
        "bulk_keep_going",
        "export_metadata",
        "get_catalog_state",
        "get_inconsistent_metadata",
    }
    assert set(re.findall(r"`(\w+)`", listed)) == set(COMMANDS) | questions
    source = inspect.getsource(administration)
    assert all(f'"{name}"' in source for name in questions)


def test_variables() -> None:
    """Those of the page are those that are read."""
    read = set(re.findall(r"(?:HASURA_GRAPHQL|BELTS_ENGINE)_\w+", inspect.getsource(settings)))
    table = PAGE.split("## Settings")[1].split("## Errors")[0]
    assert set(re.findall(r"`((?:HASURA_GRAPHQL|BELTS_ENGINE)_\w+)`", table)) == read
    assert len(fields(settings.Settings)) + len(fields(settings.Limits)) - 1 == len(read)


def test_codes() -> None:
    """Every code of a limit that the engine gives is on the page, and the other way round."""
    table = PAGE.split("## Errors")[1].split("## How it works")[0]
    given = {code for source in SOURCES for code in re.findall(r'"([a-z]+-limit-exceeded)"', source)}
    assert given == set(re.findall(r"`([a-z]+-limit-exceeded)`", table))


@pytest.mark.parametrize("command", re.findall(r'`unknown metadata command "(\w+)"`', PAGE))
def test_a_command_that_is_not_served(command: str) -> None:
    """It gets the error that the page says."""
    with pytest.raises(EngineError) as refused:
        administration.Change(Metadata(), EMPTY).run({"type": command, "args": {}}, "$", 0)
    assert (refused.value.message, refused.value.code) == (
        f'unknown metadata command "{command}"',
        "parse-failed",
    )


@pytest.mark.parametrize("key", re.findall(r'`"(\w+)" is not supported`', PAGE))
def test_a_part_of_a_document_that_is_not_served(key: str) -> None:
    """It gets the error that the page says, wherever in a document it stands."""
    table: dict[str, Json] = {"table": "a"}
    source: dict[str, Json] = {"name": "default", "kind": "postgres", "tables": [table]}
    whole: dict[str, Json] = {"version": 3, "sources": [source]}
    place = {"remote_schemas": whole, "native_queries": source, "customization": source}.get(key, table)
    place[key] = {"x": 1}
    with pytest.raises(EngineError) as refused:
        document.read(whole, "$")
    assert (refused.value.message, refused.value.code) == (f'"{key}" is not supported', "not-supported")


@pytest.mark.parametrize(
    ("operator", "type_"), re.findall(r"`field '(\w+)' not found in type: '(\w+)_comparison_exp'`", PAGE)
)
def test_an_operator_that_is_not_served(operator: str, type_: str) -> None:
    """It gets the error that the page says."""
    schema = build.role_schema(
        build.metadata(build.tracked("t")),
        build.catalog(build.relation("t", build.column("c", type_), key=())),
    )
    with pytest.raises(EngineError) as refused:
        schema.plan(f"{{ t(where: {{c: {{{operator}: 1}}}}) {{ c }} }}", None, {})
    assert refused.value.message == f"field '{operator}' not found in type: '{type_}_comparison_exp'"


def test_root_fields() -> None:
    """There is none that writes."""
    assert {kind.value for kind in RootKind} == {
        "select",
        "select_by_pk",
        "select_aggregate",
        "select_stream",
    }
