"""Identifiers are quoted in one place, and values are never in a statement's text."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from belts.engine.plan.budget import Budget
from belts.engine.plan.prepared import bound
from belts.engine.postgres.sql import ident, literal
from tests.unit.engine.build import catalog, column, metadata, relation, role_schema, tracked

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)
TRICKY = NAMES | st.text("'\"\\ab", min_size=1, max_size=12)


@given(NAMES)
def test_an_identifier_of_any_characters(name: str) -> None:
    """Every quote in it is doubled, so it ends where it should and nowhere else."""
    quoted = ident(name)
    assert quoted[0] == quoted[-1] == '"'
    assert quoted[1:-1].replace('""', "").count('"') == 0
    assert quoted[1:-1].replace('""', '"') == name


@given(NAMES, NAMES)
def test_a_dotted_identifier(schema: str, name: str) -> None:
    """Its parts are quoted one by one."""
    assert ident(schema, name) == f"{ident(schema)}.{ident(name)}"


@given(st.from_regex(r"[_A-Za-z][_0-9A-Za-z]*", fullmatch=True))
def test_a_response_key_as_a_constant(name: str) -> None:
    """GraphQL's names need no escape in SQL."""
    assert literal(name) == f"'{name}'"


@given(st.lists(TRICKY, min_size=1, max_size=3), TRICKY)
def test_quoted_as_by_psycopg(names: list[str], text: str) -> None:
    """Both rules are those of psycopg's own composition."""
    assert ident(*names) == sql.Identifier(*names).as_string(None)
    assert literal(text) == sql.Literal(text).as_string(None)


@pytest.mark.parametrize("quote", [ident, literal])
def test_a_nul(quote: Callable[[str], str]) -> None:
    """The server would take it for the end of the statement, so no statement is made of it."""
    with pytest.raises(ValueError, match="holds a NUL"):
        quote('a\0"; drop table a; --')


def test_the_engine_starts_without_psycopg() -> None:
    """It speaks to its database by asyncpg, and loads no second client for two rules."""
    done = subprocess.run(
        [sys.executable, "-c", "import belts.engine.__main__, sys; print('psycopg' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


@settings(max_examples=40, deadline=None)
@given(
    where=st.fixed_dictionaries(
        {},
        optional={
            "id": st.fixed_dictionaries({"_in": st.lists(st.integers(1000, 9999), min_size=1)}),
            "name": st.fixed_dictionaries({"_eq": st.text(alphabet="';\"\\$%q", min_size=3)}),
            "doc": st.fixed_dictionaries(
                {
                    "_contains": st.dictionaries(
                        st.text("xyz", min_size=3, max_size=3), st.text("zzz", min_size=3)
                    )
                }
            ),
        },
    ),
    limit=st.integers(1000, 9999),
    inline=st.booleans(),
)
def test_a_value_of_a_client(where: dict[str, Any], limit: int, *, inline: bool) -> None:
    """It is a parameter, wherever it stood: the text of the statement does not depend on it."""
    schema = role_schema(
        metadata(tracked("items")),
        catalog(relation("items", column("id", "int4"), column("name"), column("doc", "jsonb"))),
    )
    if inline:
        text, variables = f"{{ items(where: {_literal(where)}, limit: {limit}) {{ id }} }}", {}
    else:
        text = "query Q($w: items_bool_exp, $l: Int) { items(where: $w, limit: $l) { id } }"
        variables = {"w": where, "l": limit}
    plan, values = schema.plan(text, None, variables)
    (root,) = plan.roots
    arguments = bound(root, values, {}, Budget(schema.whole))
    assert str(limit) in arguments
    assert str(limit) not in root.sql
    for part in where.values():
        for value in part.values():
            assert str(value) not in root.sql
    assert len(set(re.findall(r"\$(\d+)::text", root.sql))) == len(arguments)


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_literal(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
