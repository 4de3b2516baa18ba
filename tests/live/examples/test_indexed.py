"""The example indexer, run for real on all six chains, holds what the chains hold."""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from examples.chains.contracts import POINTS
from examples.chains.rpc import Rpc, RpcError
from tests.live.hosts import wait_until
from tests.live.world import Belt, World

pytestmark = pytest.mark.live

# The entities of which one event makes one row, and the rows of one that belong to the past of a chain.
ROWS = {
    "Transfer": ("Transfer", '"blockNumber" <= %(number)s'),
    "Price": ("PriceSet", '"timestamp" <= to_timestamp(%(timestamp)s)'),
    "Position": ("PositionOpened", '"openedBlock" <= %(number)s'),
    "Badge": ("BadgeAwarded", '"blockNumber" <= %(number)s'),
}
NOBODY = "0x0000000000000000000000000000000000000000"

Database = psycopg.Connection[dict[str, Any]]


@pytest.fixture(params=["blue", "green"])
def belt(world: World, request: pytest.FixtureRequest) -> Belt:
    chosen: Belt = getattr(world, request.param)
    return chosen


@pytest.fixture
def database(belt: Belt) -> Iterator[Database]:
    with psycopg.connect(belt.dsn(), row_factory=dict_row) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        yield connection


def test_counts(world: World, belt: Belt, database: Database) -> None:
    """Every event of the past that the belt indexes is one raw event and, where it makes one, one row."""
    for chain in belt.chains:
        head = world.past(chain)["head"] | {"chain": chain}
        emitted = {
            event: count
            for contract in world.past(chain)["contracts"]
            for event, count in contract["events"].items()
            if count and (belt.name, event) != ("blue", "BadgeAwarded")
        }

        raw = database.execute(
            """select event_name, count(*) from raw_events
               where chain_id = %(chain)s and block_number <= %(number)s group by 1""",
            head,
        ).fetchall()
        rows = {
            event: count(database, entity, where, head)
            for entity, (event, where) in ROWS.items()
            if event in emitted
        }

        assert {row["event_name"]: row["count"] for row in raw} == emitted
        assert rows == {event: emitted[event] for event in rows}
        assert len(rows) >= 3


def count(database: Database, entity: str, where: LiteralString, head: dict[str, Any]) -> int:
    query = sql.SQL('select count(*) from {} where "chainId" = %(chain)s and ').format(sql.Identifier(entity))
    found = database.execute(query + sql.SQL(where), head).fetchone()
    assert found is not None
    return int(found["count"])


def test_goldens(world: World, belt: Belt, database: Database) -> None:
    """The rows that the manifests name are there, in the entities and in the raw events alike."""
    for chain in belt.chains:
        for golden in world.past(chain)["goldens"]:
            if (belt.name, golden["entity"]) == ("blue", "Badge"):
                continue
            query = sql.SQL("select id from {} where id = %s").format(sql.Identifier(golden["entity"]))
            raw = database.execute(
                """select block_hash, transaction_fields->>'hash' as hash from raw_events
                   where chain_id = %s and block_number = %s and log_index = %s""",
                [chain, golden["block"], golden["logIndex"]],
            ).fetchall()

            assert database.execute(query, [golden["id"]]).fetchall() == [{"id": golden["id"]}]
            assert raw == [{"block_hash": golden["blockHash"], "hash": golden["transaction"]}]


@pytest.mark.parametrize("chain", [1, 10, 8453, 80094])
def test_balances(world: World, belt: Belt, chain: int) -> None:
    """The balances that the indexer added up are those that the contract has at the very same block."""
    seen: list[tuple[list[int], list[int]]] = []

    def at_one_block() -> bool:
        block, indexed = balances(belt, chain)
        before = int(rpc.call("eth_blockNumber"), 16)
        try:
            held = [int(word, 16) for word in rpc.batch([balance_of(address) for address in indexed])]
        except RpcError:
            return False  # a block came meanwhile, and anvil no longer knows which one is the last
        after = int(rpc.call("eth_blockNumber"), 16)
        if before == block == after:
            seen.append((held, list(indexed.values())))
        return bool(seen)

    with Rpc(world.rpc[chain]) as rpc:
        wait_until(at_one_block, f"{belt.name} and chain {chain} to stand at one block", deadline_s=60)
    [(held, indexed)] = seen
    assert held == indexed
    assert len(set(held)) > 10


def balances(belt: Belt, chain: int) -> tuple[int, dict[str, int]]:
    """What one snapshot of the belt says: its block, and what every account had at it."""
    with psycopg.connect(belt.dsn()) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        block = connection.execute(
            "select progress_block from envio_chains where id = %s", [chain]
        ).fetchone()
        assert block is not None
        rows = connection.execute(
            'select address, balance from "Account" where "chainId" = %s and address <> %s', [chain, NOBODY]
        ).fetchall()
    return int(block[0]), {address: int(balance) for address, balance in rows}


def balance_of(address: str) -> tuple[str, list[object]]:
    method = POINTS.methods["balanceOf(address)"]
    return "eth_call", [{"to": POINTS.address, "data": f"0x{method}{address[2:]:0>64}"}, "latest"]


def test_kinds_of_values(database: Database) -> None:
    """The positions hold every kind of value that a comparison stumbles over: nulls, enums, lists, JSON."""
    found = database.execute(
        """select count(*) filter (where note is null) as without_note,
                  count(*) filter (where note is not null) as with_note,
                  count(*) filter (where cardinality(tags) = 0) as untagged,
                  count(*) filter (where cardinality(tags) = 2) as tagged_twice,
                  count(*) filter (where profit < 0) as lost,
                  count(*) filter (where profit is null) as unsettled,
                  count(distinct kind::text) as kinds,
                  count(distinct status::text) as statuses,
                  count(distinct terms) as terms
           from "Position" """
    ).fetchone()
    assert found is not None
    assert all(found.values()), found
    assert (found["kinds"], found["statuses"]) == (3, 2)
