"""One audit for people, for programs, and for Prometheus."""

import json
from itertools import chain

from prometheus_client.parser import text_string_to_metric_families

from gate.audit import render
from gate.audit.findings import Kind
from gate.audit.rules import audit
from gate.audit.snapshot import Answer, Unseen
from tests.unit.gate.audit.snapshots import snapshot

Samples = dict[tuple[str, ...], float]

WRONG = snapshot(door=Answer(belt="blue", status=200), caddy=Unseen(why="it is down"))


def test_for_people() -> None:
    """What is wrong stands before what is unknown, with cause and cure."""
    told = render.text(WRONG, audit(WRONG))
    assert told.index("door (failed)") < told.index("caddy (could not tell)")
    assert told.count("  likely: ") == told.count("  now: ") == 2
    assert "green serves, and everything agrees" in render.text(snapshot(), ())


def test_for_programs() -> None:
    """The same as data."""
    told = json.loads(render.as_json(WRONG, audit(WRONG)))
    assert (told["serving"], told["soaking"]) == ("green", ["blue"])
    assert [one["kind"] for one in told["findings"]] == ["caddy", "door"]


def test_for_prometheus() -> None:
    """Every kind has its line whatever was found, and a collector reads every line."""
    wrong: Samples = {("belts_audit_disagreements", "kind", kind): kind is Kind.DOOR for kind in Kind}
    unknown: Samples = {("belts_audit_could_not_tell", "kind", kind): kind is Kind.CADDY for kind in Kind}
    assert collected(render.metrics(WRONG, audit(WRONG))) == {
        **wrong,
        **unknown,
        ("belts_audit_last_run_timestamp_seconds",): snapshot().at.timestamp() // 1,
        ("belts_serving", "belt", "green"): 1,
        ("belts_serving", "belt", "blue"): 0,
        ("belts_soaking", "belt", "green"): 0,
        ("belts_soaking", "belt", "blue"): 1,
        ("belts_answers",): 0,
        ("belts_disk_free_bytes",): 50e9,
        ("belts_disk_full_in_days",): 40,
    }


def collected(told: str) -> Samples:
    """Name, label and value of what a collector finds of the one gateway, and the number."""
    found: Samples = {}
    for sample in (sample for family in text_string_to_metric_families(told) for sample in family.samples):
        assert sample.labels.pop("gateway") == "gateway"
        found[(sample.name, *chain(*sample.labels.items()))] = sample.value
    return found
