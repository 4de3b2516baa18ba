"""The parts of a belt: each verb leads somewhere, and what needs no Postgres does not load its client."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from belts.envio.release import ALPHA_17
from belts.files import write_private_json
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import engine, indexer, ledger, postgres, prover
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.wire.request import PARTS as REQUESTS
from belts.runtimes.process.wire.request import written
from belts.spec.engine import EmbeddedEngine, ExternalHasura
from belts.spec.postgres import Ledger, Postgres
from tests.unit.belts.specs import belt

LATER: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "postgres": (postgres.apply, postgres.remove),
    "ledger": (ledger.apply, ledger.remove),
    "engine": (engine.apply, engine.remove),
    "indexer": (indexer.apply, indexer.remove),
    "prover": (prover.apply, prover.remove),
}


@pytest.mark.parametrize("name", LATER)
def test_verbs_loaded_late_are_the_parts_own(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    layout = Layout(root=tmp_path, belt="blue")
    called: list[tuple[Any, ...]] = []
    for verb in LATER[name]:
        monkeypatch.setattr(sys.modules[verb.__module__], verb.__name__, lambda *given: called.append(given))
    PARTS[name].apply(layout, "what was asked for")
    PARTS[name].remove(layout)

    assert called == [(layout, "what was asked for"), (layout,)]


def test_a_login_ends_after_what_runs_by_it(tmp_path: Path) -> None:
    """An operation that has begun may take its time, and is not cut off by newer credentials."""
    request = EmbeddedEngine(port=8501)
    env = engine.program(Layout(root=tmp_path, belt="blue"), request).env
    longest_s = float(env["BELTS_ENGINE_OPERATION_TIMEOUT_MS"]) / 1_000
    assert engine.leave_s(request) > longest_s


def test_every_part_has_a_module() -> None:
    """Each that can be asked for, and no other."""
    assert set(PARTS) == set(REQUESTS)
    for part in PARTS.values():
        assert callable(part.module().apply)
        assert callable(part.module().remove)


def test_the_client_of_postgres_is_loaded_late() -> None:
    """Loading it takes longer than a check or a status does."""
    said = subprocess.run(
        [sys.executable, "-c", "import belts.runtimes.process.command, sys; print('psycopg' in sys.modules)"],
        cwd=toolchain.CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "False\n"


@pytest.mark.parametrize(
    ("graphql", "dial"),
    [
        ("http://127.0.0.1:8501/v1/graphql", "127.0.0.1:8501"),
        ("http://belts.internal/v1/graphql", "belts.internal:80"),
        ("https://127.0.0.1:8501/v1/graphql", None),
        ("http://127.0.0.1:8501/tenant/v1/graphql", None),
        ("http:///v1/graphql", None),
    ],
)
def test_where_an_engine_of_the_operator_is_dialled(graphql: str, dial: str | None) -> None:
    """The alias can carry a host and a port, and nothing else that a URL can say."""
    assert engine.dial_of(graphql) == dial


@pytest.mark.parametrize(
    ("part", "body"),
    [("postgres", Postgres(port=5501)), ("ledger", Ledger(port=5501)), ("engine", EmbeddedEngine(port=8501))],
)
def test_a_root_that_is_too_long_for_sockets(part: str, body: Any, tmp_path: Path) -> None:
    """Refused by each part that listens at one, before anything is made."""
    layout = Layout(root=tmp_path / ("x" * 100), belt="blue")
    with pytest.raises(Refused, match="107 bytes"):
        PARTS[part].check(layout, body)
    assert not layout.root.exists()


def test_a_hasura_that_cannot_come_to_its_database(tmp_path: Path) -> None:
    """It is no user of the belt's sockets: without TCP it is refused before it is asked."""
    layout = Layout(root=tmp_path, belt="blue")
    asked = written(belt())["postgres"] | {"root": str(tmp_path)}
    write_private_json(layout.request("postgres"), asked)
    with pytest.raises(Refused, match="`tcp: true`"):
        engine.apply(layout, ExternalHasura(url="http://127.0.0.1:1"))


def test_an_indexer_whose_release_takes_no_socket(tmp_path: Path) -> None:
    """It comes over TCP where there is TCP, and else is refused; others come by their folder."""
    layout, release = Layout(root=tmp_path, belt="blue"), replace(ALPHA_17, takes_sockets=False)
    closed, opened = Postgres(port=5501), Postgres(port=5501, tcp=True)
    assert indexer.database_host(layout, opened, release) == "127.0.0.1"
    with pytest.raises(Refused, match="`tcp: true`"):
        indexer.database_host(layout, closed, release)
    assert indexer.database_host(layout, opened, ALPHA_17) == str(tmp_path / "blue" / "sockets" / "indexer")


def test_a_postgres_without_tcp() -> None:
    """It listens nowhere but in its folders, and lets nobody in otherwise."""
    layout = Layout(root=Path("/srv"), belt="blue")
    closed, opened = Postgres(port=5501), Postgres(port=5501, tcp=True)
    assert "listen_addresses = ''\n" in postgres.settings(layout, closed)
    assert "host " not in postgres.access(closed)
    assert "listen_addresses = '127.0.0.1'\n" in postgres.settings(layout, opened)
    assert "host all all 127.0.0.1/32 scram-sha-256" in postgres.access(opened)
    folders = "'/srv/blue/sockets/host, /srv/blue/sockets/indexer'"
    assert f"unix_socket_directories = {folders}\n" in postgres.settings(layout, closed)
    for line in postgres.access(opened).splitlines():
        assert line.startswith("#") or line.endswith(" scram-sha-256")
