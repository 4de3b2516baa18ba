"""What came of a question is said, also where that is nothing."""

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
    sides = {"_held": held, "_given": given}
    for name, answers in sides.items():
        turns = [0]

        async def told(*_: Any, answers: list[Any] = answers, turns: list[int] = turns) -> list[Any]:
            turns[0] += 1
            return [answers[(turns[0] - 1) % len(answers)]]

        monkeypatch.setattr(questions, name, told)
    monkeypatch.setattr(questions, "PAUSE", 0)
    one = Question(words="the question", answer=answer, field="q", where=sql.SQL("true"))
    looker: Any = Looker()
    return await put(looker, [one])


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
