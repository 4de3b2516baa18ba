"""An audit for people, for programs and for Prometheus."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from gate.audit.findings import Found, Kind
from gate.audit.scene import Answer, Scene
from gate.outcome import Outcome

PREFIX = "belts"


def text(scene: Scene, found: Sequence[Found]) -> str:
    """What is wrong comes first, each with its cause and its cure."""
    if not found:
        return f"{scene.gateway}: {scene.serves or 'nobody'} serves, and everything agrees\n"
    worst_first = sorted(found, key=lambda one: one.outcome, reverse=True)
    lines = [f"{scene.gateway}: {len(found)} finding{'s' if len(found) > 1 else ''}"]
    for one in worst_first:
        lines += [
            f"{one.kind} ({one.outcome.words}): {one.seen}",
            f"  likely: {one.cause}",
            f"  now: {one.cure}",
        ]
    return "\n".join(lines) + "\n"


def as_json(scene: Scene, found: Sequence[Found]) -> str:
    """The same as data."""
    document = {
        "version": 1,
        "gateway": scene.gateway,
        "at": scene.at.isoformat(timespec="seconds"),
        "serving": scene.serves,
        "soaking": list(scene.soaks),
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


def metrics(scene: Scene, found: Sequence[Found]) -> str:
    """For node_exporter's textfile collector. Every kind has its line always, so that an alert can count on
    it.
    """
    of = f'gateway="{_escaped(scene.gateway)}"'
    wrong = {kind: _number(found, kind, Outcome.FAILED) for kind in Kind}
    open_ = {kind: _number(found, kind, Outcome.COULD_NOT_TELL) for kind in Kind}
    belts = sorted({*scene.leases, *([scene.serves] if scene.serves else [])})
    answers = scene.door.belt if isinstance(scene.door, Answer) else None
    lines = [
        *_family("audit_disagreements", "Things that are not as they should be.", of, wrong),
        *_family("audit_could_not_tell", "Things that could not be looked at.", of, open_),
        *_head("audit_last_run_timestamp_seconds", "When the audit ran."),
        f"{PREFIX}_audit_last_run_timestamp_seconds{{{of}}} {scene.at.timestamp():.0f}",
        *_head("serving", "1 for the belt that the alias leads to."),
        *(f'{PREFIX}_serving{{{of},belt="{_escaped(belt)}"}} {int(belt == scene.serves)}' for belt in belts),
        *_head("soaking", "1 for a belt that is kept hot for a rollback."),
        *(f'{PREFIX}_soaking{{{of},belt="{_escaped(belt)}"}} {int(belt in scene.soaks)}' for belt in belts),
        *_head("answers", "1 where the gateway answers from the belt that the alias leads to."),
        f"{PREFIX}_answers{{{of}}} {int(answers is not None and answers == scene.serves)}",
    ]
    return "\n".join(lines) + "\n"


def write(path: Path, content: str) -> None:
    """Whole or not at all: the collector may read at any moment. Anybody may read it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(content)
        fresh.chmod(0o644)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _family(name: str, told: str, of: str, numbers: dict[Kind, int]) -> list[str]:
    return [
        *_head(name, told),
        *(f'{PREFIX}_{name}{{{of},kind="{kind}"}} {number}' for kind, number in numbers.items()),
    ]


def _head(name: str, told: str) -> list[str]:
    return [f"# HELP {PREFIX}_{name} {told}", f"# TYPE {PREFIX}_{name} gauge"]


def _number(found: Sequence[Found], kind: Kind, outcome: Outcome) -> int:
    return sum(one.kind is kind and one.outcome is outcome for one in found)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
