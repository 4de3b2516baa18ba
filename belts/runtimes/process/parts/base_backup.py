"""A base backup of a serving belt's cluster, by a role that may log in only while it is taken.

A replication role can read every byte of the cluster. So none may log in except during a backup.
"""

import secrets as random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import Connection, sql

from belts.demanded import SCRAM
from belts.files import write_private
from belts.locks import locked
from belts.runtimes.process import toolchain
from belts.runtimes.process.database import logins, major
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import lock, secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import postgres
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise.programs import BASE_ENVIRONMENT
from belts.runtimes.process.wire import neighbours

SPARE = 512 * 1024 * 1024
"""Bytes that a backup leaves free on its target disk, since the belt may be on that disk too."""


def take(layout: Layout, to: Path) -> None:
    """Writes the backup into a new directory and verifies it; removes an incomplete one."""
    request = neighbours.postgres(layout)
    if to.exists():
        raise _refusal(layout, expected="a directory that is made for it", seen=f"{to}, which is there")
    if not to.parent.is_dir():
        raise _refusal(layout, expected=f"a directory to make it in: {to.parent}", seen="none")
    major.refuse_another(layout)
    with lock.of_belt(layout):  # beside a rotation, what it has written would be lost
        password = secrets.known(layout).get(postgres.BACKUP) or random.token_urlsafe(24)
        held = secrets.keep(layout, postgres.BACKUP, password)
    with (
        locked(layout.supervisor / "base-backup.lock"),
        postgres.connect(layout, request.port, held) as connection,
    ):
        _refuse_full_disk(layout, connection, to)
        note(f"{layout.belt}: taking a base backup into {to}")
        with _let_in(connection, password):
            _run(layout, held, _copy(layout, to, request.port), password=password, port=request.port)
    try:
        _run(layout, held, (str(toolchain.postgres("pg_verifybackup")), "--quiet", str(to)))
    except Refused:
        shutil.rmtree(to, ignore_errors=True)
        raise
    note(f"{layout.belt}: the base backup in {to} is whole")


def _copy(layout: Layout, to: Path, port: int) -> tuple[str, ...]:
    """Includes the write-ahead log written meanwhile, so that the copy can start by itself."""
    return (
        *(str(toolchain.postgres("pg_basebackup")), "--no-password"),
        *(f"--host={sockets.for_host(layout)}", f"--port={port}"),
        *(f"--username={postgres.BACKUP}", f"--pgdata={to}", "--wal-method=stream", "--checkpoint=fast"),
    )


@contextmanager
def _let_in(connection: Connection[tuple[object, ...]], password: str) -> Iterator[None]:
    """Lets the role log in for the duration of the block, then locks it and ends its sessions."""
    role = sql.Identifier(postgres.BACKUP)
    logins.ensure_role(connection, postgres.BACKUP, password, {})
    logins.set_password(connection, postgres.BACKUP, password)
    connection.execute(sql.SQL("alter role {} login replication connection limit 4").format(role))
    try:
        yield
    finally:
        connection.execute(sql.SQL("alter role {} nologin noreplication password null").format(role))
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = %s",
            [postgres.BACKUP],
        )


def _run(
    layout: Layout, held: Secrets, command: tuple[str, ...], *, password: str = "", port: int = 0
) -> None:
    """Passes the password in a file, since a command line shows in `ps`."""
    file = layout.supervisor / "base-backup.pgpass"
    write_private(file, f"{sockets.for_host(layout)}:{port}:replication:{postgres.BACKUP}:{password}\n")
    try:
        done = subprocess.run(
            command,
            env={**BASE_ENVIRONMENT, "PGPASSFILE": str(file), "PGREQUIREAUTH": SCRAM},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            umask=0o077,
            check=False,
        )
    finally:
        file.unlink(missing_ok=True)
    if done.returncode != 0:
        program = Path(command[0]).name
        raise _refusal(
            layout,
            expected=f"{program} to end with 0",
            seen=f"it ended with {done.returncode}",
            log_tail=held.redact(done.stdout[-4000:]),
        )


def _refuse_full_disk(layout: Layout, connection: Connection[tuple[object, ...]], to: Path) -> None:
    row = connection.execute("select sum(pg_database_size(oid))::int8 from pg_database").fetchone()
    size, free = int(str(row[0])) if row else 0, shutil.disk_usage(to.parent).free
    if free < size + SPARE:
        raise _refusal(
            layout,
            expected=f"room for its {size // 1_000_000:,} MB, and {SPARE // 1_000_000:,} MB beside them",
            seen=f"{free // 1_000_000:,} MB free in {to.parent}",
        )


def _refusal(layout: Layout, *, expected: str, seen: str, log_tail: str = "") -> Refused:
    return Refused(
        f"{layout.belt}: no base backup was taken",
        expected=expected,
        seen=seen,
        now="see to it, then"
        f" `python -m belts base-backup --root {layout.root} {layout.belt} --to DIRECTORY`",
        log_tail=log_tail,
    )
