"""The engine seals what it answers to a challenge, by its admin secret and the database that it reads."""

from collections.abc import Callable

import psycopg
import pytest

from belts import seal
from tests.live.engine.serving import SECRET, Engine, admin

pytestmark = pytest.mark.live

PLACE = """
    select (select system_identifier from pg_control_system())::text, d.oid::text, c.oid::text
    from pg_database d, pg_class c where d.datname = current_database() and c.relname = 'envio_chains'
"""


@pytest.fixture(scope="module", autouse=True)
def _chains(rows: psycopg.Connection) -> None:
    rows.execute("create table envio_chains (id int primary key)")


def place(rows: psycopg.Connection) -> seal.Place:
    [(system, database, table)] = rows.execute(PLACE).fetchall()
    return system, database, table


def test_who_challenges(engine: Engine, rows: psycopg.Connection) -> None:
    """A stranger's challenge is answered with a seal over the very bytes of the answer."""
    asked = seal.challenge()
    answer = engine.raw({"query": "{ __typename }"}, role=None, headers={seal.CHALLENGE: asked})
    given = answer.headers[seal.SEAL]
    assert seal.fits(given, secret=SECRET, challenged=asked, place=place(rows), body=answer.content)
    again = engine.raw({"query": "{ __typename }"}, role=None, headers={seal.CHALLENGE: seal.challenge()})
    assert again.headers[seal.SEAL] != given


def test_an_answer_that_is_a_refusal(engine: Engine, rows: psycopg.Connection) -> None:
    """Errors are sealed too: they are what the belt says."""
    asked = seal.challenge()
    answer = engine.raw({"query": "{ nothing }"}, role=None, headers={seal.CHALLENGE: asked})
    assert "errors" in answer.json()
    given = answer.headers[seal.SEAL]
    assert seal.fits(given, secret=SECRET, challenged=asked, place=place(rows), body=answer.content)


@pytest.mark.parametrize("challenge", [None, "", "short", "AB" * 32, "x" * 64, "ab" * 4_000])
def test_who_does_not(engine: Engine, challenge: str | None) -> None:
    """Consumers send none, and what is no challenge is none."""
    headers = {} if challenge is None else {seal.CHALLENGE: challenge}
    assert seal.SEAL not in engine.raw({"query": "{ __typename }"}, headers=headers).headers


def test_a_belt_that_was_seeded_again(engine: Engine, rows: psycopg.Connection) -> None:
    """The seal is over the chain table that is there now, not over the one at the start."""
    before = place(rows)
    rows.execute("drop table envio_chains")
    rows.execute("create table envio_chains (id int primary key)")
    asked = seal.challenge()
    answer = engine.raw({"query": "{ __typename }"}, headers={seal.CHALLENGE: asked})
    given = answer.headers[seal.SEAL]
    assert seal.fits(given, secret=SECRET, challenged=asked, place=place(rows), body=answer.content)
    assert not seal.fits(given, secret=SECRET, challenged=asked, place=before, body=answer.content)


def test_an_engine_without_a_secret(another: Callable[..., Engine]) -> None:
    """It has no key, so nobody could tell its seal from anybody's."""
    engine = another(HASURA_GRAPHQL_ADMIN_SECRET="", HASURA_GRAPHQL_UNAUTHORIZED_ROLE="")
    asked = {seal.CHALLENGE: seal.challenge()}
    assert seal.SEAL not in engine.raw({"query": "{ __typename }"}, role=None, headers=asked).headers


def test_a_database_that_is_no_belt(engine: Engine, rows: psycopg.Connection) -> None:
    """Without a chain table there is no belt to seal for, and the answer goes out as ever."""
    rows.execute("alter table envio_chains rename to others")
    try:
        answer = engine.raw(
            {"query": "{ __typename }"}, headers=admin("public") | {seal.CHALLENGE: seal.challenge()}
        )
    finally:
        rows.execute("alter table others rename to envio_chains")
    assert answer.status_code == 200
    assert seal.SEAL not in answer.headers
