"""What the prover beside a belt is told, what it says of its rounds, and when it rests."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from belts.reading.mistakes import MistakesError
from gate.observations.history import History
from gate.observations.unobserved import Cause
from gate.probes.unseen import UnseenError
from gate.proof.forecast import Forecast
from gate.proof.prover import Prover
from gate.proving import settings
from gate.proving.note import Note
from gate.proving.rounds import Rounds
from gate.proving.settings import Settings
from gate.seal import seal_in

POLICY = """version: 1
mode: parity
chains: {1: {rpc: ["http://127.0.0.1:9"], indexedFrom: [https://own.example.com]}}
groundTruth:
  - {chain: 1, contract: "0x1212121212121212121212121212121212121212", event: "Paid(uint256 amount)",
     entity: Paid, columns: {amount: amount}}
"""
DATABASE = {"BELTS_PROVE_DATABASE": "postgresql://gate:hush@127.0.0.1:9/belts"}


def told(place: Path, *more: str, key: bool = True) -> list[str]:
    """The arguments of a prover that is told all it needs."""
    (place / "policy.yaml").write_text(POLICY)
    (place / "sources.json").write_text(json.dumps({"1": ["http://127.0.0.1:10"], "7": []}))
    files = {name: str(place / name) for name in ("policy.yaml", "evidence", "note.json", "sources.json")}
    return [
        *("--policy", files["policy.yaml"], "--evidence", files["evidence"], "--note", files["note.json"]),
        *("--sources", files["sources.json"], "--routes", str(place / "routes.json")),
        *("--rate", "7", "--memory-mb", "256"),
        *(("--key", str(place / "key")) if key else ()),
        *more,
    ]


@pytest.fixture
def given(tmp_path: Path) -> Settings:
    """Settings of a prover."""
    return settings.of(told(tmp_path), DATABASE)


def test_what_it_is_told(given: Settings, tmp_path: Path) -> None:
    """Its rate is its own, its evidence lies where the gate looks, and its key is the one in the file."""
    [chain] = given.policy.chains
    assert given.policy.providers.rate_of(chain.rpc[0]) == 7
    assert given.evidence == tmp_path / "evidence" / "chains"
    assert given.seal.made(seal_in(tmp_path / "key").mark("a"), "a")
    assert "hush" not in repr(given)


def test_what_it_is_not_told(tmp_path: Path) -> None:
    """It is said by name."""
    with pytest.raises(MistakesError, match="BELTS_PROVE_DATABASE"):
        settings.of(told(tmp_path), {})
    with pytest.raises(MistakesError, match="BELTS_EVIDENCE_KEY"):
        settings.of(told(tmp_path, key=False), DATABASE)


def test_the_belts_own_sources(given: Settings, tmp_path: Path) -> None:
    """Whatever the policy says, what the belt indexes from proves nothing; neither does not to know it."""
    (tmp_path / "sources.json").write_text(json.dumps({"1": ["http://127.0.0.1:9"]}))
    assert settings.without_own_sources(given.policy, given.sources).chains[0].independent == ()
    (tmp_path / "sources.json").write_text(json.dumps({"1": ["http://127.0.0.1:10"]}))
    [chain] = settings.without_own_sources(given.policy, given.sources).chains
    assert chain.independent == chain.rpc
    for text in ("", "[]", '{"1": 7}', '{"x": []}'):
        (tmp_path / "sources.json").write_text(text)
        with pytest.raises(MistakesError, match="indexes from"):
            settings.without_own_sources(given.policy, given.sources)


class Enough(Exception):
    """The end of a test's rounds."""


async def run(
    given: Settings, monkeypatch: pytest.MonkeyPatch, prove: Any, rests: int = 1
) -> tuple[list[str], list[str], list[float]]:
    """Some rounds: what was logged, noted, and for how long it rested."""
    said, noted, slept = list[str](), list[str](), list[float]()

    async def rest(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == rests:
            raise Enough

    monkeypatch.setattr(Prover, "prove", prove)
    with pytest.raises(Enough):
        await Rounds(settings=given, say=said.append, note=noted.append, rest=rest).run()
    return said, noted, slept


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (UnseenError("the database is away", Cause.UNREACHABLE), "could not tell: the database is away"),
        (MemoryError(), "could not tell: 256 MB of memory are too few for it: raise `belts:prove.memoryMb`"),
        (ZeroDivisionError("by 0"), "could not tell: the round broke"),
    ],
)
async def test_a_round_that_fails(
    fault: Exception, words: str, given: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and the next one begins after a rest."""

    async def prove(*_: object) -> History:
        raise fault

    said, noted, slept = await run(given, monkeypatch, prove, rests=2)
    assert [line.startswith(words) for line in noted] == [True, True]
    assert said[0].endswith("; the next round begins in 60 s")
    assert slept == [60.0, 60.0]


async def test_how_long_it_rests(given: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long reading of rows makes a long rest: the belt's database is the belt's."""

    async def prove(prover: Prover, _: object) -> History:
        prover.forecast.reading = reading.pop()
        return History(sampled=True)

    reading = [1.0, 30.0]
    _, _, slept = await run(given, monkeypatch, prove, rests=2)
    assert slept == [600.0, 300.0]


async def test_how_far_it_is(given: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is noted; the log gets a line a minute."""

    async def prove(prover: Prover, _: object) -> History:
        prover.forecast.expect(1, 100)
        for _ in range(3):
            prover.forecast.told = float("-inf")
            prover.forecast.step(1, 10, 5)
        return History(sampled=True)

    said, noted, _ = await run(given, monkeypatch, prove)
    assert noted[0].startswith(
        "chain 1: what is open is asked to 0 %, 0 logs; how long it needs is not known yet"
    )
    assert [line for line in noted if "what is open is asked to 30 %, 15 logs" in line]
    assert len(noted) == 5
    assert len([line for line in said if "what is open" in line]) == 1


def test_a_note(tmp_path: Path) -> None:
    """A reader finds the last words; a place that cannot be written breaks nothing."""
    note = Note(file=tmp_path / "note.json")
    note.write("one")
    note.write("two")
    assert json.loads((tmp_path / "note.json").read_text())["line"] == "two"
    assert [file.name for file in tmp_path.iterdir()] == ["note.json"]
    Note(file=tmp_path / "none" / "note.json").write("three")


def test_the_time_that_rows_are_read() -> None:
    """It is added up, also where reading fails."""
    now = iter([0.0, 2.0, 5.0, 9.0])
    forecast = Forecast(clock=lambda: next(now))
    with forecast.read():
        pass
    with pytest.raises(asyncio.CancelledError), forecast.read():
        raise asyncio.CancelledError
    assert forecast.reading == 6.0
