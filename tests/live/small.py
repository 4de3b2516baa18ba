"""The smallest belt that an engine serves: one row says its name, to everybody."""

import psycopg
from psycopg.conninfo import make_conninfo

from tests.conftest import Ports
from tests.live import plain
from tests.live.hosts import Hosts
from tests.live.world import MANY

PUBLIC = {"role": "public", "permission": {"columns": "*", "filter": {}}}
WHO = {"table": {"schema": "public", "name": "who"}, "select_permissions": [PUBLIC]}
SOURCE = {"name": "default", "kind": "postgres", "tables": [WHO], "configuration": {}}


def small(hosts: Hosts, ports: Ports, belt: str) -> str:
    """A Postgres and an engine under their supervisor; gives the engine's address."""
    database, engine = ports.block(2)
    hosts.apply("postgres", belt=belt, port=database, budget=MANY)
    held = hosts.secrets(belt)
    dsn = make_conninfo(
        host="127.0.0.1", port=database, user="indexer", password=held["indexer"], dbname="belts"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table who (name text primary key)")
        connection.execute("insert into who values (%s)", (belt,))
        connection.execute("grant select on who to engine")
    hosts.apply("engine", belt=belt, port=engine)
    plain.post(
        f"http://127.0.0.1:{engine}/v1/metadata",
        json={"type": "replace_metadata", "args": {"version": 3, "sources": [SOURCE]}},
        headers={"x-hasura-admin-secret": held["admin"]},
    ).raise_for_status()
    return f"127.0.0.1:{engine}"
