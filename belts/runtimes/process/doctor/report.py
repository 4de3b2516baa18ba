"""The diagnosis as text and as JSON: causes first, then their consequences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from belts.runtimes.process.doctor.causes import CAUSES, Cause
from belts.runtimes.process.doctor.symptoms import Symptoms

FINE, WRONG, BLIND = 0, 1, 3
GENERAL = "part down"
"""Reported only if no other cause is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One cause that is seen on a belt."""

    belt: str
    cause: Cause
    seen: tuple[str, ...]
    now: str


def diagnose(symptoms: Symptoms) -> tuple[Diagnosis, ...]:
    """All causes that are seen, in the order of the table."""
    found = [
        Diagnosis(
            belt=symptoms.belt,
            cause=cause,
            seen=seen,
            now=cause.now.replace("{belt}", symptoms.belt).replace("{root}", symptoms.root),
        )
        for cause in CAUSES
        if (seen := tuple(cause.seen(symptoms)))
    ]
    others = [each for each in found if each.cause.name != GENERAL]
    return tuple(others or found)


def as_text(looks: Sequence[Symptoms]) -> str:
    return "\n".join(line for symptoms in looks for line in _of_belt(symptoms)) or "no belts on this host"


def as_json(looks: Sequence[Symptoms]) -> Mapping[str, Any]:
    return {
        symptoms.belt: {
            "found": [
                {
                    "cause": each.cause.name,
                    "seen": list(each.seen),
                    "why": each.cause.why,
                    "now": each.now,
                }
                for each in diagnose(symptoms)
            ],
            "unlooked": list(symptoms.unlooked),
        }
        for symptoms in looks
    }


def exit_code(looks: Sequence[Symptoms]) -> int:
    """The exit code; something that could not be looked at does not count as healthy."""
    if any(diagnose(symptoms) for symptoms in looks):
        return WRONG
    return BLIND if any(symptoms.unlooked for symptoms in looks) else FINE


def _of_belt(symptoms: Symptoms) -> Iterator[str]:
    found = diagnose(symptoms)
    if not found:
        yield f"{symptoms.belt}: nothing of what is known to go wrong is seen"
    for each in found:
        yield f"{symptoms.belt}: {each.cause.name}"
        yield from (f"  {'seen:' if number == 0 else '':<6}{line}" for number, line in enumerate(each.seen))
        yield f"  {'why:':<6}{each.cause.why}"
        yield f"  {'now:':<6}{each.now}"
    for words in symptoms.unlooked:
        yield f"{symptoms.belt}: not looked at: {words}"
