"""The measured parts, each a process of its own: Postgres, the engine, PostGraphile."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import psycopg

from belts.runtimes.process import toolchain

HERE = Path(__file__).parent
CONNECTIONS = 10
START_S = 60


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A cluster with the measurement's data; yields its URL."""
    home = Path(tempfile.mkdtemp(prefix="b-bench-", dir="/tmp"))
    # Postgres refuses to run as root.
    as_user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    data, port, word = home / "data", free_port(), secrets.token_hex()
    try:
        (home / "password").write_text(word)
        initdb = [
            toolchain.postgres("initdb"),
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            f"--pwfile={home}/password",
            "-E",
            "UTF8",
            "--no-locale",
        ]
        subprocess.run([*as_user, *map(str, initdb)], check=True, stdout=subprocess.DEVNULL)
        settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "shared_buffers=256MB",
        ]
        command = [*as_user, str(toolchain.postgres("postgres")), "-D", str(data), "-p", str(port)]
        with running([*command, *(part for setting in settings for part in ("-c", setting))], {}):
            url = f"postgres://postgres:{word}@127.0.0.1:{port}/postgres"
            wait_for(lambda: psycopg.connect(url).close(), psycopg.OperationalError)
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in (HERE / "data.sql").read_text().split(";"):
                    if statement.strip():
                        connection.execute(statement.encode())
            yield url
    finally:
        shutil.rmtree(home)


@contextlib.contextmanager
def engine(database: str) -> Iterator[tuple[str, int]]:
    """The engine over the data; yields its GraphQL URL and its process id."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HASURA_GRAPHQL_DATABASE_URL": database,
            "HASURA_GRAPHQL_SERVER_PORT": str(port),
            "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": "true",
            "HASURA_GRAPHQL_PG_CONNECTIONS": str(CONNECTIONS),
            "BELTS_ENGINE_METADATA_FILE": f"{home}/metadata.json",
        }
        with running([sys.executable, "-m", "belts.engine"], environment) as pid:
            base = f"http://127.0.0.1:{port}"
            wait_for(lambda: httpx.get(f"{base}/v1/version"), httpx.TransportError)
            _track(base)
            yield f"{base}/v1/graphql", pid


def _track(base: str) -> None:
    relationship = {
        "name": "transfers",
        "using": {"foreign_key_constraint_on": {"table": "transfer", "column": "account_key"}},
    }
    tables = [{"table": "account", "array_relationships": [relationship]}, {"table": "transfer"}]
    metadata = {"version": 3, "sources": [{"name": "default", "kind": "postgres", "tables": tables}]}
    httpx.post(f"{base}/v1/metadata", json={"type": "replace_metadata", "args": metadata}).raise_for_status()


@contextlib.contextmanager
def postgraphile(database: str) -> Iterator[str]:
    """PostGraphile over the same data; yields its GraphQL URL."""
    port = free_port()
    environment = {
        "DATABASE_URL": database,
        "PORT": str(port),
        "CONNECTIONS": str(CONNECTIONS),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }
    with running([str(toolchain.node()), str(HERE / "postgraphile.mjs")], environment):
        url = f"http://127.0.0.1:{port}/graphql"
        wait_for(
            lambda: httpx.post(url, json={"query": "{ __typename }"}).raise_for_status(), httpx.HTTPError
        )
        yield url


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[int]:
    """Runs a process for the block, in a session of its own as under any supervisor.

    Linux distributes the processors by session: in ours, a server would share with the load what others have
    alone.
    """
    whole = {**os.environ, "PYTHONPATH": str(toolchain.CHECKOUT), **environment}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=whole, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process.pid
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-2000:].decode(errors="replace"))
            raise
        finally:
            process.terminate()
            process.wait(20)


def wait_for(attempt: object, failure: type[Exception]) -> None:
    """Waits until an attempt no longer fails."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            attempt()  # type: ignore[operator]
        except failure:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
