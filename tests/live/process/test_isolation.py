"""Belts on one host keep out of each other's way, and who asks for too much is told beforehand."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import caddy
from belts.spec.gateway import Caddy
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live.hosts import Hosts, listens
from tests.live.process import conftest as build

pytestmark = pytest.mark.live


def connect(hosts: Hosts, port: int, user: str, *, belt: str = "blue") -> psycopg.Connection[Any]:
    secret = hosts.secrets(belt)["superuser" if user == "postgres" else user]
    dsn = make_conninfo(host="127.0.0.1", port=port, user=user, password=secret, dbname="belts")
    return psycopg.connect(dsn, autocommit=True)


def test_two_belts(hosts: Hosts, ports: Ports) -> None:
    """Each has its own cluster, and no password of one opens the other."""
    first, second = ports.block(2)
    blue = hosts.apply("postgres", belt="blue", **build.postgres(first))
    green = hosts.apply("postgres", belt="green", **build.postgres(second))
    assert blue["systemIdentifier"] != green["systemIdentifier"]
    for role in ("indexer", "engine", "gate", "consumer", "postgres"):
        connect(hosts, second, role, belt="green").close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(hosts, second, role, belt="blue")


def test_a_cluster_that_was_copied_from_another_belt(hosts: Hosts, ports: Ports) -> None:
    """It is marked as the other's: refused before it is started, and nothing in it is written."""
    port = ports.one()
    hosts.apply("postgres", belt="blue", **build.postgres(port))
    build.stop_by_hand(hosts, "postgres")
    (hosts.root / "green").mkdir(mode=0o700)
    shutil.copytree(hosts.root / "blue" / "postgres", hosts.root / "green" / "postgres")
    answer = hosts.ask("apply", "postgres", belt="green", **build.postgres(ports.one()))
    assert answer.code == 1
    assert "belongs to another belt" in answer.said
    assert "it is marked as belonging to belt 'blue'" in answer.said
    assert not list((hosts.root / "green" / "supervisor").glob("supervisord*")), "nothing was started"


@pytest.mark.parametrize("database", one_of_each(["belts", "postgres"]))
def test_a_database_that_is_marked_as_anothers(hosts: Hosts, ports: Ports, database: str) -> None:
    """The mark within is believed too, and not one role is made or changed."""
    fields = build.postgres(ports.one())
    hosts.apply("postgres", **fields)
    with connect(hosts, fields["port"], "postgres") as connection:
        connection.execute("drop owned by consumer")
        connection.execute("drop role consumer")
        dsn = make_conninfo(connection.info.dsn, password=connection.info.password, dbname=database)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("update belts.owner set belt = 'red'")
    answer = hosts.ask("apply", "postgres", **fields)
    assert answer.code == 1
    assert "it is marked as belonging to belt 'red'" in answer.said
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select from pg_roles where rolname = 'consumer'").fetchone() is None


def test_a_port_that_another_belt_was_given(hosts: Hosts, ports: Ports) -> None:
    """Refused in check and in apply, and the other belt is named."""
    fields = build.postgres(ports.one())
    hosts.apply("postgres", belt="blue", **fields)
    for verb in ("check", "apply"):
        answer = hosts.ask(verb, "postgres", belt="green", **fields)
        assert answer.code == 1
        assert f"{fields['port']} belongs to the postgres of 'blue'" in answer.said
    assert not (hosts.root / "green").exists()


def test_a_port_that_somebody_else_holds(hosts: Hosts, ports: Ports) -> None:
    """Refused, and the holder is named."""
    fields = build.postgres(ports.one())
    with socket.create_server(("127.0.0.1", fields["port"])):
        answer = hosts.ask("check", "postgres", **fields)
    assert answer.code == 1
    assert "is held by" in answer.said
    assert "(pid " in answer.said
    assert hosts.ask("check", "postgres", **fields).code == 0
    assert not (hosts.root / "blue").exists()


def test_more_memory_than_the_host_has(hosts: Hosts, ports: Ports) -> None:
    """The sum over all belts decides, and is told belt by belt."""
    hosts.apply("postgres", belt="blue", **build.postgres(ports.one(), memoryMb=500))
    greedy = build.postgres(ports.one(), memoryMb=100_000_000)
    answer = hosts.ask("check", "postgres", belt="green", **greedy)
    assert answer.code == 1
    assert "blue 500 (postgres 500); green 100000000 (postgres 100000000)" in answer.said


def test_a_whole_belt_is_checked(hosts: Hosts, ports: Ports) -> None:
    """Its parts are judged together: two of them on one port are refused before either is there."""
    port = ports.one()
    parts = [hosts.request("postgres", **build.postgres(port)), hosts.request("engine", **build.engine(port))]
    answer = hosts.run("check", stdin=json.dumps(parts))
    assert answer.code == 1
    assert f"port {port} of its engine is taken" in answer.said


def test_what_each_role_may_do(hosts: Hosts, ports: Ports) -> None:
    """The indexer owns, engine and gate read all of its schema, the consumer the entities and the views."""
    fields = build.postgres(ports.one())
    hosts.apply("postgres", **fields)
    with connect(hosts, fields["port"], "indexer") as connection:
        for table in (
            "envio_chains",
            "raw_events",
            "Pool",
            "envio_history_Pool",
            "dynamic_contract_registry",
        ):
            connection.execute(f'create table "{table}" (id int)')
        connection.execute('create table "envio_history_dynamic_contract_registry" (id int)')
        connection.execute("create view chain_metadata as select id from envio_chains")
        connection.execute("grant all on schema public to public")
    hosts.apply("postgres", **fields)
    readable = {role: readers(hosts, fields["port"], role) for role in ("engine", "gate", "consumer")}
    every = readers(hosts, fields["port"], "indexer")
    assert readable == {"engine": every, "gate": every, "consumer": {"Pool", "chain_metadata"}}
    for role in ("engine", "gate", "consumer"):
        with connect(hosts, fields["port"], role) as connection:
            for settings in ("", "set default_transaction_read_only = off"):
                with pytest.raises(psycopg.Error):
                    connection.execute(f"{settings}; create table public.mine (id int)")
                with pytest.raises(psycopg.Error):
                    connection.execute(f'{settings}; insert into "Pool" values (1)')
            connection.execute("set default_transaction_read_only = on")
    with connect(hosts, fields["port"], "gate") as connection:
        assert connection.execute("show max_parallel_workers_per_gather").fetchone() == ("0",)
        assert connection.execute("show client_connection_check_interval").fetchone() == ("1s",)
        assert connection.execute("select belt from belts.owner").fetchone() == ("blue",)
    with connect(hosts, fields["port"], "consumer") as connection, pytest.raises(psycopg.Error):
        connection.execute("select * from belts.owner")


def readers(hosts: Hosts, port: int, role: str) -> set[str]:
    with connect(hosts, port, role) as connection:
        rows = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'v') and has_table_privilege(oid, 'select')"
        ).fetchall()
    return {name for (name,) in rows}


def test_a_caddy_that_was_not_proved(hosts: Hosts, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused in check: another version was seen to answer 502 to all."""
    old = hosts.root.parent / f"{hosts.root.name}-caddy"
    old.write_text("#!/bin/sh\necho v2.6.2 h1:old\n")
    old.chmod(0o700)
    monkeypatch.setattr(toolchain, "caddy", lambda: Path(old))
    request = Caddy(port=ports.one())
    with pytest.raises(Refused, match=r"v2\.6\.2"):
        caddy.check(Layout(root=hosts.root, belt="gateway"), request)
    old.unlink()


def test_a_config_that_caddy_refuses(hosts: Hosts, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never replaces the one that runs."""
    fields = build.caddy(ports.one())
    hosts.apply("caddy", **fields)
    layout = Layout(root=hosts.root, belt="blue")
    monkeypatch.setattr(caddy, "rendered", lambda *_: {"apps": {"http": {"servers": 7}}})
    with pytest.raises(Refused, match="Caddy refuses the gateway's config"):
        caddy.apply(layout, Caddy(port=fields["port"]))
    assert listens(fields["port"])
