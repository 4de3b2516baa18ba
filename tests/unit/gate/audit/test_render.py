"""One audit for people, for programs, and for Prometheus."""

import json
import re
from pathlib import Path

import pytest

from gate.audit import render
from gate.audit.findings import Kind
from gate.audit.rules import audit
from gate.audit.scene import Answer, Unseen
from tests.unit.gate.audit.scenes import scene

WRONG = scene(door=Answer(belt="blue", status=200), caddy=Unseen(why="it is down"))
LINE = re.compile(r'[a-z_]+\{([a-z]+="[^"\n]*",?)+\} [0-9]+')


def test_for_people() -> None:
    """What is wrong stands before what is unknown, with cause and cure."""
    told = render.text(WRONG, audit(WRONG))
    assert told.index("door (failed)") < told.index("caddy (could not tell)")
    assert told.count("  likely: ") == told.count("  now: ") == 2
    assert "green serves, and everything agrees" in render.text(scene(), ())


def test_for_programs() -> None:
    """The same as data."""
    told = json.loads(render.as_json(WRONG, audit(WRONG)))
    assert (told["serving"], told["soaking"]) == ("green", ["blue"])
    assert [one["kind"] for one in told["findings"]] == ["caddy", "door"]


def test_for_prometheus() -> None:
    """Every kind has its line whatever was found, and every line is one that a collector reads."""
    told = render.metrics(WRONG, audit(WRONG))
    lines = [line for line in told.splitlines() if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in lines)
    for kind in Kind:
        wrong = int(kind is Kind.DOOR)
        assert f'belts_audit_disagreements{{gateway="gateway",kind="{kind}"}} {wrong}' in lines
    assert 'belts_audit_could_not_tell{gateway="gateway",kind="caddy"} 1' in lines
    assert 'belts_serving{gateway="gateway",belt="green"} 1' in lines
    assert 'belts_serving{gateway="gateway",belt="blue"} 0' in lines
    assert 'belts_soaking{gateway="gateway",belt="blue"} 1' in lines
    assert 'belts_answers{gateway="gateway"} 0' in lines
    assert (
        f'belts_audit_last_run_timestamp_seconds{{gateway="gateway"}} {scene().at.timestamp():.0f}' in lines
    )


def test_a_file_for_the_collector(tmp_path: Path) -> None:
    """It is replaced whole, anybody may read it, and nothing stays beside it."""
    file = tmp_path / "belts.prom"
    render.write(file, "one\n")
    render.write(file, "two\n")
    assert [path.name for path in tmp_path.iterdir()] == ["belts.prom"]
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("two\n", 0o644)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """The collector's directory is the operator's to make."""
    with pytest.raises(FileNotFoundError):
        render.write(tmp_path / "missing" / "belts.prom", "one\n")
