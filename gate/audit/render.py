"""Renders an audit for people, for programs and for Prometheus."""

import json
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from belts.runtimes.disk import Disk
from gate.audit.findings import Found, Kind
from gate.audit.snapshot import Answer, Snapshot
from gate.outcome import Outcome

Numbers = dict[tuple[str, ...], float]
"""Numbers by the values of a gauge's own labels."""


def text(snapshot: Snapshot, found: Sequence[Found]) -> str:
    """Text with the worst findings first, each with its cause and remedy."""
    if not found:
        return f"{snapshot.gateway}: {snapshot.serves or 'nobody'} serves, and everything agrees\n"
    worst_first = sorted(found, key=lambda one: one.outcome, reverse=True)
    lines = [f"{snapshot.gateway}: {len(found)} finding{'s' if len(found) > 1 else ''}"]
    for one in worst_first:
        lines += [
            f"{one.kind} ({one.outcome.words}): {one.seen}",
            f"  likely: {one.cause}",
            f"  now: {one.cure}",
        ]
    return "\n".join(lines) + "\n"


def as_json(snapshot: Snapshot, found: Sequence[Found]) -> str:
    """The same findings as JSON."""
    document = {
        "version": 1,
        "gateway": snapshot.gateway,
        "at": snapshot.at.isoformat(timespec="seconds"),
        "serving": snapshot.serves,
        "soaking": list(snapshot.soaks),
        "findings": [
            {
                "kind": one.kind.value,
                "outcome": one.outcome.words,
                "seen": one.seen,
                "cause": one.cause,
                "cure": one.cure,
            }
            for one in found
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def metrics(snapshot: Snapshot, found: Sequence[Found]) -> str:
    """Metrics for node_exporter's textfile collector.

    Every kind always has its line, so that alerts can rely on it.
    """
    registry = CollectorRegistry()

    def gauge(name: str, told: str, numbers: Numbers, *label: str) -> None:
        family = Gauge(name, told, ("gateway", *label), namespace="belts", registry=registry)
        for values, number in numbers.items():
            family.labels(snapshot.gateway, *values).set(number)

    wrong: Numbers = {(kind,): _number(found, kind, Outcome.FAILED) for kind in Kind}
    unknown: Numbers = {(kind,): _number(found, kind, Outcome.COULD_NOT_TELL) for kind in Kind}
    belts = {*snapshot.leases, *([snapshot.serves] if snapshot.serves else [])}
    serving: Numbers = {(belt,): belt == snapshot.serves for belt in belts}
    soaking: Numbers = {(belt,): belt in snapshot.soaks for belt in belts}
    answers = snapshot.door.belt if isinstance(snapshot.door, Answer) else None
    answered = answers is not None and answers == snapshot.serves
    gauge("audit_disagreements", "Things that are not as they should be.", wrong, "kind")
    gauge("audit_could_not_tell", "Things that could not be looked at.", unknown, "kind")
    gauge("audit_last_run_timestamp_seconds", "When the audit ran.", {(): int(snapshot.at.timestamp())})
    gauge("serving", "1 for the belt that the alias leads to.", serving, "belt")
    gauge("soaking", "1 for a belt that is kept hot for a rollback.", soaking, "belt")
    gauge("answers", "1 where the gateway answers from the belt that the alias leads to.", {(): answered})
    if isinstance(disk := snapshot.disk, Disk):
        gauge("disk_free_bytes", "Room that the belts have left.", {(): disk.free})
        days: Numbers = {} if disk.days is None else {(): disk.days}
        gauge("disk_full_in_days", "When nothing is left, as it fills lately; none where it does not.", days)
    return generate_latest(registry).decode()


def _number(found: Sequence[Found], kind: Kind, outcome: Outcome) -> int:
    return sum(one.kind is kind and one.outcome is outcome for one in found)
