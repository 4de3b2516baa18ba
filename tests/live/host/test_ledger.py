"""The gateway's ledger has a cluster of its own, and one role that keeps it."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gate.ledger import Occasion, opened
from tests.live.hosts import Hosts

pytestmark = pytest.mark.live


def test_a_ledger_is_brought_up_twice(hosts: Hosts, free_port: Callable[[], int]) -> None:
    """The second time changes nothing: what was recorded stays, under the same password."""
    port = free_port()
    hosts.apply("ledger", belt="gateway", port=port)
    password = hosts.secrets("gateway")["ledger"]
    url = make_conninfo(host="127.0.0.1", port=port, user="ledger", password=password, dbname="belts")
    with opened(url, Occasion(gateway="gateway", stack="gateway", who="ada")) as ledger:
        assert ledger.moves() == ()
    hosts.apply("ledger", belt="gateway", port=port)
    assert hosts.secrets("gateway")["ledger"] == password
    with psycopg.connect(url) as connection:
        assert connection.execute("select version from migrations").fetchall() == [(1,)]
    hosts.remove("ledger", belt="gateway", port=port)
