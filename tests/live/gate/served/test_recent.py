"""An update looks at what a preview has read: at less of it only where that shows that all is as it was."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gate.endpoints import Belt as Doors
from gate.evidence import Store
from gate.outcome import Outcome
from gate.policy import Policy
from gate.probes.database.session import opened
from gate.probes.served.catalogue import surroundings
from gate.seal import Seal
from gate.secret import Address
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live.gate.relay import Question, Reply, Twist, as_exact_json, honest, relay
from tests.live.gate.served.belt import SERVED, Belt, judged, of, policy, said
from tests.live.gate.served.test_faults import answers, configured, done, public, told

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
REST = pytest.mark.deep
"""The rest of a class, of which the first is tried in every run."""

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
LATER = "written since the look at"
SEAL = Seal(b"of the gate")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans so small that drawing some of them is less than reading all."""
    monkeypatch.setattr("gate.probes.served.recent.KEYS", 100)
    monkeypatch.setattr("gate.probes.served.spans.SIZE", 100)
    monkeypatch.setattr("gate.probes.served.recent.DRAWN", 3)


@dataclass(kw_only=True)
class Run:
    """A preview and the update after it, through one address, with what the one leaves to the other."""

    belt: Belt
    store: Store
    url: str = ""
    twist: Twist = field(default=honest)

    @property
    def doors(self) -> Doors:
        return replace(self.belt.doors, graphql=Address(self.url))

    async def preview(self, says: Policy | None = None) -> str:
        points = of(await judged(self.doors, says, cache=self.store), SERVED)
        assert not said(points, FAILED) + said(points, UNTOLD)
        return said(points, PASSED)

    async def update(self, says: Policy | None = None, *, seed: int = 2) -> tuple[str, str]:
        """What passed, and what did not."""
        points = await judged(self.doors, says, cache=self.store, repeats=True, seed=seed)
        points = of(points, SERVED)
        return said(points, PASSED), said(points, FAILED) + said(points, UNTOLD)


@pytest.fixture
def run(belt: Belt, tmp_path: Path, ports: Ports) -> Iterator[Run]:
    found = Run(belt=belt, store=Store(directory=tmp_path, seal=SEAL))

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        return found.twist(question, upstream)

    with relay(ports.one(), f"{belt.engine.url}/v1/graphql", twist) as found.url:
        yield found


def shortened(words: str) -> bool:
    """Whether the largest list was not read whole."""
    [line] = [line for line in words.splitlines() if line.startswith("Transfer for public: ")]
    assert (LATER in line) is ("all rows as held (4,000)" not in line)
    return LATER in line


async def test_nothing_has_changed(run: Run) -> None:
    """The preview reads all; the update some, and says so; another preview reads all again."""
    assert not shortened(await run.preview())
    passed, wrong = await run.update()
    assert not wrong
    assert f"Transfer for public: 0 rows {LATER}" in passed
    assert "through the same door" in passed
    assert not shortened(await run.preview())


async def test_an_update_without_a_preview(run: Run) -> None:
    """It reads all, and what it has read serves the next one."""
    passed, wrong = await run.update()
    assert not wrong
    assert not shortened(passed)
    passed, wrong = await run.update()
    assert not wrong
    assert shortened(passed)


def held_back(belt: Belt) -> Twist:
    """An engine that goes on giving the rows of now, whatever becomes of them."""
    before = {row[0]: row[1] for row in belt.rows.execute('SELECT id, "blockNumber" FROM "Transfer"')}

    def change(rows: Any) -> Any:
        kept = [row for row in rows if row.get("id", "1-1-0") in before]
        return [{**row, "blockNumber": before[row["id"]]} if "blockNumber" in row else row for row in kept]

    return answers(change)


MOVED = """UPDATE "Transfer" SET "blockNumber" = "blockNumber" + 7 WHERE id = '{0}'"""
BACK = """UPDATE "Transfer" SET "blockNumber" = "blockNumber" - 7 WHERE id = '{0}'"""
ADDED = """INSERT INTO "Transfer"
  SELECT '1-1234-1', "chainId", from_id, to_id, value, "blockNumber", "timestamp" FROM "Transfer"
  WHERE id = '1-1234-0'"""
GONE = """DELETE FROM "Transfer" WHERE id = '1-1234-1'"""


@pytest.mark.parametrize(
    ("do", "undo", "seen"),
    [
        (MOVED.format("1-1234-0"), BACK.format("1-1234-0"), "1-1234-0: blockNumber is"),
        pytest.param(
            MOVED.format("10-777-0"),
            BACK.format("10-777-0"),
            "10-777-0: blockNumber is",
            marks=pytest.mark.deep,
        ),
        pytest.param(ADDED, GONE, "1-1234-1: is not given", marks=REST),
        (f"{MOVED.format('1-55-0')};; SELECT pg_stat_reset()", BACK.format("1-55-0"), "1-55-0: blockNumber"),
    ],
    ids=["changed", "changed on another chain", "added", "changed, and no statistics of it"],
)
async def test_rows_that_were_written_since(run: Run, do: str, undo: str, seen: str) -> None:
    """All of them are read, whatever is drawn beside them: an engine that holds them back is seen."""
    await run.preview()
    run.twist = held_back(run.belt)
    with done(run.belt, do, undo):
        for seed in range(3):
            _, wrong = await run.update(seed=seed)
            assert seen in wrong
        run.twist = honest
        passed, wrong = await run.update()
        assert not wrong
        assert f"Transfer for public: 1 row {LATER}" in passed


async def test_a_transaction_that_was_open_meanwhile(run: Run) -> None:
    """What it wrote before the preview, and ended after it, was written since."""
    with psycopg.connect(run.belt.rows.dsn) as open_one:
        open_one.execute("BEGIN")
        open_one.execute("SAVEPOINT one")
        open_one.execute(MOVED.format("1-1500-0"))
        open_one.execute("RELEASE one")
        await run.preview()
        run.twist = held_back(run.belt)
        open_one.commit()
    try:
        _, wrong = await run.update()
    finally:
        run.belt.rows.execute(BACK.format("1-1500-0"))
    assert "1-1500-0: blockNumber is" in wrong


PARTED = """CREATE TABLE parted (LIKE "Transfer" INCLUDING ALL) PARTITION BY RANGE (id)
 ;; CREATE TABLE low PARTITION OF parted FOR VALUES FROM (MINVALUE) TO ('10') {0}
 ;; CREATE TABLE high PARTITION OF parted FOR VALUES FROM ('10') TO (MAXVALUE)
 ;; INSERT INTO parted SELECT * FROM "Transfer";; CREATE SCHEMA aside
 ;; ALTER TABLE "Transfer" SET SCHEMA aside;; ALTER TABLE parted RENAME TO "Transfer";; ANALYZE"""
WHOLE = """DROP TABLE "Transfer";; ALTER TABLE aside."Transfer" SET SCHEMA public
 ;; DROP SCHEMA aside;; ANALYZE"""
COPYCAT = "CREATE ACCESS METHOD copycat TYPE TABLE HANDLER heap_tableam_handler"


@pytest.mark.parametrize(("stored", "short"), [("", True), pytest.param("USING copycat", False, marks=REST)])
async def test_a_table_of_partitions(run: Run, stored: str, *, short: bool) -> None:
    """Which rows were written since is asked only where each partition keeps it as Postgres does."""
    with (
        done(run.belt, COPYCAT, "DROP ACCESS METHOD copycat"),
        done(run.belt, PARTED.format(stored), WHOLE),
    ):
        run.belt.engine.track(*run.belt.tables())
        try:
            await run.preview()
            run.twist = held_back(run.belt)
            with done(run.belt, MOVED.format("1-1234-0"), BACK.format("1-1234-0")):
                _, wrong = await run.update()
            assert "1-1234-0: blockNumber is" in wrong
            run.twist = honest
            passed, _ = await run.update()
            assert shortened(passed) is short
        finally:
            run.twist = honest
    run.belt.engine.track(*run.belt.tables())


async def test_a_partition_on_another_server(run: Run) -> None:
    """Its rows are no rows of the belt's database, whatever name they are read under."""
    remote = """CREATE FOREIGN DATA WRAPPER far;; CREATE SERVER away FOREIGN DATA WRAPPER far
     ;; CREATE TABLE parted (id text) PARTITION BY RANGE (id)
     ;; CREATE FOREIGN TABLE part PARTITION OF parted FOR VALUES FROM ('a') TO ('b') SERVER away"""
    gone = "DROP TABLE parted;; DROP FOREIGN DATA WRAPPER far CASCADE"
    with done(run.belt, remote, gone):
        async with (
            opened(run.doors.database, name="green", remaining=lambda: 60.0) as database,  # type: ignore[arg-type]
            database.snapshot() as snapshot,
        ):
            around = await surroundings(snapshot)
    assert around.uneven["parted"] == "it has partitions on another server"
    assert around.unnumbered == {"parted"}


@pytest.mark.deep
async def test_many_rows_written_since(run: Run) -> None:
    """Where that is most of a list, all of it is read."""
    await run.preview()
    with done(run.belt, 'UPDATE "Transfer" SET value = value + 1', 'UPDATE "Transfer" SET value = value - 1'):
        passed, wrong = await run.update()
    assert not wrong
    assert not shortened(passed)


HIDDEN = {"filter": {"id": {"_neq": "1-1234-0"}}}
SECURED = """ALTER TABLE "Transfer" ENABLE ROW LEVEL SECURITY;; CREATE POLICY p ON "Transfer" USING (true)"""
PLAIN = """DROP POLICY p ON "Transfer";; ALTER TABLE "Transfer" DISABLE ROW LEVEL SECURITY"""
SHADOW = """CREATE SCHEMA shadow;; CREATE TABLE shadow."Transfer" AS SELECT * FROM public."Transfer" """
REWRITTEN = """CLUSTER "Transfer" USING "Transfer_pkey" """


def filtered(belt: Belt) -> AbstractContextManager[Any]:
    return told(belt, public(belt, "Transfer", **HIDDEN))


def renamed(belt: Belt) -> AbstractContextManager[Any]:
    return told(belt, configured(belt, "Account", array_relationships=[]))


def also_tracked(belt: Belt) -> AbstractContextManager[Any]:
    more = configured(belt, "Transfer", table={"schema": "public", "name": "envio_chains"})
    more = {"table": more["table"], "select_permissions": []}
    return told(belt, more)


def secured(belt: Belt) -> AbstractContextManager[Any]:
    return done(belt, SECURED, PLAIN)


def shadowed(belt: Belt) -> AbstractContextManager[Any]:
    return done(belt, SHADOW, "DROP SCHEMA shadow CASCADE")


def rewritten(belt: Belt) -> AbstractContextManager[Any]:
    return done(belt, REWRITTEN, "SELECT 1")


def configured_role(belt: Belt) -> AbstractContextManager[Any]:
    return done(
        belt,
        "ALTER ROLE CURRENT_USER SET search_path = shadow, public",
        "ALTER ROLE CURRENT_USER RESET search_path",
    )


def granted(belt: Belt) -> AbstractContextManager[Any]:
    more = '(value) ON "Transfer"'
    return done(belt, f"GRANT SELECT {more} TO PUBLIC", f"REVOKE SELECT {more} FROM PUBLIC")


@pytest.mark.parametrize(
    ("door", "seen"),
    [
        (filtered, "1-1234-0: is not given"),
        pytest.param(renamed, "", marks=REST),
        pytest.param(also_tracked, "", marks=REST),
        (secured, "it has row security"),
        pytest.param(shadowed, "", marks=REST),
        pytest.param(rewritten, "", marks=REST),
        (configured_role, ""),
        pytest.param(granted, "", marks=REST),
    ],
)
async def test_another_door(run: Run, door: Callable[[Belt], AbstractContextManager[Any]], seen: str) -> None:
    """Whatever lies between the rows and their readers has changed: all is read again, and its fault seen."""
    await run.preview()
    with door(run.belt):
        passed, wrong = await run.update()
    if seen:
        assert seen in wrong
    else:
        assert not shortened(passed)


@pytest.mark.deep
async def test_a_door_that_changes_while_all_is_read(run: Run) -> None:
    """Through which of both the rows came nobody knows: the update reads all."""
    with ExitStack() as changed:
        first = [True]

        def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
            # Not by what else asks for that list: the door has to change while its rows are read.
            if b"query Rows(" in question.body and b": Position(" in question.body and first:
                first.clear()
                changed.enter_context(granted(run.belt))
            return upstream()

        run.twist = twist
        await run.preview()
        run.twist = honest
        assert not first
        assert not shortened((await run.update())[0])
    assert not shortened((await run.update())[0])


async def test_another_policy(run: Run) -> None:
    """What was enough by one policy need not be by another."""
    await run.preview()
    assert not shortened((await run.update(policy(served={"rate": 99})))[0])


@pytest.mark.deep
async def test_what_is_kept_has_an_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """After as long as a certificate is good; and what says that it comes from the future is no evidence."""
    await run.preview()
    now = time.time()
    for later, short in ((14 * 60, True), (16 * 60, False), (-60, False)):
        monkeypatch.setattr("gate.probes.served.recent.time.time", lambda later=later: now + later)
        kept = {file: file.read_bytes() for file in run.store.directory.iterdir()}
        assert shortened((await run.update())[0]) is short, later
        for file, text in kept.items():
            file.write_bytes(text)


def edited(store: Store, file: Path) -> None:
    mark, text = file.read_bytes().split(b"\n", 1)
    file.write_bytes(mark + b"\n" + text.replace(b'"floor":', b'"floor":1'))


def cut(_: Store, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2])


def forged(store: Store, file: Path) -> None:
    text = file.read_bytes().split(b"\n", 1)[1]
    replace(store, seal=Seal(b"of somebody else")).write(file.stem, text)


def sealed_nonsense(store: Store, file: Path) -> None:
    store.write(file.stem, b'{"at": "now"}')


def of_another(store: Store, file: Path) -> None:
    before = set(store.directory.iterdir())
    store.write("another", file.read_bytes().split(b"\n", 1)[1])
    [other] = set(store.directory.iterdir()) - before
    other.replace(file)


SPOILT = (forged, edited, cut, sealed_nonsense, of_another)


@pytest.mark.parametrize("spoil", one_of_each(SPOILT, name=lambda spoil: spoil.__name__))
async def test_what_nobody_here_kept(run: Run, spoil: Callable[[Store, Path], None]) -> None:
    """Evidence that does not bear the seal under its own name is none: all is read."""
    await run.preview()
    files = list(run.store.directory.iterdir())
    assert len(files) == 3
    for file in files:
        spoil(run.store, file)
    assert not shortened((await run.update())[0])


async def test_another_belt(run: Run, twin: Belt) -> None:
    """What was read of one belt is nothing for another one, behind the same address too."""
    await run.preview()
    doors = replace(run.doors, database=twin.doors.database)
    points = await judged(doors, cache=run.store, repeats=True)
    assert not shortened(said(of(points, SERVED), PASSED))


class Forms:
    """Counts questions of all forms, and passes over the offset of some."""

    def __init__(self, *, honest: bool = True) -> None:
        self.honest, self.asked = honest, 0

    def __call__(self, question: Question, upstream: Callable[[], Reply]) -> Reply:
        if question.json.get("operationName") != "Constructs":
            return upstream()
        self.asked += 1
        reply = upstream()
        if self.honest:
            return reply
        document = reply.exact
        for value in document["data"].values():
            if isinstance(value, list):
                value.reverse()
        return as_exact_json(document)


async def test_questions_of_all_forms(run: Run) -> None:
    """They are asked in the preview and not in the update, which says so; and again through another door."""
    run.twist = forms = Forms()
    await run.preview()
    assert forms.asked == 1
    passed, wrong = await run.update()
    assert not wrong
    assert forms.asked == 1
    assert passed.count("in every form answered rightly at ") == 3
    with granted(run.belt):
        passed, wrong = await run.update()
    assert not wrong
    assert forms.asked == 2
    assert "in every form answered rightly at " not in passed


@pytest.mark.deep
async def test_forms_that_were_answered_wrongly_are_not_kept(run: Run) -> None:
    """The update asks them anew, and finds the same."""
    run.twist = forms = Forms(honest=False)
    points = await judged(run.doors, cache=run.store)
    assert "Transfer for public, asked with" in said(of(points, SERVED), FAILED)
    before = forms.asked
    _, wrong = await run.update()
    assert forms.asked > before
    assert "Transfer for public, asked with" in wrong


async def test_what_was_wrong_is_not_kept(run: Run) -> None:
    """A list in which a preview found a fault is read whole once more."""
    with filtered(run.belt):
        points = await judged(run.doors, cache=run.store)
        assert "1-1234-0: is not given" in said(of(points, SERVED), FAILED)
        _, wrong = await run.update()
    assert "1-1234-0: is not given" in wrong
