"""The gateway's ledger has a cluster of its own, and one role that keeps it."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gate.ledger import Author
from tests.live.gate.ledgers import of_host
from tests.live.hosts import Hosts

pytestmark = pytest.mark.live


def migrations(url: str) -> list[tuple[object, ...]]:
    """What was done to the ledger's tables, and when."""
    with psycopg.connect(url) as connection:
        return connection.execute("select * from migrations order by version").fetchall()


def test_a_ledger_is_brought_up_twice(hosts: Hosts, free_port: Callable[[], int]) -> None:
    """The second time changes nothing: what was recorded stays, under the same password."""
    port = free_port()
    hosts.apply("ledger", belt="gateway", port=port)
    password = hosts.secrets("gateway")["ledger"]
    host = str(hosts.root / "gateway" / "sockets" / "host")
    url = make_conninfo(host=host, port=port, user="ledger", password=password, dbname="belts")
    with of_host(hosts.root, Author(gateway="gateway", stack="gateway", who="ada")) as ledger:
        assert ledger.moves() == ()
    made = migrations(url)
    hosts.apply("ledger", belt="gateway", port=port)
    assert hosts.secrets("gateway")["ledger"] == password
    assert made
    assert migrations(url) == made
    hosts.remove("ledger", belt="gateway", port=port)
