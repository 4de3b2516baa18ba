"""Questions other than lists by key: the newest rows, one chain's, one row, one value, counts.

Each question has one answer in the database and through GraphQL, judged like rows: right is what the database
held just before or after. An answer is wrong at once if rows not written since contradict it, else if it
matched in no look and the rows did not change in three.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from psycopg import sql

from gate.observations.served import Wrong
from gate.observations.unobserved import Cause
from gate.probes.database import transactions
from gate.probes.database.catalog import Kind
from gate.probes.database.relation import Fields
from gate.probes.database.session import Snapshot
from gate.probes.served import certain, table
from gate.probes.served.door import fields_of, listed, order_of, value_of
from gate.probes.served.equal import same, same_row, shown
from gate.probes.served.looks import PAUSE, TRIES, Looker
from gate.probes.served.shape import Scalar
from gate.probes.served.spans import Reading
from gate.probes.served.suspect import NONE, Suspect
from gate.probes.served.table import Selection, Span, key_of
from gate.probes.unseen import UnseenError

FEW = 10
"""Rows of a list, and chains that are asked for individually."""
DRAWN = 3
SEARCHED = 50_000
"""Rows that may be searched for a value without an index."""
COMPARED = frozenset({Kind.INTEGER, Kind.LONG, Kind.NUMBER, Kind.TEXT, Kind.BOOLEAN, Kind.MOMENT})


class Answer(Enum):
    """The kinds of answers."""

    KEYS = auto()
    ROW = auto()
    NUMBER = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question: in words, as a GraphQL field, and as a condition and order in SQL."""

    words: str
    answer: Answer
    field: str
    where: sql.Composable
    order: sql.Composable | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """How many questions were asked, and those answered wrongly. `restless` changed in every look."""

    asked: int
    wrong: tuple[Wrong, ...] = ()
    restless: tuple[str, ...] = ()


async def ask_all(looker: Looker, places: Fields, plan: Reading, indexed: Collection[str]) -> Answered:
    """Asks all questions about one entity."""
    async with looker.database.snapshot() as snapshot:
        questions = [one async for one in _questions(snapshot, looker.selection, places, plan, indexed)]
    return await put(looker, questions)


async def put(looker: Looker, questions: Sequence[Question]) -> Answered:
    """Asks these questions; one that changes in every look is repeated alone, which is faster."""
    wrong, restless = await _settled(looker, questions)
    for question in list(restless) if len(questions) > 1 else ():
        more, still = await _settled(looker, [question])
        wrong += more
        restless = [one for one in restless if one is not question or still]
    return Answered(asked=len(questions), wrong=tuple(wrong), restless=tuple(one.words for one in restless))


async def _settled(looker: Looker, questions: Sequence[Question]) -> tuple[list[Wrong], list[Question]]:
    """The wrong and the undecided questions, after enough looks."""
    suspects = {number: Suspect() for number in range(len(questions))}
    wrong: dict[int, Wrong] = {}
    for attempt in range(TRIES):
        if all(suspect.settled for suspect in suspects.values()):
            break
        if attempt:
            await asyncio.sleep(PAUSE)
        floor = await _floor(looker)
        # The belt is asked all of it each time, in the same words, so that a cached answer shows.
        left = list(suspects)
        before = await _held(looker, questions, left)
        given = await _given(looker, questions)
        held = await _held(looker, questions, left)
        for number in left:
            suspect = suspects[number]
            first, answer, last = before[number], given[number], held[number]
            if any(_same(side, answer, looker) for side in (first, last)) or _between(first, answer, last):
                suspect.right += 1
            elif _same(first, last, looker):
                suspect.otherwise(await _proof(looker, questions[number], last, answer, floor))
                wrong[number] = Wrong(asked=questions[number].words, held=shown(last), given=shown(answer))
            if suspect.cleared:
                del suspects[number]
    found = [replace(wrong[number], often=one.often) for number, one in sorted(suspects.items()) if one.wrong]
    return found, [questions[number] for number, one in sorted(suspects.items()) if one.restless]


async def _floor(looker: Looker) -> int | None:
    """The first transaction that may write rows in this look; None if unknown."""
    if looker.floor is None:
        return None
    async with looker.database.snapshot() as snapshot:
        return await transactions.floor(snapshot)


async def _proof(looker: Looker, question: Question, held: Any, given: Any, floor: int | None) -> int | None:
    """How far a wrong answer is proved by what was not written since the looks began.

    None for a row that was written in this look, as it may have differed in between.
    """
    selection, since = looker.selection, looker.floor
    if since is None or floor is None:
        return NONE
    async with looker.database.snapshot() as snapshot:
        if question.answer is Answer.NUMBER:
            return await certain.of_number(snapshot, selection.shape, since, question.where, given)
        if question.answer is Answer.ROW:
            if held is None:
                return NONE
            key = {key_of(selection, held)}
            if not await table.unwritten(snapshot, selection.shape, key, floor):
                return None
            return await certain.of_row(snapshot, selection, since, held, given)
        ours, theirs = ([tuple(key) for key in keys] for keys in (held, given))
        most = _few(selection)
        return await certain.of_list(snapshot, selection.shape, since, ours, theirs, most=most)


def _between(before: Any, given: Any, after: Any) -> bool:
    """True if a number lies between two others: rows are counted while more arrive."""
    numbers = (before, given, after)
    if any(isinstance(one, bool) or not isinstance(one, int) for one in numbers):
        return False
    return bool(min(before, after) <= given <= max(before, after))


async def _questions(
    snapshot: Snapshot, selection: Selection, places: Fields, plan: Reading, indexed: Collection[str]
) -> AsyncIterator[Question]:
    shape = selection.shape
    few = plan.held <= SEARCHED
    for name in (places.block, places.timestamp):
        newest = shape.of(name) if name else None
        if newest is not None and (few or newest.column.name in indexed):
            yield _newest(selection, newest)
    yield _list("its first rows", selection, "", sql.SQL("true"))
    chain = shape.of(places.chain) if places.chain else None
    if chain is not None:
        for value in plan.chains[:FEW]:
            yield _equal(selection, chain, value)
            if shape.aggregates:
                yield count_of(selection, chain, value)
    elif shape.aggregates:
        yield count_of(selection, None, "")
    rows = await drawn_rows(snapshot, selection, plan.spans)
    for row in rows:
        if shape.by_key:
            yield row_of(selection, row)
    for scalar in shape.scalars if rows else ():
        held = rows[0].get(scalar.column.name)
        if held is not None and scalar.column.kind in COMPARED and (few or scalar.column.name in indexed):
            yield _equal(selection, scalar, held)


async def drawn_rows(snapshot: Snapshot, selection: Selection, spans: Sequence[Span]) -> list[dict[str, str]]:
    """The first row of each of a few spans, with its columns as text."""
    shape = selection.shape
    columns = sql.SQL(", ").join(
        sql.SQL("t.{0}::text AS {0}").format(sql.Identifier(scalar.column.name)) for scalar in shape.scalars
    )
    found = []
    for span in spans[:: max(1, len(spans) // DRAWN)][:DRAWN]:
        query = sql.SQL("SELECT to_json(r) FROM (SELECT {} FROM {} t WHERE {} ORDER BY {} LIMIT 1) AS r")
        rows = await snapshot.rows(
            query.format(
                columns, snapshot.table(shape.name), table.within(shape, span), table.order_of(shape)
            )
        )
        found += [row for (row,) in rows]
    return found


def _few(selection: Selection) -> int:
    """The length of a list: at most what came at once before, as the role may be limited."""
    return min(FEW, selection.first or FEW)


def _newest(selection: Selection, by: Scalar) -> Question:
    shape = selection.shape
    order = f"order_by: [{{{by.field}: desc}}, {order_of(shape)}], limit: {_few(selection)}"
    return Question(
        words=f"the newest rows by {by.field}",
        answer=Answer.KEYS,
        field=f"{shape.name}({order}) {{ {_key(selection)} }}",
        where=sql.SQL("true"),
        order=sql.SQL("t.{} DESC, {}").format(sql.Identifier(by.column.name), table.order_of(shape)),
    )


def _list(words: str, selection: Selection, where: str, condition: sql.Composable) -> Question:
    shape = selection.shape
    order = f"order_by: [{order_of(shape)}], limit: {_few(selection)}"
    return Question(
        words=words,
        answer=Answer.KEYS,
        field=f"{shape.name}({where}{order}) {{ {_key(selection)} }}",
        where=condition,
        order=table.order_of(shape),
    )


def _equal(selection: Selection, scalar: Scalar, value: str) -> Question:
    words = f"rows with {scalar.field} = {value}"
    return _list(words, selection, f"where: {_where(scalar, value)}, ", _is(scalar, value))


def count_of(selection: Selection, scalar: Scalar | None, value: str) -> Question:
    """The question how many rows there are, or have a value."""
    name = selection.shape.name
    where = f"(where: {_where(scalar, value)})" if scalar else ""
    return Question(
        words=f"how many rows have {scalar.field} = {value}" if scalar else "how many rows there are",
        answer=Answer.NUMBER,
        field=f"{name}_aggregate{where} {{ aggregate {{ count }} }}",
        where=_is(scalar, value) if scalar else sql.SQL("true"),
    )


def row_of(selection: Selection, row: dict[str, str]) -> Question:
    """The question for one row by its key; `row` has its columns as text."""
    shape = selection.shape
    arguments = ", ".join(f"{part.field}: {_literal(part, row[part.column.name])}" for part in shape.key)
    return Question(
        words=f"the row {' '.join(row[part.column.name] for part in shape.key)}",
        answer=Answer.ROW,
        field=f"{shape.name}_by_pk({arguments}) {{ {fields_of(selection)} }}",
        where=sql.SQL(" AND ").join(_is(part, row[part.column.name]) for part in shape.key),
    )


def _where(scalar: Scalar, value: str) -> str:
    return f"{{{scalar.field}: {{_eq: {_literal(scalar, value)}}}}}"


def _literal(scalar: Scalar, value: str) -> str:
    """A value as a GraphQL literal; Postgres parses what is quoted."""
    if scalar.column.kind is Kind.BOOLEAN:
        return "true" if value in {"t", "true"} else "false"
    return json.dumps(value_of(scalar.column.type, value), ensure_ascii=False)


def _is(scalar: Scalar, value: str) -> sql.Composable:
    return sql.SQL("t.{} = {}").format(sql.Identifier(scalar.column.name), sql.Literal(value))


def _key(selection: Selection) -> str:
    return " ".join(part.field for part in selection.shape.key)


async def _held(looker: Looker, questions: Sequence[Question], numbers: Iterable[int]) -> dict[int, Any]:
    """The database's answers to some questions, in one snapshot."""
    async with looker.database.snapshot() as snapshot:
        return {number: await _answer(snapshot, looker.selection, questions[number]) for number in numbers}


async def _answer(snapshot: Snapshot, selection: Selection, question: Question) -> Any:
    shape = selection.shape
    if question.answer is Answer.ROW:
        rows = await table.read_where(snapshot, selection, question.where)
        return rows[0] if rows else None
    if question.order is None:
        query = sql.SQL("SELECT count(*) FROM {} t WHERE {}")
        [[number]] = await snapshot.rows(query.format(snapshot.table(shape.name), question.where))
        return int(number)
    keys = sql.SQL(", ").join(
        sql.SQL("t.{}::text").format(sql.Identifier(part.column.name)) for part in shape.key
    )
    listed_keys = sql.SQL("SELECT {} FROM {} t WHERE {} ORDER BY {} LIMIT {}").format(
        keys, snapshot.table(shape.name), question.where, question.order, sql.Literal(_few(selection))
    )
    return [list(row) for row in await snapshot.rows(listed_keys)]


async def _given(looker: Looker, questions: Sequence[Question]) -> list[Any]:
    """GraphQL's answers."""
    found = await looker.door.answers([one.field for one in questions], looker.selection)
    return [_read(value, one, looker.selection) for value, one in zip(found, questions, strict=True)]


def _read(found: Any, question: Question, selection: Selection) -> Any:
    if question.answer is Answer.ROW:
        return found
    if question.answer is Answer.KEYS:
        return [list(key_of(selection, row)) for row in listed(found, selection.shape)]
    try:
        return found["aggregate"]["count"]
    except (KeyError, TypeError):
        raise UnseenError(f"{selection.shape.name}_aggregate does not count", Cause.BAD_ANSWER) from None


def _same(held: Any, given: Any, looker: Looker) -> bool:
    if isinstance(held, dict) and isinstance(given, dict):
        return same_row(held, given, looker.moments)
    return same(held, given)
