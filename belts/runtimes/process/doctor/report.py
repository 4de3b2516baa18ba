"""What was found, for a person and for a program: causes first, then what follows from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from belts.runtimes.process.doctor.causes import CAUSES, Cause
from belts.runtimes.process.doctor.symptoms import Symptoms

FINE, WRONG, BLIND = 0, 1, 3
GENERAL = "part down"
"""Said only where nothing else says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One cause that is seen on a belt."""

    belt: str
    cause: Cause
    seen: tuple[str, ...]
    now: str


def diagnose(symptoms: Symptoms) -> tuple[Diagnosis, ...]:
    """All that is seen, in the order of the table."""
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
    """That something could not be looked at is no sign of health."""
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
