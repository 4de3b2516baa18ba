"""Which field of a schema stands for which column, and where a field leads."""

from typing import Any

from graphql import build_schema

from gate.observations.metadata import Declared
from gate.probes.database.catalog import Catalog, Column, Table
from gate.probes.served.shape import Shape, offered, shape_of, strange_fields

ARGUMENTS = "(where: w, order_by: [w!], limit: Int)"
SDL = """
input w { x: Int }
type query_root {
  Transfer%(a)s: [Transfer!]!
  Transfer_aggregate(where: w): Transfer_aggregate!
  Transfer_by_pk(id: String!): Transfer
  Account%(a)s: [Account!]!
  chain_metadata%(a)s: [chain_metadata!]!
  bare: [Account!]!
}
schema { query: query_root }
type Transfer_aggregate { count: Int }
type chain_metadata { chain_id: Int }
type Transfer { id: String! value: String! %(transfer)s from: Account to: Account memo: String }
type Account { id: String! outgoing%(a)s: [Transfer!]! incoming%(a)s: [Transfer!]! outgoing_aggregate: Transfer_aggregate }
"""  # noqa: E501
SCHEMA = build_schema(SDL % {"a": ARGUMENTS, "transfer": "from_id: String! to_id: String!"})
CAMEL = build_schema(SDL % {"a": ARGUMENTS, "transfer": "fromId: String! toId: String!"})
OUT = Declared(remote="Transfer", mapping=(("id", "from_id"),), many=True)
IN = Declared(remote="Transfer", mapping=(("id", "to_id"),), many=True)


def table(name: str, *columns: str, key: tuple[str, ...] = ("id",)) -> Table:
    found = tuple(Column(name=column, type="text", nullable=False) for column in columns)
    return Table(name=name, columns=found, key=key, estimate=9)


TRANSFER = table("Transfer", "id", "value", "from_id", "to_id")
ACCOUNT = table("Account", "id")
TABLES = Catalog(tables=(TRANSFER, ACCOUNT))


def shape(of: Table, schema: Any = SCHEMA, **declared: Declared) -> Shape:
    found = shape_of(schema, of, TABLES, declared)
    assert found is not None
    return found


def columns(of: Shape) -> dict[str, str]:
    return {scalar.field: scalar.column.name for scalar in of.scalars}


def test_columns() -> None:
    """A field is the column of its name; one for which there is no column is named."""
    found = shape(TRANSFER)
    assert columns(found) == {"id": "id", "value": "value", "from_id": "from_id", "to_id": "to_id"}
    assert strange_fields(found, SCHEMA) == ("memo",)
    assert (found.aggregates, found.by_key, found.main.field) == (True, True, "id")


def test_columns_that_are_spelt_otherwise() -> None:
    """A release that writes columns in snake case keeps the names of the fields."""
    assert columns(shape(TRANSFER, CAMEL))["fromId"] == "from_id"


def test_where_fields_lead() -> None:
    """An object by the column of its name; a list by the way back, and where there are two, as declared."""
    assert {way.field: way.pairs for way in shape(TRANSFER).ways} == {
        "from": (("from_id", "id"),),
        "to": (("to_id", "id"),),
    }
    assert shape(ACCOUNT).unfollowed == ("outgoing", "incoming")
    found = shape(ACCOUNT, outgoing=OUT, incoming=IN)
    assert {way.field: way.pairs for way in found.ways} == {
        "outgoing": (("id", "from_id"),),
        "incoming": (("id", "to_id"),),
    }
    assert found.unfollowed == ()


def test_what_metadata_says_of_an_object() -> None:
    """The column of the field's name decides: metadata that leads elsewhere is not believed."""
    wrong = Declared(remote="Account", mapping=(("to_id", "id"),), many=False)
    assert {way.field: way.pairs for way in shape(TRANSFER, **{"from": wrong}).ways}["from"] == (
        ("from_id", "id"),
    )


def test_a_chain_in_the_key() -> None:
    """Where entities are kept by chain, the chain goes with the key."""
    transfer = table("Transfer", "id", "chainId", "from_id", "to_id", key=("id", "chainId"))
    account = table("Account", "id", "chainId", key=("id", "chainId"))
    schema = build_schema(
        SDL.replace("type Account { ", "type Account { chainId: Int! ").replace(
            "type Transfer { ", "type Transfer { chainId: Int! "
        )
        % {"a": ARGUMENTS, "transfer": "from_id: String! to_id: String!"}
    )
    found = shape_of(schema, transfer, Catalog(tables=(transfer, account)), {})
    assert found is not None
    assert found.ways[0].pairs == (("from_id", "id"), ("chainId", "chainId"))


def test_a_key_that_is_not_seen() -> None:
    """Rows whose key a role does not see cannot be told apart."""
    assert shape(table("Account", "id", "secret", key=("id", "secret"))).key == ()


def test_what_is_no_list() -> None:
    """An entity is there if it can be asked for by key; whatever else looks like one is a stranger."""
    assert shape_of(SCHEMA, table("Badge", "id"), TABLES, {}) is None
    assert shape_of(SCHEMA, table("bare", "id"), TABLES, {}) is None
    assert offered(SCHEMA) == {"Transfer", "Account", "bare"}
