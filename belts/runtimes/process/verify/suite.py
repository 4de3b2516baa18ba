"""Runs all steps on one release; reports what one could not look at, and goes on with the others."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg

from belts.envio.verify.release_facts import FACTS, Facts, Value, complete
from belts.refusal import Refusal
from belts.runtimes.process.progress import note
from belts.runtimes.process.verify.stage import Stage
from belts.runtimes.process.verify.steps.all_steps import STEPS
from belts.runtimes.process.verify.steps.step import MEASURED, Step
from belts.runtimes.process.verify.waiting import Unseen

SAYS: Mapping[str, str] = {fact.name: fact.says for fact in FACTS}
SHORT = 60


@dataclass(kw_only=True, slots=True)
class Suite:
    """What was seen so far; `keep` receives it after each step, so that it survives an interruption."""

    stage: Stage
    keep: Callable[[Facts], None]
    steps: tuple[Step, ...] = STEPS
    _seen: dict[str, Value] = field(default_factory=dict)
    _unlooked: dict[str, str] = field(default_factory=dict)
    _measured: dict[str, Value] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        return complete(
            Facts(
                version=self.stage.release.version,
                seen=dict(self._seen),
                unlooked=dict(self._unlooked),
                measured=dict(self._measured),
            )
        )

    def run(self) -> Facts:
        """Runs every step; stops if the first start failed, because nothing can be restarted then."""
        for number, step in enumerate(self.steps, 1):
            note(f"[{number}/{len(self.steps)}] {step.name}: {step.says}")
            began = time.monotonic()
            why = self._look(step)
            self.keep(self.facts)
            if why is None:
                note(f"[{number}/{len(self.steps)}] {step.name}: {time.monotonic() - began:.0f} s")
                continue
            note(f"[{number}/{len(self.steps)}] {step.name}: it could not be looked at: {why}")
            missing = [name for name in step.facts if name not in self._seen]
            self._unlooked |= dict.fromkeys(missing, why)
            if step.first:
                later = [name for each in self.steps[number:] for name in each.facts]
                self._unlooked |= dict.fromkeys(later, f"its first start could not be looked at: {why}")
                self.keep(self.facts)
                break
        return self.facts

    def _look(self, step: Step) -> str | None:
        """Runs one step; returns why it could not be completed, or None."""
        try:
            for name, value in step.look(self.stage):
                if name.startswith(MEASURED):
                    self._measured[name.removeprefix(MEASURED)] = value
                    note(f"      {name.removeprefix(MEASURED)}: {value}")
                else:
                    self._seen[name] = value
                    note(f"      {SAYS[name]}: {_short(value)}")
        except (Refusal, Unseen, psycopg.Error, OSError) as fault:
            return (fault.brief if isinstance(fault, Refusal) else str(fault)) or type(fault).__name__
        return None


def _short(value: Value) -> str:
    text = str(value)
    return (
        text
        if len(text) <= SHORT or isinstance(value, str)
        else f"{len(value) if isinstance(value, (dict, list)) else 1} of them"
    )
