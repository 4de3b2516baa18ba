"""A door that is asked as subscribers do: by live queries, or by streams."""

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
"""Seconds of silence after which a stream counts as exhausted."""
NOTHING = '{"payload":{"data":{"rows":[]}}}'

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Live(Door):
    """A door that uses the first answer of a live query as the answer to a query."""

    subscriber: Subscriber

    async def ask(
        self, query: str, variables: Mapping[str, object], selection: Selection | None = None
    ) -> dict[str, Any]:
        """The first answer to a subscription."""
        return self._data(await self._first(query, variables), selection)

    async def page(self, selection: Selection, span: Span, *, limit: int) -> Answer:
        """The first rows of a span, from the first answer of a live query."""
        variables = {"where": within(selection.shape, span), "limit": limit}
        return await self._first(f"subscription {rows_of(selection)}", variables)

    async def answers(self, fields: Sequence[str], selection: Selection) -> list[Any]:
        """Asks each field in a subscription of its own, as one has a single field."""
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
    """Retries if the server is busy or the connection broke."""
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
    """A door that uses the first batches of a stream as the answer to a query.

    `begins` are the keys that have rows after them: other streams may be empty, which proves nothing.
    `halved` are the numbers of rows after some of these, which are requested in two batches, because the
    second one shows how a stream continues.
    """

    begins: frozenset[str]
    halved: Mapping[str, int] = field(default_factory=dict)

    async def page(self, selection: Selection, span: Span, *, limit: int) -> Answer:
        """The rows of a span after its first key, without which a stream cannot start."""
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
        """Two batches of one stream as one answer."""
        found = await patiently(
            self.pace, lambda: self.subscriber.told(query, variables, EXCHANGE_SECONDS, number=2)
        )
        return _switched(f"[{','.join(found)}]")

    def _data(self, answer: Answer, selection: Selection | None) -> dict[str, Any]:
        """The rows of all batches in order."""
        told = orjson.loads(answer.body) if selection is None else selection.parse(answer.body)
        rows: list[Any] = []
        for message in told if isinstance(told, list) else [told]:
            batch = data_of(message.get("payload"), self._address).get("rows")
            if not isinstance(batch, list):
                raise UnseenError(f"{self._address} streams something else than rows", Cause.BAD_ANSWER)
            rows += batch
        return {"rows": rows}
