"""Thirty hostile clients beside honest ones: the bench in short, without its figures of time."""

import httpx
import pytest

from bench.hostile import world
from bench.hostile.__main__ import judged, measure
from bench.hostile.clients import BY_SIZE, SENT, named
from tests.live import plain

pytestmark = pytest.mark.live

WAITS = {"BELTS_ENGINE_ACQUIRE_TIMEOUT_MS": "25000"}
"""Beside other tests everything takes longer; what is held here is that it comes."""
STANDS_BACK = 5
"""Beside other tests, who stands back as far as in the bench gets no processor, and attacks nobody."""
OF_TIME = {"their p99, to that without hostile clients", "kinds of hostile clients that sent too little"}
"""How much is sent within ten seconds is a matter of the machine."""


def test_honest_clients_beside_hostile_ones() -> None:
    """All of them are answered, the engine holds no more than is declared, and it is as well as before."""
    with world.standing(WAITS) as stands:
        run = measure(stands, alone=2, seconds=10, nice=STANDS_BACK)
        base = f"http://127.0.0.1:{stands.engine}"
        admin = {"x-hasura-admin-secret": world.SECRET}
        answer = plain.post(f"{base}/v1/graphql", json={"query": "{ __typename }"}, headers=admin)
        health = plain.get(f"http://127.0.0.1:{stands.gateway}/healthz")
    wrong = [one for one in judged(run) if not one.held and one.name not in OF_TIME]
    assert wrong == [], run.beside.failed[:5]
    assert sum(found.get(SENT, 0) > 0 for found in run.noted.values()) > len(run.noted) / 2
    assert answer.json() == {"data": {"__typename": "query_root"}}
    assert health.status_code == httpx.codes.OK


@pytest.mark.parametrize("kind", sorted(named(what) for what in BY_SIZE))
def test_memory_beside_what_is_large(kind: str) -> None:
    """The engine holds no more than is declared."""
    with world.standing(WAITS) as stands:
        run = measure(stands, alone=1, seconds=5, only=[kind], nice=STANDS_BACK)
    assert run.noted[kind][SENT]
    assert 0 < run.memory_mb <= world.DECLARED_MB
