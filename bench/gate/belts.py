"""Two belts' databases on one machine, equal except for three rows, and an engine over the serving one."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from belts.runtimes.process import toolchain
from bench.engine.servers import free_port, running, wait_for

CHANGED, MISSING, EXTRA = 1_234_567, 765_432, 1_999_998  # of every 2,000,000 rows
STANDARD = 2_000_000

# As Envio 3.0.0-alpha.17 makes them, reduced to what the gate reads.
SCHEMA = """ CREATE TABLE envio_chains (id int PRIMARY KEY, start_block int NOT NULL, end_block int,
source_block int NOT NULL, progress_block int NOT NULL, events_processed int NOT NULL, ready_at
timestamptz); CREATE TABLE envio_checkpoints (id int PRIMARY KEY, chain_id int NOT NULL, block_number int
NOT NULL, block_hash text, events_processed int NOT NULL); CREATE TABLE raw_events (chain_id int NOT NULL,
contract_name text NOT NULL, block_number int NOT NULL, log_index int NOT NULL, src_address text NOT NULL);
CREATE TYPE envio_history_change AS ENUM ('SET', 'DELETE'); CREATE TABLE "Transfer" (id text PRIMARY KEY,
"chainId" int NOT NULL, "blockNumber" int NOT NULL, "logIndex" int NOT NULL, value numeric NOT NULL); CREATE
TABLE "envio_history_Transfer" (id text NOT NULL, "chainId" int, "blockNumber" int, "logIndex" int, value
numeric, envio_checkpoint_id bigint NOT NULL, envio_change envio_history_change NOT NULL, PRIMARY KEY (id,
envio_checkpoint_id));
"""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both databases; `differences` are their different rows, as the gate names them."""

    serving: str
    candidate: str
    rows: int

    @property
    def differences(self) -> tuple[tuple[str, str], ...]:
        return (
            ("missing", key(MISSING, self.rows)),
            ("extra", "extra"),
            ("different", key(CHANGED, self.rows)),
        )


def key(number: int, rows: int) -> str:
    """The key of a row of the standard size, scaled to another."""
    row = number * rows // STANDARD
    return f"1_{row // 10}_{row % 10}"


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """Two clusters without parallel workers, so that every tool reads serially."""
    with cluster() as serving, cluster() as candidate:
        yield Pair(serving=serving, candidate=candidate, rows=0)


def fill(where: Pair, rows: int) -> Pair:
    """Fills both belts, then removes one row, adds one and changes one on the candidate."""
    for url in (where.serving, where.candidate):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            connection.execute(SCHEMA)
            height = rows // 10
            connection.execute(
                "INSERT INTO envio_chains VALUES (1, 0, NULL, %s, %s, %s, now())", (height, height, rows)
            )
            connection.execute("INSERT INTO envio_checkpoints VALUES (1, 1, %s, NULL, 0)", (height - 10,))
            connection.execute(
                "INSERT INTO \"Transfer\" SELECT '1_' || g / 10 || '_' || g %% 10, 1, g / 10, g %% 10,"
                " (g::numeric * 7919) * 1000000000000000000 FROM generate_series(1, %s) g",
                (rows,),
            )
            connection.execute('VACUUM ANALYZE "Transfer"')
    with psycopg.connect(where.candidate, autocommit=True) as connection:
        connection.execute('DELETE FROM "Transfer" WHERE id = %s', (key(MISSING, rows),))
        connection.execute('UPDATE "Transfer" SET value = value + 1 WHERE id = %s', (key(CHANGED, rows),))
        extra = EXTRA * rows // STANDARD // 10
        connection.execute("INSERT INTO \"Transfer\" VALUES ('extra', 1, %s, 99, 1)", (extra,))
        connection.execute('VACUUM ANALYZE "Transfer"')
    return Pair(serving=where.serving, candidate=where.candidate, rows=rows)


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """One Postgres; yields its URL. It waits for the disk as little as possible."""
    home = Path(tempfile.mkdtemp(prefix="b-bench-", dir="/tmp"))
    # Postgres refuses to run as root.
    as_user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    data, port, word = home / "data", free_port(), secrets.token_hex()
    try:
        (home / "password").write_text(word)
        initdb = [
            str(toolchain.postgres("initdb")),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            f"--pwfile={home}/password",
            "-E",
            "UTF8",
        ]
        subprocess.run([*as_user, *initdb, "--no-locale"], check=True, stdout=subprocess.DEVNULL)
        settings = (
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "shared_buffers=512MB",
            "max_wal_size=4GB",
            "max_parallel_workers_per_gather=0",
            "autovacuum=off",
        )
        command = [*as_user, str(toolchain.postgres("postgres")), "-D", str(data), "-p", str(port)]
        with running([*command, *(part for setting in settings for part in ("-c", setting))], {}):
            url = f"postgresql://postgres:{word}@127.0.0.1:{port}/postgres"
            wait_for(lambda: psycopg.connect(url).close(), psycopg.OperationalError)
            yield url
    finally:
        shutil.rmtree(home)


@contextlib.contextmanager
def engine(database: str) -> Iterator[str]:
    """The GraphQL engine that serves the rows to consumers; yields its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HASURA_GRAPHQL_DATABASE_URL": database,
            "HASURA_GRAPHQL_SERVER_PORT": str(port),
            "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": "true",
            "HASURA_GRAPHQL_PG_CONNECTIONS": "10",
            "BELTS_ENGINE_METADATA_FILE": f"{home}/metadata.json",
        }
        with running([sys.executable, "-m", "belts.engine"], environment):
            base = f"http://127.0.0.1:{port}"
            wait_for(lambda: httpx.get(f"{base}/v1/version"), httpx.TransportError)
            sources = [{"name": "default", "kind": "postgres", "tables": [{"table": "Transfer"}]}]
            metadata = {"type": "replace_metadata", "args": {"version": 3, "sources": sources}}
            httpx.post(f"{base}/v1/metadata", json=metadata).raise_for_status()
            yield f"{base}/v1/graphql"
