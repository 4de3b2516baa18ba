"""The parts of a belt: each verb leads somewhere, and what needs no Postgres does not load its client."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process import toolchain
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import engine, indexer, ledger, postgres, prover
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.wire.request import PARTS as REQUESTS
from belts.spec.engine import EmbeddedEngine

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
