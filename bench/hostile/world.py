"""The attacked system: an engine as a belt runs it, over the bench's rows, behind the gateway's Caddy."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from belts.runtimes import caddy
from belts.spec.engine import EmbeddedEngine
from belts.spec.gateway import Caddy
from bench.engine.servers import free_port, postgres, running, wait_for
from bench.swap.ways import caddy as running_caddy
from gate.alias.directory import Directory
from gate.alias.state import Standing, first

SECRET = "the bench's own"
RATE = 100
"""Operations per second and client, as in the operator's setting `belts:caddy.clientRate`."""
DECLARED_MB = EmbeddedEngine(port=1024).memory_mb
LIMIT = {"limit": 1_000, "allow_aggregations": True, "columns": "*", "filter": {}}


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """The port of the gateway, and the port and process of the engine behind it."""

    gateway: int
    engine: int
    pid: int


@contextmanager
def standing(environment: Mapping[str, str]) -> Iterator[World]:
    """Starts the whole system; `environment` is added to the engine's."""
    with postgres() as database, tempfile.TemporaryDirectory(prefix="b-hostile-", dir="/tmp") as made:
        home, port, door = Path(made), free_port(), free_port()
        told = {
            "HASURA_GRAPHQL_DATABASE_URL": database,
            "HASURA_GRAPHQL_SERVER_PORT": str(port),
            "HASURA_GRAPHQL_ADMIN_SECRET": SECRET,
            "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": "public",
            "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": "true",
            "BELTS_ENGINE_METADATA_FILE": f"{home}/metadata.json",
            "BELTS_ENGINE_GATEWAY_SOCKET": f"{home}/engine.sock",
            **environment,
        }
        with running([sys.executable, "-m", "belts.engine"], told) as pid:
            base = f"http://127.0.0.1:{port}"
            wait_for(lambda: httpx.get(f"{base}/v1/version"), httpx.TransportError)
            _track(base)
            to = Standing(belt="blue", identity="blue", dial=f"unix/{home}/engine.sock", heights={})
            Directory(home / "alias", "gateway").swap(first(to, since="", move=None, certificate=None))
            spec = Caddy(port=door, client_rate=RATE)
            config = caddy.render(
                spec, alias=home / "alias", log=home / "access.log", storage=home / "storage"
            )
            admin = {"listen": f"unix/{home}/admin.sock|0600", "config": {"persist": False}}
            with running_caddy(
                {**config, "admin": admin}, port=door, home=home, environment=caddy.ENVIRONMENT
            ):
                yield World(gateway=door, engine=port, pid=pid)


def _track(base: str) -> None:
    permission = [{"role": "public", "permission": LIMIT}]
    many = _relationship("transfers", table="transfer", columns={"key": "account_key"})
    one = _relationship("account", table="account", columns={"account_key": "key"})
    tables = [
        {"table": "account", "array_relationships": [many], "select_permissions": permission},
        {"table": "transfer", "object_relationships": [one], "select_permissions": permission},
    ]
    metadata = {"version": 3, "sources": [{"name": "default", "kind": "postgres", "tables": tables}]}
    httpx.post(
        f"{base}/v1/metadata",
        json={"type": "replace_metadata", "args": metadata},
        headers={"x-hasura-admin-secret": SECRET},
    ).raise_for_status()


def _relationship(name: str, *, table: str, columns: Mapping[str, str]) -> dict[str, Any]:
    manual = {"remote_table": {"schema": "public", "name": table}, "column_mapping": dict(columns)}
    return {"name": name, "using": {"manual_configuration": manual}}
