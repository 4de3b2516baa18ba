"""A small demo world for tests: six chains with a past, a blue belt on four of them, a green one on all."""

import json
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from belts import envio
from examples import forms
from tests.conftest import Ports
from tests.live.hosts import CHECKOUT, Hosts

EXAMPLES = CHECKOUT / "examples"
PROJECT = forms.project()
BLUE = (1, 10, 8453, 80094)
GREEN = (1, 10, 8453, 42161, 80094, 7777777)
SEED, EVENTS = 7, 3_000
BLOCK_TIMES = {1: 2.5, 10: 2, 8453: 1, 42161: 1, 80094: 2, 7777777: 1.5}
"""Seconds: none is waited for long, and none is so quick that its blocks take the machine from the tests. A
gate proves every block of a new chain: at four a second, the later a test comes the longer it takes."""
MANY = {"siblings": 20, "ceiling": 10_000}
"""How many belts a host of a test has beside each other, and what they cost, is not what it is about."""
SYNC_DEADLINE_S = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """One belt that is up: where it answers, and as whom it may be asked."""

    name: str
    chains: tuple[int, ...]
    graphql: str
    admin_secret: str
    metrics: str
    port: int
    passwords: dict[str, str]
    postgres: dict[str, Any]
    indexer: dict[str, Any]

    def dsn(self, role: str = "gate") -> str:
        """The belt's database as `indexer`, `engine`, `gate`, `consumer` or `postgres`."""
        password = self.passwords[role]
        return make_conninfo(host="127.0.0.1", port=self.port, user=role, password=password, dbname="belts")

    def progress(self) -> dict[int, int]:
        with psycopg.connect(self.dsn()) as connection:
            return dict(connection.execute("select id::int8, progress_block from envio_chains").fetchall())

    def caught_up(self) -> bool:
        """Whether the belt itself says so of every chain; it does a moment after the last row of the past."""
        with psycopg.connect(self.dsn()) as connection:
            query = "select count(*) from envio_chains where ready_at is null"
            return connection.execute(query).fetchone() == (0,)


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    hosts: Hosts
    rpc: dict[int, str]
    blue: Belt
    green: Belt

    def past(self, chain: int) -> dict[str, Any]:
        """What the chain's past holds: head, contracts, counts, goldens."""
        place = self.hosts.root / "chains" / "chains" / str(chain) / "history.json"
        known: dict[str, Any] = json.loads(place.read_text())
        return known


def make(hosts: Hosts, ports: Ports, *, events: int = EVENTS) -> World:
    """Brings it all up through `python -m belts`, and waits until both belts have indexed the whole past."""
    rpc = chains(hosts, ports, GREEN, events=events)
    blue = belt(hosts, ports, rpc, name="blue", config="config.blue.yaml", ids=BLUE)
    green = belt(hosts, ports, rpc, name="green", config="config.green.yaml", ids=GREEN)
    world = World(hosts=hosts, rpc=rpc, blue=blue, green=green)
    for each in (blue, green):
        _wait_until_synced(world, each)
    return world


def chains(hosts: Hosts, ports: Ports, ids: tuple[int, ...], *, events: int = EVENTS) -> dict[int, str]:
    taken = ports.block(len(ids))
    result = hosts.apply(
        "chains",
        belt="chains",
        chains=[
            {"id": chain, "port": port, "blockTime": BLOCK_TIMES[chain]}
            for chain, port in zip(ids, taken, strict=True)
        ],
        traffic={
            "project": str(EXAMPLES),
            "seed": SEED,
            "events": events,
            "readyDeadlineSeconds": 180,
        },
    )
    return {int(chain): url for chain, url in result["rpc"].items()}


def belt(
    hosts: Hosts, ports: Ports, rpc: dict[int, str], *, name: str, config: str, ids: tuple[int, ...]
) -> Belt:
    fields = indexer_fields(rpc, config=config, ids=ids, port=ports.one())
    return brought_up(hosts, ports, name=name, chains=ids, fields=fields)


def brought_up(
    hosts: Hosts, ports: Ports, *, name: str, chains: tuple[int, ...], fields: dict[str, Any]
) -> Belt:
    """A belt of any project; `fields` are those of its indexer."""
    port, engine = ports.block(2)
    postgres = hosts.apply("postgres", belt=name, port=port, budget=MANY)
    served = hosts.apply("engine", belt=name, port=engine)
    indexed = hosts.apply("indexer", belt=name, **fields)
    return Belt(
        name=name,
        chains=chains,
        graphql=served["graphql"],
        admin_secret=served["adminSecret"],
        metrics=indexed["metrics"],
        port=port,
        passwords=postgres["passwords"] | {"postgres": hosts.secrets(name)["superuser"]},
        postgres=postgres,
        indexer=indexed,
    )


def indexer_fields(
    rpc: dict[int, str], *, port: int, config: str = "config.blue.yaml", ids: tuple[int, ...] = BLUE
) -> dict[str, Any]:
    return {
        "project": str(PROJECT),
        "config": config,
        "digest": envio.read(PROJECT, config).digest,
        "chains": list(ids),
        "heapMb": 512,
        "port": port,
        "env": {f"BELTS_RPC_{chain}": url for chain, url in rpc.items()},
        "seedDeadlineSeconds": 60,
    }


def _wait_until_synced(world: World, each: Belt) -> None:
    heads = {chain: world.past(chain)["head"]["number"] for chain in each.chains}
    end = time.monotonic() + SYNC_DEADLINE_S
    while behind := {chain: block for chain, block in each.progress().items() if block < heads[chain]}:
        assert time.monotonic() < end, f"{each.name} is at {behind}, the past ends at {heads}"
        time.sleep(0.1)
    while not each.caught_up():
        assert time.monotonic() < end, f"{each.name} holds the whole past, and has not caught up"
        time.sleep(0.1)
