"""An update that failed: what it left is known to whoever looks, and what is put back is carried out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from belts.refusal import Refusal
from belts.runtimes.process import status, verbs
from belts.runtimes.process.audited import Audited
from belts.runtimes.process.errors import Unchanged
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.generation import stamped
from belts.runtimes.process.parts import indexer
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.parts.part import Part
from belts.runtimes.process.supervise import live
from belts.runtimes.process.supervise.live import Health
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json, written
from tests.unit.belts.specs import belt as spec


@dataclass
class Fragile:
    """A part that comes up, unless its variable is a bad one."""

    runs: str = ""

    def apply(self, layout: Layout, request: Any, /) -> Mapping[str, Any]:
        held = indexer._with_config_secrets(layout)
        variables = indexer.own_env(request, held)
        self.runs = json.dumps(variables, sort_keys=True)
        if "refused" in variables.values():
            raise Unchanged("it stays as it is", expected="another", seen="this one", now="take it back")
        if "bad" in variables.values():
            raise Refusal("it does not come up", expected="a good one", seen="a bad one", now="mend it")
        return {}

    def remove(self, _layout: Layout, /) -> None:
        """There is nothing."""


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Fragile:
    found = Fragile()
    monkeypatch.setitem(PARTS, "indexer", Part(module=lambda: found))
    return found


@pytest.fixture
def ask(tmp_path: Path, free_port: Callable[[], int]) -> Callable[..., Request]:
    port = free_port()

    def asked(generation: str = "g1", **environment: str) -> Request:
        raw = written(spec(environment=environment))["indexer"] | {"root": str(tmp_path), "port": port}
        return from_json(raw | {"generation": generation})

    return asked


def generation(request: Request) -> str:
    """The one that the next preview asks with, of a part that runs or comes up."""
    seen = live.read(request.root, request.belt)
    up = {name: replace(each, health=Health.STARTING) for name, each in seen.items()}
    return str(stamped({"indexer": request.raw}, up, now=datetime.now(UTC))["indexer"]["generation"])


def told(request: Request) -> tuple[str, list[str]]:
    layouts = recorded.belts(request.root)
    table = status.as_table(layouts)
    unfinished = status.as_json(layouts)["belts"]["blue"]["parts"]["indexer"]["unfinished"]
    assert (unfinished is not None) == ("may not be what runs" in table)
    return table, list(Audited(request.root).unfinished("blue"))


def test_a_variable_that_is_put_back(part: Fragile, ask: Callable[..., Request]) -> None:
    """Pulumi's state has the good one still; asked for again, it is a new request, and carried out."""
    good, bad = ask(A="good"), ask(A="bad")
    verbs.apply(good)
    assert generation(good) == "g1"
    assert told(good)[1] == []
    with pytest.raises(Refusal, match="does not come up"):
        verbs.apply(bad)
    assert generation(good) != "g1"
    table, found = told(good)
    assert "its indexer last may not be what runs: it was begun and did not come to its end" in table
    assert found
    verbs.apply(good)
    assert part.runs == '{"A": "good"}'
    assert generation(good) == "g1"
    assert told(good)[1] == []


def test_what_is_refused_before_anything_changed(part: Fragile, ask: Callable[..., Request]) -> None:
    """What runs is what was asked for before: that is recorded, whole, and what `heal` brings back."""
    good = ask(A="good")
    verbs.apply(good)
    with pytest.raises(Unchanged):
        verbs.apply(ask(A="refused"))
    assert generation(good) == "g1"
    assert told(good)[1] == []
    verbs.heal(recorded.belts(good.root))


def test_what_is_refused_at_first(part: Fragile, ask: Callable[..., Request]) -> None:
    """Nothing was there before, and nothing is recorded."""
    request = ask(A="refused")
    with pytest.raises(Unchanged):
        verbs.apply(request)
    assert recorded.of_belt(request.layout) == ()


def test_a_secret_variable_that_is_taken_out(
    part: Fragile, ask: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in no request; that it was told shows all the same, and it is forgotten."""
    request = ask(A="good")
    monkeypatch.setenv(secrets.ENVIRONMENT, "{}")
    verbs.apply(request)
    monkeypatch.setenv(secrets.ENVIRONMENT, '{"SECRET": "bad"}')
    with pytest.raises(Refusal, match="does not come up"):
        verbs.apply(request)
    assert generation(request) != "g1"
    monkeypatch.delenv(secrets.ENVIRONMENT)
    with pytest.raises(Refusal, match="does not come up"):
        verbs.heal(recorded.belts(request.root))
    monkeypatch.setenv(secrets.ENVIRONMENT, "{}")
    verbs.apply(request)
    assert part.runs == '{"A": "good"}'
    assert generation(request) == "g1"


def test_heal_after_it(part: Fragile, ask: Callable[..., Request], capfd: pytest.CaptureFixture[str]) -> None:
    """It brings back what is recorded, and says that this is not what the stack asks for."""
    good = ask(A="good")
    verbs.apply(good)
    with pytest.raises(Refusal, match="does not come up"):
        verbs.apply(ask(A="bad"))
    capfd.readouterr()
    with pytest.raises(Refusal, match="does not come up"):
        verbs.heal(recorded.belts(good.root))
    assert "`pulumi up --stack blue` carries out what its stack says" in capfd.readouterr().err
    assert generation(good) != "g1"


def test_a_record_that_is_edited(part: Fragile, ask: Callable[..., Request]) -> None:
    """What is recorded is not what was carried out, whoever wrote it."""
    good = ask(A="good")
    verbs.apply(good)
    good.layout.request("indexer").write_text(json.dumps(ask(A="other").raw))
    assert "it was edited since it was carried out" in told(good)[0]
    assert generation(good) != "g1"


def test_what_an_earlier_release_carried_out(part: Fragile, ask: Callable[..., Request]) -> None:
    """Nothing is known of that, and nothing is said; nothing is written where nothing changes."""
    good = ask(A="good")
    verbs.apply(good)
    files = sorted(good.layout.requests.iterdir())
    before = [file.stat().st_mtime_ns for file in files]
    verbs.apply(good)
    assert [file.stat().st_mtime_ns for file in files] == before
    good.layout.applied("indexer").unlink()
    assert told(good)[1] == []
    assert generation(good) == "g1"


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (lambda ask: {"indexer": ask(A="good", generation="g0")}, []),
        (
            lambda ask: {"indexer": ask(A="bad")},
            ["blue: what was asked of its indexer is not what its stack says: another environment"],
        ),
        (lambda _: {}, []),
        (
            lambda ask: {"engine": ask(A="good")},
            [
                "blue: what was asked of its engine is not what its stack says: nothing was asked",
                "blue: what was asked of its indexer is not what its stack says: the stack has none",
            ],
        ),
    ],
)
def test_beside_the_stack(
    part: Fragile, ask: Callable[..., Request], stated: Callable[..., dict[str, Request]], words: list[str]
) -> None:
    """The auditor sees in what they differ, and no values."""
    good = ask(A="good")
    verbs.apply(good)
    texts = {name: json.dumps(request.raw) for name, request in stated(ask).items()}
    assert list(Audited(good.root).apart("blue", texts)) == words


def test_a_stack_that_cannot_be_understood(part: Fragile, ask: Callable[..., Request]) -> None:
    """It is another release's, or nothing of ours; and a part that nobody asked for is told."""
    good = ask(A="good")
    verbs.apply(good)
    (unread, none) = Audited(good.root).apart("blue", {"indexer": "{", "prover": "{}"})
    assert "what the stack says cannot be read" in unread
    assert none.endswith("its prover is not what its stack says: nothing was asked")
