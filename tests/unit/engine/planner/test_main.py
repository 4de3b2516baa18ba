"""The process that plans: what a job may take, and when it goes."""

import io
import resource
from typing import Any

import orjson
import pytest

from belts.engine.planner import __main__ as planner
from belts.engine.planner import desk
from belts.engine.planner.jobs import HEAD, Done, Plan, Role, World, Written, framed, read_answer
from belts.engine.schema.builder import build_schema
from belts.engine.settings import Limits
from tests.unit.engine import build

LIMITS = Limits()
WORLD = World(build.metadata(), build.catalog(), LIMITS, stringify=False)
OPEN = resource.RLIM_INFINITY


class Memory:
    """What the process has and may have, where each role's schema takes more than a job may leave behind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int = OPEN) -> None:
        self.has = 100 * 2**20
        self.limit, self.most = most, most
        self.built: list[int] = []
        monkeypatch.setattr(planner, "_resident", lambda: self.has)
        monkeypatch.setattr(planner, "_data", lambda: self.has)
        monkeypatch.setattr("gc.freeze", lambda: None)
        monkeypatch.setattr("resource.getrlimit", lambda _: (self.limit, self.most))
        monkeypatch.setattr("resource.setrlimit", self.hold)
        monkeypatch.setattr(desk, "build_schema", self.build)

    def hold(self, _kind: int, limits: tuple[int, int]) -> None:
        assert limits[1] == self.most
        self.limit = limits[0]

    def build(self, model: Any) -> Any:
        self.built.append(self.limit)
        self.has += 2 * planner._SCRAP
        return build_schema(model)


def answers(*jobs: Plan | Role) -> list[Done]:
    said = io.BytesIO()
    assert planner._serve(io.BytesIO(framed(WORLD) + b"".join(map(framed, jobs))), said) == 0
    data, found = said.getvalue(), list[Done]()
    while data:
        end = HEAD + int.from_bytes(data[:HEAD], "big")
        if end > HEAD:
            found.append(read_answer(data[HEAD:end]))
        data = data[end:]
    return found


def asked(role: str) -> Plan:
    return Plan(role, {}, Written(orjson.dumps({"query": "{ items { id } }"})))


def test_schemas_of_many_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made once for each role is no part of a job: it is let, and nobody goes for it."""
    memory = Memory(monkeypatch)
    found = answers(Role("public"), asked("public"), Role("admin"), asked("admin"), asked("public"))
    assert [done.leaves for done in found] == [False, False, False]
    assert memory.built == [OPEN, OPEN]
    assert memory.limit == memory.has + LIMITS.planning_bytes


def test_a_limit_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays: a job may take no more than is left of it."""
    memory = Memory(monkeypatch, most=200 * 2**20)
    assert len(answers(Role("public"), asked("public"))) == 1
    assert memory.built == [memory.most]
    assert memory.limit == min(memory.has + LIMITS.planning_bytes, memory.most)
