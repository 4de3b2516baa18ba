"""Who used a belt's own path is named by what they say of themselves, and keeps the belt for some days."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.files import write_private_json
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import byway_uses, readers, retirement
from belts.runtimes.process.wire.request import written
from belts.spec import byway
from belts.spec.gateway import alias_of
from tests.unit.belts.specs import gateway

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A belt beside a gateway that counts uses for seven days."""
    door = Layout(root=tmp_path, belt="gateway")
    write_private_json(door.request("caddy"), written(gateway())["caddy"] | {"root": str(tmp_path)})
    door.logs.mkdir(parents=True)
    found = Layout(root=tmp_path, belt="blue")
    found.requests.mkdir(parents=True)
    return found


def line(ago: timedelta = timedelta(hours=1), now: datetime = NOW, **told: Any) -> str:
    known = {
        "ts": (now - ago).timestamp(),
        "belt": "blue",
        "operation": "Points",
        "agent": "board/1",
        "origin": "",
        "status": 200,
    }
    return json.dumps(known | told) + "\n"


def log(layout: Layout, *lines: str, name: str = "byways.log") -> None:
    (layout.root / "gateway" / "logs" / name).write_text("".join(lines))


def found(layout: Layout) -> list[tuple[str, str]]:
    return list(byway_uses.of_belt(layout, NOW))


def test_a_use(layout: Layout) -> None:
    """By operation, agent and origin; how often and when last."""
    log(layout, line(), line(timedelta(hours=2)), line(operation="", agent="", origin="https://a.example"))
    assert found(layout) == [
        ("/v/blue Points board/1", "2 requests to /v/blue/v1/graphql, the last at 2027-01-02 11:00Z"),
        (
            "/v/blue unnamed unnamed https://a.example",
            "1 requests to /v/blue/v1/graphql, the last at 2027-01-02 11:00Z",
        ),
    ]


def test_nobody(layout: Layout) -> None:
    """No log, another belt's uses, those of long ago, and our own looks."""
    assert found(layout) == []
    log(layout, line(belt="green"), line(timedelta(days=8)), line(agent="belts-gate"))
    assert found(layout) == []


def test_a_setting(layout: Layout) -> None:
    """For how long a use counts is the gateway's to say."""
    log(layout, line(timedelta(days=8)))
    asked = written(gateway())["caddy"] | {"root": str(layout.root), "bywayDays": 9}
    write_private_json(Layout(root=layout.root, belt="gateway").request("caddy"), asked)
    assert [who for who, _ in found(layout)] == ["/v/blue Points board/1"]


def test_a_gateway_that_cannot_be_read(layout: Layout) -> None:
    """Then a use counts for as long as it can at most."""
    log(layout, line(timedelta(days=60)))
    Layout(root=layout.root, belt="gateway").request("caddy").write_text("{")
    assert [who for who, _ in found(layout)] == ["/v/blue Points board/1"]


def test_logs_before(layout: Layout) -> None:
    """What was rolled is read; where some was dropped within the days that count, that is said."""
    for number in range(byway.LOGS_KEPT):
        log(layout, line(timedelta(hours=9 - number)), name=f"byways-2027-01-0{number + 1}.log")
    log(layout, line(operation="Now"))
    assert [who for who, _ in found(layout)] == [
        "/v/blue earlier",
        "/v/blue Points board/1",
        "/v/blue Now board/1",
    ]
    log(layout, line(timedelta(days=10)), name="byways-2027-01-01.log")
    assert "/v/blue earlier" not in [who for who, _ in found(layout)]


def test_lines_that_say_nothing(layout: Layout) -> None:
    """Nobody can tell who that was; a line that is being written is no such line."""
    log(layout, line(), "{}\n", '{"ts": NaN, "belt": "blue"}\n', "5\n", '{"ts": 1')
    assert [who for who, _ in found(layout)] == ["/v/blue unknown", "/v/blue Points board/1"]


def test_a_log_that_cannot_be_read(layout: Layout) -> None:
    """Nobody can tell that there was no one."""
    (layout.root / "gateway" / "logs" / "byways.log").mkdir()
    ((who, seen),) = found(layout)
    assert who == "/v/blue"
    assert "cannot be told" in seen


def test_a_flood_of_names(layout: Layout) -> None:
    """They are counted as one, and hide nobody who was there before."""
    log(layout, line(), *(line(agent=f"a{number}") for number in range(byway_uses.MOST * 2)), line())
    names = dict(found(layout))
    assert len(names) == byway_uses.MOST + 1
    assert names["/v/blue Points board/1"].startswith("2 requests")
    assert names["/v/blue unnamed others"].startswith(f"{byway_uses.MOST + 1} requests")


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
strange = st.dictionaries(
    st.sampled_from([byway.AT, byway.BELT, byway.OPERATION, byway.AGENT, byway.ORIGIN, "x"]), anything
)


@given(st.lists(strange | anything, max_size=5), st.text(max_size=300), st.text(max_size=300))
def test_hostile_words(told: list[Any], agent: str, operation: str) -> None:
    """Whatever a line says is counted or said to say nothing, and is shown as plain text."""
    uses = byway_uses.Uses()
    for each in told:
        uses.take(json.dumps(each) + "\n", "blue", since=0.0)
    uses.take(line(agent=agent, operation=operation), "blue", since=0.0)
    for who, seen in byway_uses.shown(uses, "blue", since=0.0):
        reader = readers.Reader(who=readers.plain(who), seen=seen)
        assert str(reader).isprintable()
        assert reader.who.startswith("/v/blue")
        assert len(reader.who) <= readers.LONGEST
        assert reader.among(["/v/blue"])


def test_they_keep_the_belt(layout: Layout) -> None:
    """Among all who read it, by a name that can be acknowledged."""
    log(layout, line(now=datetime.now(UTC)))
    (reader,) = readers.of_belt(layout)
    assert reader.among(["/v/blue Points board/1"])
    assert reader.among(["/v/blue Points"])
    assert not reader.among(["/v/blue Poin"])


def test_a_path_that_is_open(layout: Layout) -> None:
    """While it leads to the belt, the belt stays: whoever takes its port would answer in its name."""
    file = alias_of(layout.root / "gateway") / "current" / byway.FILE
    file.parent.mkdir(parents=True)
    file.write_text("127.0.0.1:1 green 99999999999")
    assert retirement.check(layout) == ()
    file.write_text("127.0.0.1:1 blue 1000")
    assert retirement.check(layout) == ()
    for text in ("127.0.0.1:1 green 1000\n127.0.0.1:1 blue 99999999999", "blue"):
        file.write_text(text)
        with pytest.raises(Refused, match="blue stays") as refused:
            retirement.check(layout, everybody=True)
        assert ("--gateway gateway --close blue" in refused.value.seen) == (text != "blue")
