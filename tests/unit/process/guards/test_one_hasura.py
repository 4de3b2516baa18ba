"""Two belts that name one Hasura: by its address, and by what it calls itself under another name."""

from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import one_hasura
from belts.runtimes.process.parts import instance
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json


def engine(root: Path, belt: str, url: str = "", **fields: Any) -> Request:
    own = {"engine": "external", "url": url} if url else {"port": 8501}
    return from_json({"version": 3, "part": "engine", "root": str(root), "belt": belt} | own | fields)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://hasura.example", "https://HASURA.example.:443/"),
        ("http://127.0.0.1:9000", "http://localhost:9000"),
        ("http://127.1:9000", "http://[::1]:9000"),
        ("http://0.0.0.0:9000", "http://[::ffff:127.0.0.1]:9000"),
        ("http://10.0.0.7:80/blue", "http://10.0.0.7/blue/"),
    ],
)
def test_one_address(tmp_path: Path, one: str, other: str) -> None:
    """However it is written."""
    with pytest.raises(Refused) as refused:
        one_hasura.refuse([engine(tmp_path, "green", other)], [engine(tmp_path, "blue", one)])
    assert refused.value.what == "green: its Hasura is that of another belt"
    assert "clears what blue is served by" in refused.value.expected
    assert "which is that of blue" in refused.value.seen


def test_the_embedded_engine_of_another_belt(tmp_path: Path) -> None:
    """It is one that another belt is served by, too."""
    with pytest.raises(Refused, match="that of another belt"):
        one_hasura.refuse([engine(tmp_path, "green", "http://localhost:8501")], [engine(tmp_path, "blue")])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://blue.example", "https://green.example"),
        ("https://a.example/blue", "https://a.example/green"),
        ("http://10.0.0.7:1", "http://10.0.0.7:2"),
        ("http://a.example", "https://a.example"),
    ],
)
def test_two_addresses(tmp_path: Path, one: str, other: str) -> None:
    """They may be two, and a belt is in nobody's way but another one's."""
    one_hasura.refuse([engine(tmp_path, "green", other)], [engine(tmp_path, "blue", one)])
    one_hasura.refuse([engine(tmp_path, "blue", one)], [engine(tmp_path, "blue", one)])
    one_hasura.refuse([engine(tmp_path, "green")], [engine(tmp_path, "blue", one)])


def test_two_names_of_one(tmp_path: Path) -> None:
    """The catalogue says that they are one; one that says nothing is refused beside another Hasura alone."""
    recorded.record(engine(tmp_path, "blue", "http://a.example"))
    blue, green = (Layout(root=tmp_path, belt=name) for name in ("blue", "green"))
    instance.note(blue, "one")
    instance.refuse_shared(blue, "one")
    instance.refuse_shared(green, "another")
    with pytest.raises(Refused, match="one catalogue under two names"):
        instance.refuse_shared(green, "one")
    with pytest.raises(Refused, match="it cannot be told that its Hasura is not that of blue"):
        instance.refuse_shared(green, None)
    (blue.of_part("engine") / instance.FILE).write_text("{")
    with pytest.raises(Refused, match="which Hasura serves it cannot be read"):
        instance.refuse_shared(green, "another")


def test_the_name_of_an_embedded_engine(tmp_path: Path) -> None:
    """It is known once it was asked, as whoever is about to use it does."""
    recorded.record(engine(tmp_path, "blue"))
    blue, green = (Layout(root=tmp_path, belt=name) for name in ("blue", "green"))
    instance.refuse_shared(green, None)
    instance.refuse_shared(green, "one")
    blue.of_part("postgres").mkdir()
    (blue.of_part("postgres") / instance.OWN).write_text("one")
    with pytest.raises(Refused, match="blue is served by"):
        instance.refuse_shared(green, "one")


def by_url(belt: str, **changes: Any) -> Request:
    """The edge of a belt by URL, each of which is another one unless it is said."""
    number = 1 + sum(belt.encode())
    told = {
        "url": f"https://host.example/{belt}/v1/graphql",
        "port": 8601,
        "database": "belt",
        "systemIdentifier": "7",
        "databaseOid": number,
        "chainTableOid": 16_384,
        "catalogue": f"c-{belt}",
    }
    common = {"version": 6, "part": "edge", "root": "/hosts", "belt": belt}
    return from_json(common | told | changes)


def test_belts_by_url_of_their_own() -> None:
    """One platform, one system, and a path, a database and a Hasura for each."""
    one_hasura.refuse([by_url("green")], [by_url("blue"), by_url("green")])


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"url": "https://HOST.example.:443/blue/v1/graphql/"}, "is the URL of both"),
        ({"databaseOid": 1 + sum(b"blue"), "chainTableOid": 5}, "one database: belt of system 7"),
        ({"catalogue": "c-blue"}, "both call themselves c-blue"),
    ],
    ids=["URL", "database", "Hasura"],
)
def test_one_belt_by_two_urls(changes: dict[str, Any], seen: str) -> None:
    """Whatever its other names are: moving from a belt to itself would prove nothing."""
    with pytest.raises(Refused, match="green: it is blue under another name") as refused:
        one_hasura.refuse([by_url("green", **changes)], [by_url("blue")])
    assert seen in refused.value.seen
