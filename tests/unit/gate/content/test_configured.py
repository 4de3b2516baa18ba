"""What a belt's own record of its config says of where entities are kept, and of which are hidden."""

from typing import Any

import pytest

from gate.probes.database.configured import read


def entity(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "properties": [{"name": "id", "type": "string"}, {"name": "size"}], **more}


@pytest.mark.parametrize(
    ("storage", "own", "elsewhere"),
    [
        ({"postgres": True}, {}, False),
        ({"postgres": True, "clickhouse": True}, {}, True),
        ({"postgres": True, "clickhouse": True}, {"storage": {"postgres": True}}, False),
        ({"postgres": True, "clickhouse": True}, {"storage": {"clickhouse": True}}, True),
        ({"postgres": True, "clickhouse": True}, {"storage": {"clickhouse": {"ttl": "1 day"}}}, True),
        ({"postgres": True, "clickhouse": True}, {"storage": {"clickhouse": {}}}, True),
        ({"postgres": True, "clickhouse": True}, {"storage": {"clickhouse": False}}, False),
        ({}, {}, False),
    ],
)
def test_where_rows_are_kept(storage: dict[str, Any], own: dict[str, Any], elsewhere: bool) -> None:
    """An entity says it itself, or is kept wherever the belt keeps any."""
    found = read({"storage": storage, "entities": [entity("Swap", **own)]})
    assert [one.name for one in found.elsewhere] == (["Swap in ClickHouse"] if elsewhere else [])
    assert all(one.columns == ("id", "size") for one in found.elsewhere)


def test_what_is_hidden() -> None:
    """Only what says so."""
    found = read({"entities": [entity("Open"), entity("Own", internal=True), entity("No", internal=False)]})
    assert found.internal == {"Own"}


@pytest.mark.parametrize(
    "config",
    [{}, {"entities": {}}, {"entities": [1]}, {"entities": [{}]}, {"entities": [], "storage": 5}, []],
)
def test_no_config(config: Any) -> None:
    """Nothing is read out of what is none."""
    with pytest.raises((TypeError, ValueError, KeyError, AttributeError)):
        read(config)
