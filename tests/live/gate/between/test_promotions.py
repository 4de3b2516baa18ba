"""A promotion to another release of Envio: the honest one passes, and one of each class of fault does not.

The order of columns, the scale of numbers, names of enums and histories differ between releases, and none of
these is a fault. A pair takes about eight minutes, most of them for its two belts to index the same chains.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from belts.runtimes.process.verify.local_chain import Chain
from gate.outcome import Outcome
from tests.live import plain
from tests.live.gate.between.conftest import Pair
from tests.live.gate.scene import administer, one, permitted, spoiled
from tests.live.hosts import wait_until

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(900)]

A_TRANSFER = '"chainId" = 1 AND "blockNumber" BETWEEN 20 AND 40'
DELETE = 'DELETE FROM "Transfer" WHERE id = {key}'
TWIN_ROW = (
    "INSERT INTO \"Transfer\" SELECT (jsonb_populate_record(t, jsonb_build_object('id', t.id || '-twin'))).*"
    " FROM kept.row t"
)
CHANGED = 'UPDATE "Transfer" SET value = value + 1 WHERE id = {key}'


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with the candidate during the test, the claim that refuses it, and the words it uses."""

    name: str
    claim: str
    said: str
    make: Callable[[Pair], AbstractContextManager[Any]]
    deadline: str = "240s"


def row(statement: str, table: str = "Transfer", where: str = A_TRANSFER) -> Callable[[Pair], Any]:
    return lambda pair: spoiled(pair.candidate, table, where, statement)


@contextmanager
def both(pair: Pair) -> Iterator[None]:
    """One argument of a log, changed in the same way on both belts, so that comparing them shows nothing."""
    first = '"chainId" = 1 AND id = (SELECT min(id) FROM "Transfer" WHERE ' + A_TRANSFER + ")"
    with (
        spoiled(pair.scene.world.blue, "Transfer", first, CHANGED),
        spoiled(pair.candidate, "Transfer", first, CHANGED),
    ):
        yield


@contextmanager
def forgotten(pair: Pair) -> Iterator[None]:
    """An entity that the candidate's engine does not track."""
    exported = plain.post(
        pair.candidate.graphql.replace("/v1/graphql", "/v1/metadata"),
        json={"type": "export_metadata", "args": {}},
        headers={"x-hasura-admin-secret": pair.candidate.admin_secret},
        trust_env=False,
    ).json()
    table = {"schema": "public", "name": "Price"}
    args = {"source": "default", "table": table, "cascade": True}
    administer(pair.candidate, {"type": "pg_untrack_table", "args": args})
    try:
        yield
    finally:
        administer(pair.candidate, {"type": "replace_metadata", "args": exported})


FAULTS = (
    Fault(name="a changed value", claim="content", said="1 different", make=row(CHANGED)),
    Fault(name="a lost row", claim="content", said="1 missing", make=row(DELETE)),
    Fault(name="an extra row", claim="content", said="1 extra", make=row(TWIN_ROW)),
    Fault(
        name="a filter of the public role",
        claim="content",
        said="Transfer for public: ",
        make=lambda pair: permitted(pair.candidate, "Transfer", filter={"chainId": {"_neq": 1}}),
    ),
    Fault(name="an argument of a log", claim="ground-truth", said="changed argument, value of 1-", make=both),
    Fault(
        name="a height that stands",
        claim="height",
        said="chain 10: stands at",
        make=lambda pair: pair.held.up(),
        deadline="25s",
    ),
    Fault(name="an entity that the metadata lacks", claim="complete", said="entity Price", make=forgotten),
)


async def test_an_honest_pair(pair: Pair) -> None:
    judged = await pair.scene.judge(pair.endpoints(), pair.policy())
    assert judged.passed, judged.text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
async def test_a_fault(fault: Fault, pair: Pair) -> None:
    with fault.make(pair):
        judged = await pair.scene.judge(pair.endpoints(), pair.policy(deadline=fault.deadline))
    finding = judged.of(fault.claim)
    assert finding.outcome is Outcome.FAILED, judged.text
    wrong = [point for point in finding.points if point.outcome is Outcome.FAILED]
    assert any(fault.said in f"{point.observed}\n{point.advice}" for point in wrong), judged.text


UNDONE = 5
"""Blocks, more than the depth at which the policy takes a block for final."""


async def test_a_reorganisation_that_both_miss(pair: Pair) -> None:
    """Rows of blocks that the chain has undone: the belts agree in them, and the chain does not.

    It comes last: nobody puts these belts right again.
    """
    chain, belts = Chain(id=1, url=pair.scene.world.rpc[1]), (pair.scene.world.blue, pair.candidate)
    mark, low = chain.mark(), chain.head()
    chain.move(low)
    rows = f'SELECT count(*) FROM "Transfer" WHERE "chainId" = 1 AND "blockNumber" > {low}'
    wait_until(
        lambda: all(each.progress()[1] >= low + UNDONE and one(each, rows) != "0" for each in belts),
        "both have rows of blocks that will be undone",
        deadline_s=120,
    )
    high = max(each.progress()[1] for each in belts)
    chain.put_back(mark)
    chain.move(low + 1)
    final = high + 2 * UNDONE
    wait_until(lambda: min(each.progress()[1] for each in belts) >= final, "they go on", deadline_s=180)
    judged = await pair.scene.judge(pair.endpoints(), pair.policy())
    assert judged.of("ground-truth").outcome is Outcome.FAILED, judged.text
    assert not judged.passed
