"""What a real engine gives, held against its real database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from gate.outcome import Outcome
from gate.secret import Address
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live.gate.relay import Question, Reply, as_exact_json, relay
from tests.live.gate.served.belt import FORMS, SERVED, STANDARD, Belt, judged, of, policy, said
from tests.live.gate.served.test_faults import public, remembered, told

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


def wrong(points: Any) -> str:
    return said(points, FAILED) + said(points, UNTOLD)


async def test_an_honest_belt(belt: Belt) -> None:
    """All rows and answers are as held, for numbers as texts."""
    points = of(await judged(belt.doors), SERVED)
    assert not wrong(points)
    assert "all rows as held (4,000)" in said(points, PASSED)


async def test_an_honest_belt_with_numbers(plain: Belt) -> None:
    """All rows and answers are as held, for numbers as numbers, of any size."""
    assert not wrong(of(await judged(plain.doors), SERVED))


async def test_numbers_that_became_texts(belt: Belt, plain: Belt) -> None:
    """Two honest belts whose numbers come in two forms: a consumer of one cannot read the other."""
    for one, other, words in ((belt, plain, "a text to a number"), (plain, belt, "a number to a text")):
        points = await judged(other.doors, serving=one.doors, about=(SERVED, FORMS))
        assert f"Values of Transfer.value changed from {words}." in said(of(points, FORMS), FAILED)
        assert not wrong(of(points, SERVED))


WRITTEN = """
WITH moved AS (UPDATE envio_chains SET progress_block = progress_block + 1,
    events_processed = events_processed + 1 RETURNING id),
  paid AS (UPDATE "Account" SET balance = balance + 1 WHERE id IN ('1-1', '10-2', '1-60'))
INSERT INTO "Transfer"
  SELECT id || '-' || %(number)s || '-9', id, id || '-1', id || '-2', 1, 9, now() FROM moved
"""
ODD = """
INSERT INTO "Odd" VALUES
  ('x', 7, 1.1, '2026-02-03', '\\x00ff', '{"a": [1, 2.50]}', 12.5, '00000000-0000-0000-0000-000000000001'),
  ('é"\\', NULL, 'NaN', NULL, NULL, NULL, NULL, NULL)
"""


@contextmanager
def writing(belt: Belt, statement: str = WRITTEN) -> Iterator[None]:
    """An indexer that never rests: rows change, come and go, and chains move on."""
    end = threading.Event()

    def write() -> None:
        number = 100_000
        with psycopg.connect(belt.rows.dsn, autocommit=True) as connection:
            while not end.is_set():
                number += 1
                connection.execute(statement, {"number": number})
                connection.execute('DELETE FROM "Transfer" WHERE id = %s', (f"1-{number - 7}-9",))
                end.wait(0.01)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
        belt.rows.execute("""DELETE FROM "Transfer" WHERE id LIKE '%-9'""")


@pytest.mark.parametrize("seed", one_of_each(range(3)))
async def test_a_belt_that_moves(belt: Belt, seed: int) -> None:
    """Nothing is held against an engine that rows change while it is asked."""
    with writing(belt):
        assert not said(of(await judged(belt.doors, seed=seed), SERVED), FAILED)


HISTORY = """
CREATE TABLE "envio_history_Position" AS SELECT *, 0::bigint AS envio_checkpoint_id,
  'SET'::envio_history_change AS envio_change FROM "Position"
"""
STEP = """
WITH moved AS (UPDATE "Position" SET big = big + 1 WHERE id = '1-p7' RETURNING *),
  point AS (INSERT INTO envio_checkpoints SELECT coalesce(max(id), 0) + 1, 1, 5000, NULL, 1
    FROM envio_checkpoints RETURNING id)
INSERT INTO "envio_history_Position" SELECT moved.*, point.id, 'SET' FROM moved, point
"""


@pytest.mark.parametrize("given", ["as it was between", "as it was before", "as it never was"])
async def test_a_row_that_moves_in_every_look(belt: Belt, ports: Ports, given: str) -> None:
    """It changes before and after each answer: what its history holds in between is right, and no more."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        if b": Position(" not in question.body:
            return upstream()
        belt.rows.execute(STEP)
        reply = upstream()
        belt.rows.execute(STEP)
        answer = reply.exact
        for row in (answer.get("data") or {}).get("rows") or []:
            if row.get("id") == "1-p7" and "big" in row and given != "as it was between":
                row["big"] = "5" if given == "as it never was" else str(int(row["big"]) - 4)
        return as_exact_json(answer)

    belt.rows.execute(HISTORY)
    try:
        with relay(ports.one(), f"{belt.engine.url}/v1/graphql", twist) as url:
            points = of(await judged(replace(belt.doors, graphql=Address(url))), SERVED)
    finally:
        belt.rows.execute('DROP TABLE "envio_history_Position"')
        belt.rows.execute("TRUNCATE envio_checkpoints")
    assert not said(points, FAILED)
    assert ("1 row changed in every look" in said(points, UNTOLD)) is (given != "as it was between")


async def test_answers_that_are_kept(belt: Belt, ports: Ports) -> None:
    """What answers from before is found out as soon as rows have moved on."""
    with relay(ports.one(), f"{belt.engine.url}/v1/graphql", remembered()) as url:
        doors = replace(belt.doors, graphql=Address(url))
        assert not wrong(of(await judged(doors), SERVED))
        belt.rows.execute("""UPDATE "Account" SET received = received + 1 WHERE id = '1-7'""")
        belt.rows.execute("UPDATE envio_chains SET progress_block = progress_block + 1")
        found = said(of(await judged(doors), SERVED), FAILED)
    assert "Account 1-7: received is" in found
    assert "is told as" in found


async def test_more_than_is_read_whole(belt: Belt) -> None:
    """Rows are drawn, and what stands between all of them and a consumer has to be nothing."""
    few = policy(served={"whole": 500})
    assert not wrong(of(await judged(belt.doors, few), SERVED))
    with told(belt, public(belt, "Transfer", filter={"blockNumber": {"_lt": 100_000}})):
        found = said(of(await judged(belt.doors, few), SERVED), FAILED)
    assert "public gets only rows that a filter lets through" in found


async def test_without_the_admin_secret(belt: Belt) -> None:
    """What is read whole is told; what is not, and where two ways lead, is not."""
    doors = replace(belt.doors, admin_secret=None)
    found = of(await judged(doors), SERVED)
    assert not said(found, FAILED)
    assert "where incoming, outgoing comes from cannot be told" in said(found, UNTOLD)
    drawn = of(await judged(doors, policy(served={"whole": 500})), SERVED)
    assert "no admin secret is given" in said(drawn, UNTOLD)


async def test_a_role_of_the_operators(belt: Belt) -> None:
    """Each role that the policy names gets what is held, or is refused by name."""
    says = policy(served={"roles": ["partner"]})
    transfer = next(each for each in belt.tables() if each["table"]["name"] == "Transfer")
    rights = {"columns": ["id", "chainId", "value"], "filter": {}, **STANDARD}

    def partner(**changes: Any) -> dict[str, Any]:
        more = {"role": "partner", "permission": {**rights, **changes}}
        return {**transfer, "select_permissions": [*transfer["select_permissions"], more]}

    assert "not one row was compared" in said(of(await judged(belt.doors, says), SERVED), UNTOLD)
    with told(belt, partner()):
        assert not wrong(of(await judged(belt.doors, says), SERVED))
    with told(belt, partner(filter={"id": {"_neq": "1-9-0"}})):
        found = of(await judged(belt.doors, says), SERVED)
    assert "Transfer for partner" in said(found, FAILED)
    assert "Transfer for public" in said(found, PASSED)


@pytest.mark.parametrize(
    ("name", "columns", "key", "said_"),
    [
        ("Keyed", "id text, chain int, value numeric", "(id, chain)", ""),
        ("Numbered", "number int, value numeric", "(number)", ""),
        ("Late", "id text, chain int, profit numeric, weight float8, size int8", "(id)", ""),
        ("Keyless", "id text, value numeric", "", "Keyless has no key"),
        ("Wide", ", ".join(["id text", *(f"c{n} int" for n in range(200))]), "(id)", ""),
        ("Odd", "id text, s2 smallint, f4 real, d date, b bytea, j json, m money, u uuid", "(id)", ""),
    ],
)
async def test_a_table_of_its_own_kind(belt: Belt, name: str, columns: str, key: str, said_: str) -> None:
    """Whatever its key and columns are."""
    first = columns.partition(" ")[0]
    value = "n::text" if first == "id" else "n"
    # Of the late ones none of the first rows has the numbers that come as texts.
    late = ", n % 3, nullif(greatest(n, 1500), 1500), nullif(greatest(n, 1600), 1600), NULL"
    more = {"Keyed": ", n % 3", "Late": late}.get(name, "")
    fill = f'INSERT INTO "{name}" SELECT {value}{more} FROM generate_series(1, 2000) n'
    belt.rows.execute(f'CREATE TABLE "{name}" ({columns}{f", PRIMARY KEY {key}" if key else ""})')
    try:
        belt.rows.execute(ODD if name == "Odd" else fill)
        with told(
            belt,
            {
                "table": {"schema": "public", "name": name},
                "select_permissions": [
                    {"role": "public", "permission": {"columns": "*", "filter": {}, **STANDARD}}
                ],
            },
        ):
            found = of(await judged(belt.doors), SERVED)
    finally:
        belt.rows.execute(f'DROP TABLE "{name}"')
    assert not said(found, FAILED)
    assert said_ in said(found, UNTOLD)
    assert bool(said(found, UNTOLD)) is bool(said_)
