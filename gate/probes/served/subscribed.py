"""A door that is asked as subscribers ask: by live queries, or by streams from a cursor on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import orjson

from gate.observations.unobserved import Cause
from gate.probes.graphql.ask import data_of
from gate.probes.http import EXCHANGE_SECONDS, Answer
from gate.probes.served.door import PAUSE, TRIES, Door, fields_of, rows_of, value_of, within
from gate.probes.served.pace import Pace
from gate.probes.served.table import Selection, Span
from gate.probes.served.websocket import Subscriber
from gate.probes.unseen import BusyError, SlowError, UnseenError

SWITCHED = 101
SILENCE = 5.0
"""Seconds without a word after which a stream has nothing more to give."""
NOTHING = '{"payload":{"data":{"rows":[]}}}'

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Live(Door):
    """The first answer of a live query stands where a query's answer does."""

    subscriber: Subscriber

    async def ask(
        self, query: str, variables: Mapping[str, object], selection: Selection | None = None
    ) -> dict[str, Any]:
        """The first answer to a subscription."""
        return self._data(await self._first(query, variables), selection)

    async def page(self, selection: Selection, span: Span, *, limit: int) -> Answer:
        """The first rows of a span, as a live query gives them first."""
        variables = {"where": within(selection.shape, span), "limit": limit}
        return await self._first(f"subscription {rows_of(selection)}", variables)

    async def answers(self, fields: Sequence[str], selection: Selection) -> list[Any]:
        """Each field in a subscription of its own: a subscription has one."""
        found = [await self.ask(f"subscription Question {{ q: {field} }}", {}, selection) for field in fields]
        return [data.get("q") for data in found]

    def _data(self, answer: Answer, selection: Selection | None) -> dict[str, Any]:
        message = orjson.loads(answer.body) if selection is None else selection.parse(answer.body)
        return data_of(message.get("payload"), self._address)

    async def _first(
        self, query: str, variables: Mapping[str, object], patience: float = EXCHANGE_SECONDS
    ) -> Answer:
        [message] = await patiently(
            self.pace, lambda: self.subscriber.told(query, variables, patience, number=1)
        )
        return _switched(message)


async def patiently(pace: Pace, ask: Callable[[], Awaitable[T]]) -> T:
    """Asks once more where the other side is busy, or has broken the connection off."""
    for _ in range(TRIES - 1):
        await pace.wait()
        with suppress(BusyError):
            return await ask()
        await asyncio.sleep(PAUSE)
    await pace.wait()
    return await ask()


def _switched(body: str) -> Answer:
    return Answer(status=SWITCHED, headers=httpx.Headers(), body=body.encode())


@dataclass(frozen=True, kw_only=True, slots=True)
class Streamed(Live):
    """The first batches of a stream stand where a query's answer does.

    `begins` are the keys after which rows are known to be. After others there may be none, and a stream of
    nothing says nothing. `halved` are how many rows are known to be after some of these: they are asked for
    in two batches, and how a stream goes on is seen by the second.
    """

    begins: frozenset[str]
    halved: Mapping[str, int] = field(default_factory=dict)

    async def page(self, selection: Selection, span: Span, *, limit: int) -> Answer:
        """The rows of a span above its first key: without one, a stream has nowhere to begin."""
        if span.above is None:
            raise UnseenError("a stream begins after a row", Cause.CRASHED)
        shape = selection.shape
        begin = orjson.dumps(value_of(shape.main.column.type, span.above)).decode()
        cursor = f"{{initial_value: {{{shape.main.field}: {begin}}}, ordering: ASC}}"
        query = (
            f"subscription Batch($where: {shape.name}_bool_exp!, $limit: Int!) {{ rows: {shape.name}_stream"
            f"(batch_size: $limit, cursor: [{cursor}], where: $where) {{ {fields_of(selection)} }} }}"
        )
        rows = self.halved.get(span.above, 0)
        variables = {"where": within(shape, span), "limit": -(-rows // 2) if rows else limit}
        if rows:
            return await self._halves(query, variables)
        if span.above in self.begins:
            return await self._first(query, variables)
        try:
            return await self._first(query, variables, SILENCE)
        except SlowError:
            return _switched(NOTHING)

    async def _halves(self, query: str, variables: Mapping[str, object]) -> Answer:
        """Two batches of one stream, as one answer."""
        found = await patiently(
            self.pace, lambda: self.subscriber.told(query, variables, EXCHANGE_SECONDS, number=2)
        )
        return _switched(f"[{','.join(found)}]")

    def _data(self, answer: Answer, selection: Selection | None) -> dict[str, Any]:
        """The rows of all batches, one after the other."""
        told = orjson.loads(answer.body) if selection is None else selection.parse(answer.body)
        rows: list[Any] = []
        for message in told if isinstance(told, list) else [told]:
            batch = data_of(message.get("payload"), self._address).get("rows")
            if not isinstance(batch, list):
                raise UnseenError(f"{self._address} streams something else than rows", Cause.BAD_ANSWER)
            rows += batch
        return {"rows": rows}
