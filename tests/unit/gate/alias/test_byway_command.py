"""`python -m gate byway`: what is open, and what opens and closes it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from belts.spec.gateway import alias_of
from gate.__main__ import main
from gate.alias.directory import Directory
from gate.outcome import ExitCode
from gate.policy.waivers import Waivers
from tests.unit.gate.alias.test_byways import green, standing

END = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)


@pytest.fixture
def store(tmp_path: Path) -> Directory:
    found = Directory(alias_of(tmp_path / "gateway"), "gateway")
    found.swap(
        replace(
            green(),
            byways=(standing("blue").byway(END), standing("red").byway(END - timedelta(days=30))),
        )
    )
    return found


def test_what_is_open(store: Directory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What has ended is not."""
    assert main(["byway", "--root", str(tmp_path)]) == ExitCode.PASSED
    assert capsys.readouterr().out == f"/v/blue/v1/graphql is open until {END:%Y-%m-%d %H:%M}Z\n"
    assert main(["byway", "--root", str(tmp_path), "--json"]) == ExitCode.PASSED
    assert [each["belt"] for each in json.loads(capsys.readouterr().out)] == ["blue"]
    assert store.read() is not None


def test_closing(store: Directory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One by name; twice is refused in words."""
    assert main(["byway", "--root", str(tmp_path), "--close", "blue"]) == ExitCode.PASSED
    assert capsys.readouterr().out == "no belt has a path of its own\n"
    assert main(["byway", "--root", str(tmp_path), "--close", "blue"]) == ExitCode.REFUSED
    assert "/v/blue/v1/graphql is not open" in capsys.readouterr().err
    served = store.read()
    assert served is not None
    assert served.serves.belt == "green"


def test_a_policy_that_is_none(store: Directory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its mistakes are told, and nothing is opened."""
    before = store.version()
    policy = tmp_path / "none.yaml"
    assert main(["byway", "--root", str(tmp_path), "--open", str(policy)]) == ExitCode.USAGE
    assert str(policy) in capsys.readouterr().err
    assert store.version() == before


def test_no_ledger(
    store: Directory, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one nobody knows that the belt was promoted."""
    monkeypatch.delenv("BELTS_LEDGER_URL", raising=False)
    monkeypatch.setattr("gate.commands.byway.read_policy", lambda *_: SimpleNamespace(waivers=Waivers()))
    before = store.version()
    assert main(["byway", "--root", str(tmp_path), "--open", "policy.yaml"]) == ExitCode.REFUSED
    assert "gateway keeps no ledger where it runs" in capsys.readouterr().err
    assert store.version() == before
