"""Postgres of any version, for belts that are to be compared with one of another.

`BELTS_TEST_POSTGRES=SERVING:CANDIDATE` names two directories that hold `bin/postgres` and `bin/initdb`; one
that is left empty stands for the Postgres that the project pins. All tests here run on them:

    BELTS_TEST_POSTGRES=:/usr/lib/postgresql/14 python -m pytest tests/live/gate/content
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from belts.runtimes.process import toolchain
from tests.live import places

VARIABLE = "BELTS_TEST_POSTGRES"
PASSWORD = "only for a test"
START_S = 30.0
SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=50")


def newest() -> Path:
    """The newest Postgres that the toolchain has: it lies beside the one that belts run on."""
    return _home(str(toolchain.postgres("postgres").parents[2] / "pginstall18"))


def named() -> tuple[Path | None, Path | None]:
    """The directories for the serving belt and for the candidate; `None` stands for the pinned Postgres."""
    text = os.environ.get(VARIABLE, ":")
    serving, colon, candidate = text.partition(":")
    if not colon or ":" in candidate:
        raise ValueError(f"{VARIABLE}: expected SERVING:CANDIDATE, two directories, got {text!r}")
    return _home(serving) if serving else None, _home(candidate) if candidate else None


def _home(text: str) -> Path:
    home = Path(text)
    if not (home / "bin" / "postgres").is_file():
        raise ValueError(f"expected a directory with a Postgres, and {home} has no bin/postgres")
    return home


@contextlib.contextmanager
def running(home: Path, port: int) -> Iterator[str]:
    """A cluster of its own; gives the DSN of its superuser."""
    place = places.temporary("b-t-pg-")
    # Postgres refuses to run as root.
    as_user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    data, secret, log = place / "data", place / "password", place / "log"
    secret.write_text(PASSWORD)
    dsn = make_conninfo(host="127.0.0.1", port=port, user="postgres", password=PASSWORD, dbname="postgres")
    try:
        initdb = (
            str(home / "bin" / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-locale",
        )
        access = ("-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync")
        subprocess.run([*as_user, *initdb, *access], check=True, stdout=subprocess.DEVNULL)
        command = [*as_user, str(home / "bin" / "postgres"), "-D", str(data), "-p", str(port)]
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        with log.open("w") as out, subprocess.Popen([*command, *settings], stdout=out, stderr=out) as server:
            try:
                _wait(dsn, server, log)
                yield dsn
            finally:
                server.send_signal(signal.SIGINT)  # it waits for no client
    finally:
        shutil.rmtree(place)


def _wait(dsn: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return
