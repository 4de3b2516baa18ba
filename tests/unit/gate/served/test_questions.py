"""What came of a question is said, also where that is nothing."""

from itertools import cycle
from typing import Any

import pytest
from psycopg import sql

from gate.probes.database.catalog import Column, Table
from gate.probes.served import questions
from gate.probes.served.questions import Answer, Answered, Question, put
from gate.probes.served.shape import Scalar, Shape
from gate.probes.served.table import Selection

ID = Scalar(field="id", column=Column(name="id", type="text", nullable=False))
ITEM = Shape(
    table=Table(name="Item", columns=(ID.column,), key=("id",), estimate=9),
    key=(ID,),
    scalars=(ID,),
    ways=(),
    unfollowed=(),
    aggregates=True,
    by_key=True,
)


class Looker:
    """Both sides; `held` and `given` are what they answer, one after the other."""

    selection = Selection(shape=ITEM, forms={}, ways=())
    moments = frozenset[str]()
    floor = None


async def asked(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, held: list[Any], given: list[Any]
) -> Answered:
    """What came of one question."""
    ends, answers = cycle(held), cycle(given)

    async def read(*_: Any) -> dict[int, Any]:
        return {0: next(ends)}

    async def answered(*_: Any) -> list[Any]:
        return [next(answers)]

    monkeypatch.setattr(questions, "_held", read)
    monkeypatch.setattr(questions, "_given", answered)
    monkeypatch.setattr(questions, "PAUSE", 0)
    looker: Any = Looker()
    return await put(looker, [question("the question", answer)])


def question(words: str, answer: Answer = Answer.KEYS) -> Question:
    return Question(words=words, answer=answer, field="q", where=sql.SQL("true"))


async def test_what_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is read only for what is in doubt; the belt is asked in the same words each time."""
    read: list[list[int]] = []
    asked_for: list[int] = []

    async def held(_: Any, __: Any, numbers: list[int]) -> dict[int, Any]:
        read.append(list(numbers))
        return dict.fromkeys(numbers, "held")

    async def given(_: Any, all_of_it: list[Question]) -> list[Any]:
        asked_for.append(len(all_of_it))
        return ["held", "another"][: len(all_of_it)]

    monkeypatch.setattr(questions, "_held", held)
    monkeypatch.setattr(questions, "_given", given)
    monkeypatch.setattr(questions, "PAUSE", 0)
    looker: Any = Looker()
    found = await put(looker, [question("right"), question("wrong")])
    assert [one.asked for one in found.wrong] == ["wrong"]
    assert read == [[0, 1], [0, 1], [1], [1], [1], [1]]
    assert asked_for == [2, 2, 2]


@pytest.mark.parametrize(
    ("answer", "held", "given", "wrong", "restless"),
    [
        (Answer.KEYS, [["a"]], [["a"]], False, False),
        (Answer.KEYS, [["a"]], [["b"]], True, False),
        (Answer.KEYS, [["a"], ["b"]], [["b"]], False, False),
        (Answer.KEYS, [["a"], ["b"]], [["c"]], False, True),
        (Answer.KEYS, [["a"], ["a"], ["a"], ["b"]], [["c"]], True, False),
        (Answer.NUMBER, [5], [5], False, False),
        (Answer.NUMBER, [5], [6], True, False),
        (Answer.NUMBER, [5, 9], [7], False, False),
        (Answer.NUMBER, [9, 5], [7], False, False),
        (Answer.NUMBER, [5, 9], [10], False, True),
        (Answer.NUMBER, [5, 9], [True], False, True),
    ],
)
async def test_what_came_of_it(
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    held: list[Any],
    given: list[Any],
    wrong: bool,
    restless: bool,
) -> None:
    """Right at either end, wrong where it stood, and restless where it never did; a count may lie between."""
    found = await asked(monkeypatch, answer, held, given)
    assert found.asked == 1
    assert bool(found.wrong) is wrong
    assert found.restless == (("the question",) if restless else ())
