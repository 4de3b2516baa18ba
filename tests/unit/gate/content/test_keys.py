"""By which columns rows are told apart, on a belt and between two."""

import pytest

from gate.probes.database.catalog import Catalog, Column, Parts, Table, matched, spelt_alike
from gate.probes.database.relation import id_in
from gate.probes.graphql.tables import key_of


def table(*key: str, columns: tuple[str, ...] = ()) -> Table:
    names = dict.fromkeys((*key, *columns))
    return Table(
        name="Account",
        columns=tuple(Column(name=name, type="text", nullable=False) for name in names),
        key=key,
        estimate=-1,
    )


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        (("id",), Parts(id="id")),
        (("number",), Parts(id="number")),
        (("id", "chainId"), Parts(id="id", chain="chainId")),
        (("chainId", "id"), None),
        (("one", "other"), None),
        (("id", "chainId", "more"), None),
        ((), None),
    ],
)
def test_a_key(key: tuple[str, ...], parts: Parts | None) -> None:
    """An id, or an id and a chain as Envio appends it."""
    assert table(*key).parts == parts


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        (("id",), ("id",), ("id",)),
        (("id", "chainId"), ("id", "chainId"), ("id", "chainId")),
        (("id",), ("id", "chainId"), ("id",)),
        (("id", "chainId"), ("id",), ("id",)),
        (("id",), ("number",), ()),
        (("id", "chainId"), ("id", "network"), ()),
        ((), (), ()),
        (("id",), (), ()),
    ],
)
def test_two_belts(one: tuple[str, ...], other: tuple[str, ...], key: tuple[str, ...]) -> None:
    """The columns that both keys have, where they tell one row from another; else none."""
    assert matched(table(*one), table(*other)) == key


def test_columns_in_another_spelling() -> None:
    """They take the names of the serving belt; what has its name already, or may be either, keeps its own."""
    ours = Catalog(tables=(table("id", columns=("chainId", "lastActive", "a_b", "kept")),))
    named = ("chain_id", "last_active", "ab", "aB", "kept", "new_one")
    theirs = spelt_alike(ours, Catalog(tables=(table("id", columns=named),))).table("Account")
    assert theirs is not None
    assert [column.name for column in theirs.columns] == [
        *("id", "chainId", "lastActive", "ab", "aB", "kept", "new_one"),
    ]
    assert dict(theirs.stored) == {"chainId": "chain_id", "lastActive": "last_active"}


@pytest.mark.parametrize(
    ("key", "id_"),
    [
        ("{a,1}", "a"),
        ("{7,10}", "7"),
        ('{"a,b",1}', "a,b"),
        ('{"a \\"b\\" \\\\",1}', 'a "b" \\'),
        ('{"",1}', ""),
        ('{"{}",1}', "{}"),
    ],
)
def test_the_id_in_a_key(key: str, id_: str) -> None:
    """As Postgres writes an array."""
    assert id_in(key) == id_


@pytest.mark.parametrize(
    ("arguments", "key"),
    [((), ("id",)), (("id",), ("id",)), (("chainId", "id"), ("id", "chainId")), (("number",), ("number",))],
)
def test_what_graphql_asks_a_row_by(arguments: tuple[str, ...], key: tuple[str, ...]) -> None:
    """The id first, as Envio has it."""
    assert key_of({"args": [{"name": name} for name in arguments]}) == key
