"""What chains said is kept: a run goes on where another was stopped, and believes nothing but its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from gate.outcome import Outcome
from gate.seal import Seal
from tests.live.gate.chain.chains import Anvil, Twist, changing, index, promise
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import only, prove, told
from tests.live.gate.relay import Question, Reply

Behind = Callable[[Twist], str]


class Counting:
    """A provider that counts the ranges that it is asked for, and may end its answers."""

    def __init__(self, most: int | None = None) -> None:
        self.ranges: list[tuple[int, int]] = []
        self.most = most

    def twist(self, question: Question, upstream: Callable[[], Reply]) -> Reply:
        asked = question.json
        for one in asked if isinstance(asked, list) else [asked]:
            if one["method"] == "eth_getLogs" and "fromBlock" in one["params"][0]:
                if self.most is not None and len(self.ranges) >= self.most:
                    raise ConnectionError
                first, last = one["params"][0]["fromBlock"], one["params"][0]["toBlock"]
                self.ranges.append((int(first, 16), int(last, 16)))
        return upstream()


async def test_what_is_kept_is_not_asked_again(
    candidate: Belt, anvil: Anvil, behind: Behind, tmp_path: Path
) -> None:
    """Only a drawn share of it is, and the rows are read anew."""
    counting = Counting()
    door = behind(counting.twist)
    await prove(candidate, promise(anvil), door, kept=tmp_path)
    first = len(counting.ranges)
    history = await prove(candidate, promise(anvil), door, kept=tmp_path)
    assert told(history)[0] is Outcome.PASSED
    assert only(history).again == 1
    assert len(counting.ranges) == first + 1
    candidate.execute('UPDATE "Payment" SET amount = 8')
    assert told(await prove(candidate, promise(anvil), door, kept=tmp_path))[0] is Outcome.FAILED


async def test_another_belt_needs_no_logs(
    candidate: Belt, blue: Belt, anvil: Anvil, behind: Behind, tmp_path: Path
) -> None:
    """What the chain said is good for any belt; that the rows are it is seen for each."""
    counting = Counting()
    door = behind(counting.twist)
    await prove(candidate, promise(anvil), door, kept=tmp_path)
    first = len(counting.ranges)
    index(blue, anvil)
    assert told(await prove(blue, promise(anvil), door, kept=tmp_path))[0] is Outcome.PASSED
    assert len(counting.ranges) == first + 1
    blue.execute('DELETE FROM "Payment" WHERE id IN (SELECT id FROM "Payment" LIMIT 1)')
    assert told(await prove(blue, promise(anvil), door, kept=tmp_path))[0] is Outcome.FAILED


async def test_it_goes_on_where_it_was_stopped(
    candidate: Belt, anvil: Anvil, behind: Behind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever answer the provider went away, all ranges before it stay proved."""
    monkeypatch.setattr("gate.proof.walk.MOST_BLOCKS", 8)
    for most in (1, 2, 3):
        counting = Counting(most)
        door = behind(counting.twist)
        history = await prove(candidate, promise(anvil), door, kept=tmp_path / str(most))
        assert told(history)[0] is Outcome.COULD_NOT_TELL
        counting.most = None
        history = await prove(candidate, promise(anvil), door, kept=tmp_path / str(most))
        assert told(history)[0] is Outcome.PASSED
        reached = counting.ranges[most - 1][1]
        again = [one for one in counting.ranges[most:] if one[0] <= reached]
        assert len(again) == 1  # the one that is drawn


async def test_there_was_no_time(candidate: Belt, anvil: Anvil, tmp_path: Path) -> None:
    """What is open is listed, with the command that goes on."""
    history = await prove(candidate, promise(anvil), anvil.url, kept=tmp_path, enough=lambda: True)
    outcome, found = told(history)
    assert outcome is Outcome.COULD_NOT_TELL
    assert "no time" in found[0].observed
    assert "python -m gate prove --endpoints FILE --policy FILE" in found[0].advice


def file_in(folder: Path) -> Path:
    """The one file with what the chain said of the one event."""
    [file] = folder.glob("*/*.jsonl")
    return file


def edit(file: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Changes the records in a file, as somebody would who has no key."""
    lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    for line in lines:
        change(line)
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))


@pytest.mark.parametrize(
    "change", [{"rows": ["3", "0", "0"]}, {"last": 99}, {"mark": "0" * 64}, {"rooted": True}]
)
async def test_evidence_that_was_edited(
    change: dict[str, Any], candidate: Belt, anvil: Anvil, tmp_path: Path
) -> None:
    """It is ignored with a line, and proved again."""
    await prove(candidate, promise(anvil), anvil.url, kept=tmp_path)
    file = file_in(tmp_path)
    edit(file, lambda line: line.update(change))
    history = await prove(candidate, promise(anvil), anvil.url, kept=tmp_path)
    assert told(history)[0] is Outcome.PASSED
    assert "bears no seal of ours" in only(history).notes[0]


async def test_evidence_that_fits_a_hole(candidate: Belt, anvil: Anvil, tmp_path: Path) -> None:
    """Whoever forges what the chain said, to fit a belt that lacks a row, lacks the key."""
    candidate.execute('DELETE FROM "Payment" WHERE block = 30')
    forged = Seal(b"the forger's own key")
    await prove(candidate, promise(anvil), anvil.url, kept=tmp_path, seal=forged)
    file = file_in(tmp_path)
    edit(file, lambda line: line.update(rows=["3", "1", "1"]))
    assert told(await prove(candidate, promise(anvil), anvil.url, kept=tmp_path))[0] is Outcome.FAILED


async def test_a_chain_that_was_reorganised(
    candidate: Belt, anvil: Anvil, behind: Behind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look at the newest hash tells; what lies below the fork stays proved."""
    monkeypatch.setattr("gate.proof.said.MOST_BLOCKS", 8)
    monkeypatch.setattr("gate.proof.walk.MOST_BLOCKS", 8)
    forked = [False]

    def change(method: str, params: Any, result: Any) -> Any:
        if method == "eth_getBlockByNumber" and forked[0] and int(result["number"], 16) >= 20:
            return {**result, "hash": "0x" + "ee" * 32}
        return result

    counting = Counting()
    door = behind(
        lambda question, upstream: changing(change)(question, lambda: counting.twist(question, upstream))
    )
    await prove(candidate, promise(anvil), door, kept=tmp_path)
    before = len(counting.ranges)
    forked[0] = True
    history = await prove(candidate, promise(anvil), door, kept=tmp_path)
    assert any("is of a fork" in note for note in only(history).notes)
    again = counting.ranges[before:]
    assert all(first >= 16 for first, _ in again[1:]), again
