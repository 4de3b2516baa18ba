"""What consumers get is not what the database holds: each way that we know of, with a real engine.

Each fault is named with what the report has to say of it. Both belts are honest without it: `twin` serves and
holds the same rows, with its numbers as numbers.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from gate.endpoints import Belt as Doors
from gate.outcome import Outcome
from gate.policy import Policy
from gate.secret import Address
from tests.conftest import Ports
from tests.live.engine.serving import table
from tests.live.gate.relay import Question, Reply, Twist, as_exact_json, as_json, relay
from tests.live.gate.served.belt import FORMS, METADATA, SERVED, STANDARD, Belt, judged, of, said

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a fault may use."""

    belt: Belt
    ports: Ports
    stack: ExitStack

    def behind(self, twist: Twist) -> Doors:
        """The belt behind a server that tampers with its GraphQL."""
        url = self.stack.enter_context(relay(self.ports.one(), f"{self.belt.engine.url}/v1/graphql", twist))
        return replace(self.belt.doors, graphql=Address(url))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the gate is shown, and what holds meanwhile."""

    candidate: Doors | None = None
    says: Policy | None = None
    meanwhile: AbstractContextManager[Any] = field(default_factory=nullcontext)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: how it comes about, and words that tell it."""

    name: str
    said: str
    make: Callable[[Stage], Shown]
    part: str = SERVED
    outcome: Outcome = FAILED


@contextmanager
def done(belt: Belt, do: str, undo: str, *, reload: bool = False) -> Iterator[None]:
    """A statement in the belt's database, and its contrary afterwards."""
    try:
        for statement in do.split(";; "):
            belt.rows.execute(statement)
        if reload:
            belt.engine.apply("reload_metadata", {})
        yield
    finally:
        for statement in undo.split(";; "):
            belt.rows.execute(statement)
        if reload:
            belt.engine.apply("reload_metadata", {})


@contextmanager
def told(belt: Belt, *tables: dict[str, Any]) -> Iterator[None]:
    """Another metadata: these tables in place of those that consumers know by the same name."""
    standard = belt.tables()
    names = {each.get("configuration", {}).get("custom_name", each["table"]["name"]) for each in tables}
    kept = [each for each in standard if each["table"]["name"] not in names]
    try:
        belt.engine.track(*kept, *tables)
        yield
    finally:
        belt.engine.track(*standard)


def public(belt: Belt, name: str, **permission: Any) -> dict[str, Any]:
    """A table of the belt's metadata with another permission for the public role."""
    found = next(each for each in belt.tables() if each["table"]["name"] == name)
    rights = [{"role": "public", "permission": {"columns": "*", "filter": {}, **STANDARD, **permission}}]
    return {**found, "select_permissions": rights if permission.get("columns") != () else []}


def configured(belt: Belt, name: str, **changes: Any) -> dict[str, Any]:
    found = next(each for each in belt.tables() if each["table"]["name"] == name)
    return {**found, **changes}


def stale(belt: Belt) -> list[dict[str, Any]]:
    """All tables, with a copy behind the name of one of them, wherever it is named."""
    text = json.dumps(belt.tables()).replace('"name": "Transfer"', '"name": "stale"')
    tables: list[dict[str, Any]] = json.loads(text)
    for each in tables:
        if each["table"]["name"] == "stale":
            each["configuration"] = {"custom_name": "Transfer"}
    return tables


def swapped(belt: Belt, name: str, kind: str, one: str, other: str) -> dict[str, Any]:
    """Two relationships of a table, each called as the other."""
    found = next(each for each in belt.tables() if each["table"]["name"] == name)
    names = {one: other, other: one}
    ways = [{**way, "name": names.get(way["name"], way["name"])} for way in found[kind]]
    return {**found, kind: ways}


def answers(change: Callable[[Any], Any], *, about: str = "Transfer", every: int = 1) -> Twist:
    """Changes the rows of each list of an entity, wherever they stand in an answer."""
    seen = [0]

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        reply = upstream()
        if f": {about}(" not in question.body.decode():
            return reply
        seen[0] += 1
        document = reply.exact
        for key, value in (document.get("data") or {}).items():
            if isinstance(value, list) and value and seen[0] % every == 0:
                document["data"][key] = change(value)
        return as_exact_json(document)

    return twist


def each(change: Callable[[dict[str, Any]], None]) -> Callable[[list[Any]], list[Any]]:
    def changed(rows: list[Any]) -> list[Any]:
        for row in rows:
            change(row)
        return rows

    return changed


def raised(row: dict[str, Any]) -> None:
    if row.get("id") == "1-777-0" and "value" in row:
        row["value"] = "1"


def remembered() -> Twist:
    """Answers a question that was asked before as it did then."""
    kept: dict[bytes, Reply] = {}

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        if question.body not in kept:
            kept[question.body] = upstream()
        return kept[question.body]

    return twist


def ahead(fields: tuple[str, ...]) -> Twist:
    """Tells of each chain that it is 100 blocks further."""

    def twist(_: Question, upstream: Callable[[], Reply]) -> Reply:
        document = upstream().json
        for rows in (document.get("data") or {}).values():
            for row in rows if isinstance(rows, list) else []:
                for name in fields:
                    if isinstance(row, dict) and isinstance(row.get(name), int):
                        row[name] += 100
        return as_json(document)

    return twist


def answers_to(word: str, change: Callable[[Any], Any]) -> Twist:
    """Changes what is answered to fields of a question whose text has a word."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        document, query = upstream().exact, question.json.get("query", "")
        for key, value in (document.get("data") or {}).items():
            if isinstance(value, dict) and word in query and f"{key}: " in query:
                asked = query.partition(f"{key}: ")[2].partition("(")[0]
                if word in asked:
                    document["data"][key] = change(value)
        return as_exact_json(document)

    return twist


def one_more(total: Any) -> Any:
    """Another count, where rows are counted."""
    found = total["aggregate"]
    return {**total, "aggregate": {**found, "count": found["count"] + 1} if "count" in found else found}


@contextmanager
def stacked(*managers: AbstractContextManager[Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for manager in managers:
            stack.enter_context(manager)
        yield


def behind(name: str, says: str, twist: Callable[[], Twist], **more: Any) -> Fault:
    return Fault(name=name, said=says, make=lambda stage: Shown(candidate=stage.behind(twist())), **more)


def database(name: str, says: str, do: str, undo: str, *, reload: bool = False, **more: Any) -> Fault:
    return Fault(
        name=name,
        said=says,
        make=lambda stage: Shown(meanwhile=done(stage.belt, do, undo, reload=reload)),
        **more,
    )


def metadata(name: str, says: str, change: Callable[[Belt], dict[str, Any]], **more: Any) -> Fault:
    return Fault(
        name=name, said=says, make=lambda stage: Shown(meanwhile=told(stage.belt, change(stage.belt))), **more
    )


GHOST = 'CREATE TABLE "Ghost" (id text PRIMARY KEY, value numeric)'
COPY = (
    'CREATE TABLE stale AS SELECT * FROM "Transfer";; ALTER TABLE stale ADD PRIMARY KEY (id);; '
    "UPDATE stale SET value = 0 WHERE id = '1-5-0'"
)

FAULTS = (
    metadata(
        "a filter hides a chain",
        "how many rows have chainId = 10: held 2000, given 0",
        lambda belt: public(belt, "Transfer", filter={"chainId": {"_eq": 1}}),
    ),
    metadata(
        "a filter hides one row",
        "1 not given",
        lambda belt: public(belt, "Transfer", filter={"id": {"_neq": "10-9-0"}}),
    ),
    metadata(
        "a filter that hides nothing yet",
        "another filter of rows",
        lambda belt: public(belt, "Transfer", filter={"blockNumber": {"_lt": 100_000}}),
        part=METADATA,
    ),
    metadata(
        "a filter on what relationships lead to",
        "from is",
        lambda belt: public(belt, "Account", filter={"id": {"_neq": "1-3"}}),
    ),
    metadata(
        "an entity without permission", "does not get it", lambda belt: public(belt, "Position", columns=())
    ),
    metadata(
        "two columns swapped",
        "from_id is",
        lambda belt: configured(
            belt,
            "Transfer",
            configuration={
                "column_config": {"from_id": {"custom_name": "to_id"}, "to_id": {"custom_name": "from_id"}}
            },
        ),
    ),
    metadata(
        "two numbers swapped",
        "balance is",
        lambda belt: configured(
            belt,
            "Account",
            configuration={
                "column_config": {
                    "balance": {"custom_name": "received"},
                    "received": {"custom_name": "balance"},
                }
            },
        ),
    ),
    metadata(
        "two object relationships swapped",
        "from is",
        lambda belt: swapped(belt, "Transfer", "object_relationships", "from", "to"),
    ),
    metadata(
        "two array relationships swapped",
        "incoming leads to Transfer by id = from_id",
        lambda belt: swapped(belt, "Account", "array_relationships", "outgoing", "incoming"),
        part=METADATA,
    ),
    metadata(
        "no aggregates",
        "no aggregates",
        lambda belt: public(belt, "Transfer", allow_aggregations=False),
        part=METADATA,
    ),
    metadata(
        "a lower limit",
        "limit changed from 1000 to 900",
        lambda belt: public(belt, "Position", limit=900),
        part=METADATA,
    ),
    database(
        "row security",
        "it has row security",
        'ALTER TABLE "Transfer" ENABLE ROW LEVEL SECURITY',
        'ALTER TABLE "Transfer" DISABLE ROW LEVEL SECURITY',
    ),
    database(
        "a rule",
        "it has a rule",
        'CREATE RULE quiet AS ON DELETE TO "Transfer" DO INSTEAD NOTHING',
        'DROP RULE quiet ON "Transfer"',
    ),
    database(
        "heirs",
        "it has heirs",
        'CREATE TABLE "TransferMore" () INHERITS ("Transfer")',
        'DROP TABLE "TransferMore"',
    ),
    database(
        "a view behind the name",
        "which is no table",
        'ALTER TABLE "Position" RENAME TO "PositionRows";; '
        'CREATE VIEW "Position" AS SELECT * FROM "PositionRows"',
        'DROP VIEW "Position";; ALTER TABLE "PositionRows" RENAME TO "Position"',
        reload=True,
    ),
    database(
        "a system view ahead",
        "latest_processed_block is told as",
        "ALTER VIEW chain_metadata RENAME TO honest;; CREATE VIEW chain_metadata AS SELECT chain_id,"
        " start_block, end_block, latest_processed_block + 100 AS latest_processed_block, block_height,"
        " num_events_processed, timestamp_caught_up_to_head_or_endblock FROM honest",
        "DROP VIEW chain_metadata;; ALTER VIEW honest RENAME TO chain_metadata",
        reload=True,
    ),
    database(
        "a system view without a chain",
        "chain 10 is in the database, and is not told",
        'ALTER VIEW _meta RENAME TO honest;; CREATE VIEW _meta AS SELECT * FROM honest WHERE "chainId" <> 10',
        "DROP VIEW _meta;; ALTER VIEW honest RENAME TO _meta",
        reload=True,
    ),
    Fault(
        name="another table behind the name",
        said="value is",
        make=lambda stage: Shown(
            meanwhile=stacked(
                done(stage.belt, COPY, "DROP TABLE stale"), told(stage.belt, *stale(stage.belt))
            )
        ),
    ),
    Fault(
        name="an entity of another schema",
        said="public gets Ghost, which is no table",
        make=lambda stage: Shown(
            meanwhile=stacked(
                done(
                    stage.belt,
                    "CREATE SCHEMA other;; CREATE TABLE other.ghost (id text PRIMARY KEY)",
                    "DROP SCHEMA other CASCADE",
                ),
                told(
                    stage.belt,
                    table("ghost", schema="other", public=STANDARD, configuration={"custom_name": "Ghost"}),
                ),
            )
        ),
    ),
    Fault(
        name="an entity that nobody tracks",
        said="Ghost is in the database, and public does not get it",
        make=lambda stage: Shown(meanwhile=done(stage.belt, GHOST, 'DROP TABLE "Ghost"')),
        outcome=UNTOLD,
    ),
    behind("one value of one row", "value is", lambda: answers(each(raised))),
    behind(
        "one column of every row",
        "at least",
        lambda: answers(each(lambda row: row.update(value="0") if "value" in row else None)),
    ),
    behind(
        "a column that comes empty",
        "note is",
        lambda: answers(each(lambda row: row.update(note=None) if "note" in row else None), about="Account"),
    ),
    behind(
        "a number as another kind",
        "blockNumber is",
        lambda: answers(
            each(
                lambda row: row.update(blockNumber=str(row["blockNumber"])) if "blockNumber" in row else None
            )
        ),
    ),
    behind(
        "true as 1",
        "open is",
        lambda: answers(
            each(lambda row: row.update(open=int(row["open"])) if "open" in row else None), about="Position"
        ),
    ),
    behind(
        "an enum in lower case",
        "kind is",
        lambda: answers(
            each(lambda row: row.update(kind=row["kind"].lower()) if "kind" in row else None),
            about="Position",
        ),
    ),
    behind(
        "an array in another order",
        "tags is",
        lambda: answers(each(lambda row: row["tags"].reverse() if "tags" in row else None), about="Position"),
    ),
    behind(
        "a digit of a great number",
        "balance is",
        lambda: answers(
            each(lambda row: row.update(balance=row["balance"][:-1] + "9") if "balance" in row else None),
            about="Account",
        ),
    ),
    behind(
        "a second of a time",
        "timestamp is",
        lambda: answers(
            each(
                lambda row: (
                    row.update(timestamp=row["timestamp"].replace(":00+", ":01+"))
                    if "timestamp" in row
                    else None
                )
            )
        ),
    ),
    behind("one row dropped", "not given", lambda: answers(lambda rows: rows[:3] + rows[4:])),
    behind(
        "the last row dropped",
        "asked for its first rows, it answers otherwise",
        lambda: answers(lambda rows: rows[:-1] if len(rows) > 1 else rows),
    ),
    behind("one row twice", "each once", lambda: answers(lambda rows: [rows[0], *rows])),
    behind(
        "rows in another order",
        "in the order of their key",
        lambda: answers(lambda rows: rows[::-1], about="Position"),
    ),
    behind(
        "a row from elsewhere",
        "given and not held",
        lambda: answers(lambda rows: [*rows, {**rows[-1], "id": f"{rows[-1].get('id', '')}~"}]),
    ),
    behind(
        "a relationship to nothing",
        "owner is",
        lambda: answers(
            each(lambda row: row.update(owner=None) if "owner" in row else None), about="Position"
        ),
    ),
    behind(
        "a relationship that is cut",
        "outgoing is",
        lambda: answers(
            each(lambda row: row.update(outgoing=row["outgoing"][:2]) if "outgoing" in row else None),
            about="Account",
        ),
    ),
    behind("lists that end at 50", "", lambda: answers(lambda rows: rows[:50]), outcome=PASSED),
    behind("heights ahead", "latest_processed_block is told as", lambda: ahead(("latest_processed_block",))),
    behind(
        "events that never were", "num_events_processed is told", lambda: ahead(("num_events_processed",))
    ),
    behind(
        "counts of aggregates",
        "how many rows have chainId = 1",
        lambda: answers_to("aggregate", one_more),
    ),
    behind("a row by its key", "the row ", lambda: answers_to("_by_pk", lambda _of: None)),
    behind(
        "errors beside rows",
        "one shard is missing",
        lambda: (
            lambda _question, upstream: as_json(
                {**upstream().json, "errors": [{"message": "one shard is missing"}]}
            )
        ),
        outcome=UNTOLD,
    ),
)


@pytest.fixture
def stage(belt: Belt, ports: Ports) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(belt=belt, ports=ports, stack=stack)


SHORT = frozenset(
    {
        "a filter hides one row",
        "two columns swapped",
        "two array relationships swapped",
        "row security",
        "a system view ahead",
        "another table behind the name",
        "an entity of another schema",
        "one value of one row",
        "true as 1",
        "one row dropped",
        "counts of aggregates",
    }
)
"""One fault of each kind is tried in every run, the others in the deep ones."""


def parameters() -> Iterator[ParameterSet]:
    for fault in FAULTS:
        marks = [] if fault.name in SHORT else [pytest.mark.deep]
        yield pytest.param(fault, marks=marks, id=fault.name.replace(" ", "-"))


@pytest.mark.parametrize("fault", list(parameters()))
async def test_fault(fault: Fault, stage: Stage, twin: Belt) -> None:
    """It is not passed, in words that name it."""
    shown = fault.make(stage)
    with shown.meanwhile:
        candidate = shown.candidate or stage.belt.doors
        points = await judged(candidate, shown.says, serving=twin.doors, about=(fault.part,))
        points = of(points, fault.part)
    if fault.outcome is PASSED:
        assert not said(points, FAILED) + said(points, UNTOLD)
    assert fault.said in said(points, fault.outcome), said(points, FAILED) + said(points, UNTOLD)


async def test_no_fault(stage: Stage, twin: Belt) -> None:
    """What all of the faults are about passes without them, and no fault has left a trace."""
    paths = (SERVED, METADATA, FORMS, "schema.limits", "schema.public")
    points = await judged(stage.belt.doors, serving=twin.doors, about=paths)
    for path in paths:
        assert not said(of(points, path), FAILED) + said(of(points, path), UNTOLD)
        assert of(points, path)
