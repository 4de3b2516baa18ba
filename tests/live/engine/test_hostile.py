"""While hostile requests of every kind run, honest ones are answered, and the engine stays small."""

import threading
import time
from collections.abc import Callable

import httpx
import orjson
import psutil
import psycopg
import pytest

from bench.hostile.requests import KINDS, Body, Subject, hostile
from tests.live import plain
from tests.live.engine.serving import SECRET, Engine, admin, table

pytestmark = pytest.mark.live

SUBJECT = Subject(table="up", key="id", other="doc", many="downs", remote="down")
REQUESTS = hostile(SUBJECT)
FIRST = [next(make(SUBJECT))[0] for make in KINDS]
HONEST = "{ up_by_pk(id: 1) { id downs { id } } }"
CLIENTS = 3
LONGEST_S = 9.0
"""What an honest request may wait on a busy machine; it was ten seconds and more for one hostile."""
MOST_MIB = 320


@pytest.fixture(scope="module", autouse=True)
def tracked(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        create table up (id int primary key, doc jsonb, large text);
        create table down (id int primary key, up_id int);
        insert into up select n, '{"a": 1}', repeat('x', 100) from generate_series(1, 100) n;
        insert into down select n, n % 10 from generate_series(1, 100) n;
        """
    )
    engine.track(
        table("up", arrays={"downs": ("down", {"id": "up_id"})}, public={}),
        table("down", relationships={"up": ("up", {"up_id": "id"})}, public={}),
    )


def sent(engine: Engine, bodies: list[Body], stop: threading.Event) -> None:
    """One after the other, whatever comes of them."""
    headers = {"content-type": "application/json"}
    with plain.client(base_url=engine.url, timeout=60) as client:
        for body in bodies:
            if stop.is_set():
                return
            answer = client.post("/v1/graphql", content=body, headers=headers)
            assert answer.status_code in {200, 413, 429}, answer.text


@pytest.mark.parametrize(
    "names",
    [pytest.param(FIRST, id="one-of-each"), pytest.param([*REQUESTS], id="all", marks=pytest.mark.deep)],
)
def test_honest_beside_hostile(engine: Engine, names: list[str]) -> None:
    """Each is answered soon, none fails, and what the hostile ones leave behind is little."""
    stop = threading.Event()
    clients = [
        threading.Thread(target=sent, args=(engine, [REQUESTS[name] for name in names[n::CLIENTS]], stop))
        for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    waits: list[float] = []
    try:
        while any(client.is_alive() for client in clients):
            began = time.monotonic()
            assert engine.data(HONEST)["up_by_pk"]["id"] == 1
            waits.append(time.monotonic() - began)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert len(waits) > len(names)
    assert max(waits) < LONGEST_S
    assert psutil.Process(engine.pid).memory_info().rss < MOST_MIB * 2**20
    assert "Traceback" not in engine.log.read_text()


def test_an_answer_too_large(another: Callable[..., Engine]) -> None:
    """It is refused with its size, in one field, in several, and in a batch; a smaller one is answered."""
    engine = another(BELTS_ENGINE_MAX_ANSWER_BYTES="2000")
    engine.track(table("up"))
    for query in ("{ up { large } }", "{ a: up(limit: 10) { large } b: up(limit: 10) { large } }"):
        code, _, message = engine.error(query)
        assert code == "answer-limit-exceeded"
        assert "expected at most" in message
    assert len(engine.data("{ up(limit: 10) { large } }")["up"]) == 10
    assert engine.data("{ up_by_pk(id: 0) { id } }") == {"up_by_pk": None}
    small = {"query": "{ up(limit: 10) { large } }"}
    answer = engine.raw([small, small])
    assert answer.json()["errors"][0]["extensions"]["code"] == "answer-limit-exceeded"


def test_a_body_in_small_pieces(engine: Engine) -> None:
    """It is put together as it was sent."""
    body = orjson.dumps({"query": HONEST + " " * 20_000})
    pieces = (body[n : n + 10] for n in range(0, len(body), 10))
    answer = httpx.post(f"{engine.url}/v1/graphql", content=pieces, headers=admin("admin"), trust_env=False)
    assert SECRET not in answer.text
    assert answer.json()["data"]["up_by_pk"]["id"] == 1
