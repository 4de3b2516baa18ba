"""A step that cannot look takes no other with it, and is no pass; a first start that fails takes all."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from belts.envio.verify.differences import Standing
from belts.envio.verify.release_facts import NAMES, Facts
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.verify.steps.all_steps import STEPS
from belts.runtimes.process.verify.steps.step import Step, Told
from belts.runtimes.process.verify.suite import Suite
from belts.runtimes.process.verify.waiting import Unseen

CHECKOUT = Path(__file__).resolve().parents[4]
STAGE: Any = SimpleNamespace(release=SimpleNamespace(version="1.0.0"))


def step(name: str, *told: tuple[str, Any], fault: Exception | None = None, first: bool = False) -> Step:
    def look(_: object) -> Told:
        yield from told
        if fault:
            raise fault

    return Step(name=name, says=name, look=look, first=first)


def run(*steps: Step) -> tuple[Facts, list[Facts]]:
    kept: list[Facts] = []
    return Suite(stage=STAGE, keep=kept.append, steps=steps).run(), kept


def test_every_fact_has_its_step() -> None:
    told = [name for each in STEPS for name in each.facts]
    assert sorted(told) == sorted(NAMES)


def test_every_step_is_described() -> None:
    """The page tells what is looked at, and which exit code means what."""
    page = (CHECKOUT / "docs" / "envio.md").read_text()
    assert re.findall(r"^\| ([a-z]+) \|", page, re.MULTILINE) == ["step", *(each.name for each in STEPS)]
    assert all(f"| {each.value} |" in page for each in Standing)


def test_a_step_that_cannot_look() -> None:
    """What it has told stays; what it has not is unlooked with the reason; each time all of it is kept."""
    refused = Refused("the engine", expected="an answer", seen="none", now="look")
    facts, kept = run(
        step("stop", ("stop.ends", "with 0"), fault=Unseen("it stands")),
        step("history", ("history.states", "right"), ("measured.history", 5)),
        step("reorg", fault=refused),
    )
    assert facts.seen == {"stop.ends": "with 0", "history.states": "right"}
    assert facts.unlooked["stop.leaves"] == "it stands"
    assert facts.unlooked["reorg.noticed"] == "the engine: none"
    assert facts.unlooked["seed.chains"] == "nobody looked"
    assert facts.measured == {"history": 5}
    assert [len(each.seen) for each in kept] == [1, 2, 2]


def test_without_a_first_start() -> None:
    """Nothing is started on what is not there."""

    def never(_: object) -> Told:
        raise AssertionError

    later = Step(name="stop", says="stop", look=never)
    facts, _ = run(step("seed", fault=Unseen("it ended with 1"), first=True), later)
    assert facts.unlooked["stop.ends"] == "its first start could not be looked at: it ended with 1"
    assert facts.seen == {}
