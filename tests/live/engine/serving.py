"""A real engine process over a real database, and a client that speaks to it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from belts.runtimes.process.toolchain import CHECKOUT
from tests.live import plain

SECRET = "a secret of the tests"
START_S = 30


class Engine:
    """`python -m belts.engine`, started and stopped."""

    def __init__(
        self, *, dsn: str, port: int, home: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.socket = f"ws://127.0.0.1:{port}/v1/graphql"
        self.log = home / "engine.log"
        self.metadata_file = home / "metadata.json"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CHECKOUT),
            "HASURA_GRAPHQL_DATABASE_URL": dsn,
            "HASURA_GRAPHQL_SERVER_PORT": str(port),
            "BELTS_ENGINE_TRUSTED_PROXIES": "127.0.0.1",
            "HASURA_GRAPHQL_ADMIN_SECRET": SECRET,
            "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": "public",
            "HASURA_GRAPHQL_LIVE_QUERIES_MULTIPLEXED_REFETCH_INTERVAL": "100",
            "HASURA_GRAPHQL_STREAMING_QUERIES_MULTIPLEXED_REFETCH_INTERVAL": "100",
            "BELTS_ENGINE_METADATA_FILE": str(self.metadata_file),
            **(environment or {}),
        }
        self.client = plain.client(base_url=self.url, timeout=60)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.stop()
        self.client.close()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "belts.engine"], env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                self.client.get("/v1/version")
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the engine did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired as error:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the engine did not stop when it was told to") from error
            finally:
                self.process = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def raw(
        self, body: Any, *, role: str | None = "admin", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return self.client.post("/v1/graphql", json=body, headers={**admin(role), **(headers or {})})

    def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        role: str | None = "admin",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The whole answer: `data` or `errors`."""
        body = {"query": query} if variables is None else {"query": query, "variables": variables}
        response = self.raw(body, role=role, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    def data(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        role: str | None = "admin",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        answer = self.ask(query, variables, role=role, headers=headers)
        assert "errors" not in answer, answer
        return answer["data"]

    def error(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        role: str | None = "admin",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[str, str, str]:
        """The code, the path and the message of a refusal."""
        answer = self.ask(query, variables, role=role, headers=headers)
        assert "data" not in answer, answer
        (error,) = answer["errors"]
        return error["extensions"]["code"], error["extensions"]["path"], error["message"]

    def metadata(self, kind: str, args: Any, *, role: str | None = "admin") -> httpx.Response:
        return self.client.post("/v1/metadata", json={"type": kind, "args": args}, headers=admin(role))

    def apply(self, kind: str, args: Any) -> Any:
        response = self.metadata(kind, args)
        assert response.status_code == 200, response.text
        return response.json()

    def track(self, *tables: Mapping[str, Any]) -> None:
        """Replaces the metadata by these tables, written as Hasura's document has them."""
        source = {"name": "default", "kind": "postgres", "tables": list(tables), "configuration": {}}
        self.apply("replace_metadata", {"version": 3, "sources": [source]})


def admin(role: str | None) -> dict[str, str]:
    """The headers of the admin in a role; of a stranger where the role is None."""
    return {} if role is None else {"x-hasura-admin-secret": SECRET, "x-hasura-role": role}


def table(
    name: str,
    *,
    schema: str = "public",
    relationships: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
    arrays: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
    public: Mapping[str, Any] | None = None,
    roles: Mapping[str, Mapping[str, Any]] | None = None,
    configuration: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A table of a metadata document: relationships are name → (remote table, column mapping)."""

    def manual(of: Mapping[str, tuple[str, Mapping[str, str]]]) -> list[dict[str, Any]]:
        return [
            {
                "name": key,
                "using": {
                    "manual_configuration": {
                        "remote_table": {"schema": schema, "name": remote},
                        "column_mapping": dict(mapping),
                    }
                },
            }
            for key, (remote, mapping) in of.items()
        ]

    permissions = {**({"public": public} if public is not None else {}), **(roles or {})}
    return {
        "table": {"schema": schema, "name": name},
        "configuration": dict(configuration or {}),
        "object_relationships": manual(relationships or {}),
        "array_relationships": manual(arrays or {}),
        "select_permissions": [
            {"role": role, "permission": {"columns": "*", "filter": {}, **permission}}
            for role, permission in permissions.items()
        ],
    }
