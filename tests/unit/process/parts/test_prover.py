"""A belt's prover as a program: what it is given, what is kept of that, and what it says."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from belts.runtimes.process import status
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import prover
from belts.runtimes.process.parts.prover_note import note_of, said
from belts.spec.postgres import Postgres
from belts.spec.prover import Prover

DATABASE = Postgres(port=5501, shared_buffers_mb=128, max_connections=60, memory_mb=512)
HELD = Secrets({"gate": "pass/word", "superuser": "root", "indexer": "writer"})
TOLD = {"policy:RPC_1": "https://rpc.example.com/key", "evidenceKey": "the key"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(root=tmp_path, belt="green")


@pytest.fixture
def request_(tmp_path: Path) -> Prover:
    """A prover of a policy that is there."""
    (tmp_path / "policy.yaml").write_text("version: 1\n")
    return Prover(
        policy=tmp_path / "policy.yaml",
        digest=hashlib.sha256(b"version: 1\n").hexdigest(),
        variables=("RPC_1",),
        rate=7,
        memory_mb=300,
        evidence=Path("/evidence"),
        key_file=None,
    )


def test_what_it_is_given(layout: Layout, request_: Prover) -> None:
    """A role that reads, its policy's variables and the key; on its command line nothing that is secret."""
    prover._keep_policy(layout, request_)
    program = prover.program(layout, request_, DATABASE, HELD, TOLD)
    host = quote(str(sockets.for_host(layout)), safe="")
    assert program.env["BELTS_PROVE_DATABASE"] == f"postgresql://gate:pass%2Fword@{host}:5501/belts"
    assert program.env["RPC_1"] == TOLD["policy:RPC_1"]
    assert program.env["BELTS_EVIDENCE_KEY"] == "the key"
    assert not {"root", "writer"} & set(program.env.values())
    line = " ".join(program.argv)
    assert "--rate 7 --memory-mb 300" in line
    assert not [value for value in (*TOLD.values(), "pass") if value in line]


def test_a_key_in_a_file(layout: Layout, request_: Prover) -> None:
    """It is read there, and is no part of what is told."""
    prover._keep_policy(layout, request_)
    asked = replace(request_, key_file=Path("/home/user/key"))
    program = prover.program(layout, asked, DATABASE, HELD, {"policy:RPC_1": "x"})
    assert "BELTS_EVIDENCE_KEY" not in program.env
    assert "--key /home/user/key" in " ".join(program.argv)


def test_another_policy_is_another_program(layout: Layout, request_: Prover) -> None:
    """So that a change restarts it; the password of another generation does, too."""
    prover._keep_policy(layout, request_)
    first = prover.program(layout, request_, DATABASE, HELD, TOLD).digest(layout)
    assert prover.program(layout, request_, DATABASE, HELD, TOLD).digest(layout) == first
    rotated = Secrets({**HELD, "gate": "newer"}, {"gate": (1, 2)})
    assert prover.program(layout, request_, DATABASE, rotated, TOLD).digest(layout) != first
    request_.policy.write_text("version: 2\n")
    prover._keep_policy(layout, replace(request_, digest=hashlib.sha256(b"version: 2\n").hexdigest()))
    assert prover.program(layout, request_, DATABASE, HELD, TOLD).digest(layout) != first


def test_a_policy_that_was_edited(layout: Layout, request_: Prover) -> None:
    """The one that was asked for is kept and counts; without it nothing is started."""
    prover._keep_policy(layout, request_)
    request_.policy.write_text("version: 2\n")
    prover._keep_policy(layout, request_)
    assert (layout.of_part("prover") / "policy.yaml").read_text() == "version: 1\n"
    request_.policy.unlink()
    with pytest.raises(Refused, match="no such file"):
        prover._keep_policy(layout, replace(request_, digest="0" * 64))


def test_what_it_was_told_is_kept(layout: Layout, request_: Prover, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes back untold, for its owner alone; what nobody ever told is asked for by name."""
    with pytest.raises(Refused, match="policy:RPC_1, evidenceKey in BELTS_SECRETS"):
        prover._told(layout, request_)
    monkeypatch.setenv(secrets.ENVIRONMENT, json.dumps(TOLD | {"other": "x"}))
    assert prover._told(layout, request_) == TOLD
    monkeypatch.delenv(secrets.ENVIRONMENT)
    assert prover._told(layout, request_) == TOLD
    assert (layout.of_part("prover") / "told.json").stat().st_mode & 0o077 == 0


def test_what_it_says(layout: Layout) -> None:
    """Its last words, and when; a note that is none says nothing."""
    assert said(layout) is None
    layout.of_part("prover").mkdir(parents=True)
    note_of(layout).write_text(json.dumps({"at": "2026-01-01T00:00:00Z", "line": "proved: 6 chains"}))
    assert said(layout) == "proved: 6 chains (at 2026-01-01T00:00:00Z)"
    assert status._said(layout, "prover") == {"said": said(layout)}
    assert status._said(layout, "indexer") == {}
    for text in ("", "[]", "7", '{"at": 1}'):
        note_of(layout).write_text(text)
        assert said(layout) is None
