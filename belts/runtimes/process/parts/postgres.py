"""A belt's own Postgres.

Its own data directory, superuser and system identifier, reached at sockets in folders that are for its
clients alone, and by password. On a port of loopback it listens only where it is asked to.
"""

import locale
import os
from contextlib import suppress
from typing import Any

import psycopg

from belts.demanded import SCRAM, not_shown, who_listens
from belts.files import private_dir, remove_tree, write_private
from belts.runtimes.process import toolchain
from belts.runtimes.process.confine import users
from belts.runtimes.process.confine.cage import MEETING_PLACES, Cage, outermost
from belts.runtimes.process.database import closed, owner, roles, rotation, shared_memory
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import generations, secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import outlet
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import identity, launch, leftovers, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program, launch_file
from belts.spec.postgres import Postgres

PROGRAM = "postgres"
INITDB = "initdb"
DATABASE = "belts"
LOOPBACK = "127.0.0.1"
BACKUP = "backup"
"""The role of base backups; it logs in only while one is taken (`base_backup`)."""
TOLD = ("gate", "consumer")
"""Whose passwords are told to others, who take their time with a new one."""
READY_S = 60.0
RESERVED_CONNECTIONS = 3


def apply(layout: Layout, request: Postgres) -> dict[str, Any]:
    held = bring_up(layout, request)
    with connect(layout, request.port, held, database=DATABASE) as connection:
        roles.converge(connection, held)
        held = rotation.renewed(connection, layout, held, generations.PARTS[PROGRAM], request.credentials)
        for name in TOLD:
            rotation.revoke(connection, layout, held, name, previous=not request.revoke_previous)
        told = result(layout, connection, request, held)
    if request.outlet is None:
        outlet.remove(layout)
        return told
    socket = sockets.of_postgres(sockets.for_host(layout), request.port)
    outlet.converge(layout, request.outlet, socket=socket, database=DATABASE)
    hosts = {**told["hosts"], "consumer": request.outlet.name}
    return {**told, "hosts": hosts, "consumerCa": outlet.authority(layout, request.outlet)}


def bring_up(layout: Layout, request: Postgres) -> Secrets:
    """The belt's cluster and its database, up and claimed; who may do what in it is for others to say."""
    held = secrets.ensure(layout, generation=request.credentials)
    owner.refuse_foreign_directory(layout, held)
    _make_cluster(layout, held)
    user = identity.for_postgres()
    open_sockets(layout)
    for name, text in (("postgresql.conf", settings(layout, request)), ("pg_hba.conf", access(request))):
        write_private(layout.of_part("postgres") / name, text)
        identity.give(layout.of_part("postgres") / name, user)
    supervisor.converge(layout, program(layout, user))
    _wait_until_ready(layout, request, held)
    with connect(layout, request.port, held) as connection:
        owner.claim_cluster(connection, layout, held)
        _make_database(connection)
    with connect(layout, request.port, held, database=DATABASE) as connection:
        owner.claim_database(connection, layout, held)
        closed.ensure(connection)
    return held


def place(connection: psycopg.Connection[Any]) -> tuple[str, int]:
    """Which database this is, whatever name leads to it: the system's identifier, and its OID."""
    seen = connection.execute(
        "select system_identifier::text, d.oid::int8 from pg_control_system(), pg_database d"
        " where d.datname = current_database()"
    ).fetchone()
    assert seen is not None  # noqa: S101 -- a select without a table has one row
    return seen[0], seen[1]


def result(
    layout: Layout, connection: psycopg.Connection[Any], request: Postgres, held: Secrets
) -> dict[str, Any]:
    """`hosts` is where each reader finds it: the gate runs here, and who reads past GraphQL need not."""
    folder = str(sockets.for_host(layout))
    system, oid = place(connection)
    return {
        "port": request.port,
        "hosts": {"gate": folder, "consumer": LOOPBACK if request.tcp else folder},
        "systemIdentifier": system,
        "databaseOid": oid,
        "database": DATABASE,
        "passwords": {name: held[name] for name in roles.NAMES},
        "logins": {name: roles.login(name, held.generation(name)) for name in TOLD},
    }


def remove(layout: Layout) -> None:
    outlet.remove(layout)
    supervisor.remove(layout, {PROGRAM})
    home = layout.of_part("postgres")
    for data in home.glob("data*"):
        shared_memory.forget(data)
    remove_tree(home)
    for folder in (sockets.for_host(layout), sockets.for_indexer(layout)):
        remove_tree(folder)
    sockets.forget(layout)


def program(layout: Layout, user: str) -> Program:
    """Interrupted, it ends its sessions and writes a checkpoint; killed, it recovers at its next start."""
    home = layout.of_part("postgres")
    return Program(
        name=PROGRAM,
        argv=(
            str(toolchain.postgres("postgres")),
            "-D",
            str(home / "data"),
            "-c",
            f"config_file={home}/postgresql.conf",
        ),
        cwd=home / "data",
        files=(home / "postgresql.conf", home / "pg_hba.conf"),
        user=user,
        cage=walls(layout, user),
        stop_signal="INT",
        stop_wait_s=60,
        priority=100,
    )


def open_sockets(layout: Layout) -> None:
    """Its folders: the indexer enters one as soon as it has a user of its own."""
    owner = launch.NOBODY if identity.for_postgres() == "nobody" else -1
    sockets.make(sockets.for_host(layout), owner=owner)
    sockets.make(sockets.for_indexer(layout), owner=owner, group=users.of(layout.home))


def walls(layout: Layout, user: str) -> Cage:
    """What a superuser of the cluster reaches, who reads files and runs programs as its process.

    By files only these, where the kernel has Landlock. Started by root it is root to every socket of the host
    that does not ask who enters: so it sees none but its own.
    """
    home, program = layout.of_part("postgres"), toolchain.postgres("postgres")
    folders = (sockets.for_host(layout), sockets.for_indexer(layout))
    hidden = (layout.root.resolve(), *MEETING_PLACES) if user == "namespace" and identity.may_hide() else ()
    return Cage(
        user=None,
        hidden=outermost(hidden),
        read=(program.parents[1], launch_file().parent, home),
        write=(home / "data", *folders),
    )


def connect(
    layout: Layout, port: int, held: Secrets, *, database: str = "postgres"
) -> psycopg.Connection[Any]:
    """As superuser. The password travels apart from the address, so that no error text can hold it.

    Where a change of it was interrupted, it may be the new one already.
    """
    host = str(sockets.for_host(layout))
    *others, last = (held["superuser"], *held.staged("superuser"))
    for password in others:
        with suppress(psycopg.OperationalError):
            return _connect(host, port, password, database)
    return _connect(host, port, last, database)


def _connect(host: str, port: int, password: str, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=host,
        port=port,
        user=roles.SUPERUSER,
        password=password,
        dbname=database,
        connect_timeout=5,
        require_auth=SCRAM,
        autocommit=True,
        application_name="belts",
    )


BY_SOCKET = """# Written by belts. Every role comes with its password, wherever it comes from.
local all all scram-sha-256
local replication backup scram-sha-256
"""
BY_TCP = """host all all 127.0.0.1/32 scram-sha-256
host replication backup 127.0.0.1/32 scram-sha-256
"""


def access(request: Postgres) -> str:
    return BY_SOCKET + (BY_TCP if request.tcp else "")


def settings(layout: Layout, request: Postgres) -> str:
    """A dead client must not leave its scan running, and one scan must not take every core from those who
    serve.
    """
    spare_mb = max(64, request.memory_mb - request.shared_buffers_mb)
    values = {
        "listen_addresses": f"'{LOOPBACK}'" if request.tcp else "''",
        "port": request.port,
        "unix_socket_directories": f"'{sockets.for_host(layout)}, {sockets.for_indexer(layout)}'",
        "hba_file": "'../pg_hba.conf'",
        "password_encryption": "'scram-sha-256'",
        "max_connections": request.max_connections,
        "superuser_reserved_connections": RESERVED_CONNECTIONS,
        "shared_buffers": f"'{request.shared_buffers_mb}MB'",
        "effective_cache_size": f"'{max(request.memory_mb, request.shared_buffers_mb)}MB'",
        "work_mem": f"'{max(4, min(64, spare_mb // 16))}MB'",
        "maintenance_work_mem": f"'{max(16, min(512, spare_mb // 4))}MB'",
        "max_wal_size": "'1GB'",
        "client_connection_check_interval": "'1s'",
        "idle_in_transaction_session_timeout": "'10min'",
        "tcp_keepalives_idle": 60,
        "logging_collector": "off",
        "log_destination": "'stderr'",
        "log_line_prefix": "'%m [%p] %u@%d '",
        "log_min_error_statement": "'panic'",
        "log_timezone": "'UTC'",
        "timezone": "'UTC'",
    }
    return "# Written by belts.\n" + "".join(f"{name} = {value}\n" for name, value in values.items())


def _make_cluster(layout: Layout, held: Secrets) -> None:
    """Made beside its place and renamed when it is whole.

    An interrupted one is no cluster, and is made again.
    """
    home = private_dir(layout.of_part("postgres"))
    if (home / "data").exists():
        return
    note(f"{layout.belt}: making a Postgres cluster")
    user = identity.for_postgres()
    # An initdb whose apply was interrupted may still be clearing away what it had made.
    leftovers.kill(layout, programs={INITDB, PROGRAM})
    fresh, password = home / f"data.new.{os.getpid()}", home / "superuser-password"
    for unfinished in home.glob("data.new.*"):
        shared_memory.forget(unfinished)
        remove_tree(unfinished)
    private_dir(fresh)
    identity.let_pass(layout, user, program=toolchain.postgres("postgres"), to=home)
    write_private(password, held["superuser"])
    for path in (fresh, password):
        identity.give(path, user)
    command = [
        str(toolchain.postgres("initdb")),
        "-D",
        str(fresh),
        "-U",
        roles.SUPERUSER,
        f"--pwfile={password}",
    ]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", f"--locale={_locale()}", "--data-checksums"]
    try:
        done = identity.run_tool(layout, Program(name=INITDB, argv=tuple(command), cwd=fresh, user=user))
    finally:
        password.unlink()
    if done.returncode != 0:
        raise Refused(
            f"{layout.belt}: no Postgres cluster could be made",
            expected="initdb to end with 0",
            seen=f"it ended with {done.returncode}",
            now=f"mend what it says; it ran as: {user}",
            log_tail=held.redact(done.stdout[-4000:]),
        )
    shared_memory.keep_with(fresh)
    owner.mark_directory(layout, held)
    fresh.rename(home / "data")


def _locale() -> str:
    """Order by code point, and letters of every language known, where the system can."""
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    return "C.UTF-8"


def _wait_until_ready(layout: Layout, request: Postgres, held: Secrets) -> None:
    readiness.wait(
        layout,
        PROGRAM,
        lambda: _probe(layout, request, held),
        expected="Postgres to let its superuser in at"
        f" {sockets.of_postgres(sockets.for_host(layout), request.port)}",
        deadline_s=READY_S,
        secrets=held,
    )


def _probe(layout: Layout, request: Postgres, held: Secrets) -> str | None:
    try:
        connect(layout, request.port, held).close()
    except psycopg.OperationalError as why:
        if seen := not_shown(why):
            return f"{seen}; {who_listens(why)}"
        return " ".join(str(why).split())[:200]
    return None


def _make_database(connection: psycopg.Connection[Any]) -> None:
    if connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchone() is None:
        connection.execute(f"create database {DATABASE}")
