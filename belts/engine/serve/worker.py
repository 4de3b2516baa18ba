"""Where heavy work is done: beside the loop, one piece at a time, so that the loop goes on serving."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TypeVar

from belts.engine.errors import EngineError
from belts.engine.plan.budget import Heavy
from belts.engine.plan.cache import RoleSchema
from belts.engine.plan.nodes import Json
from belts.engine.postgres.sql import Session
from belts.engine.serve.execute import Prepared, prepare
from belts.engine.serve.requests import GraphQLRequest, read_json

T = TypeVar("T")
Counted = Callable[[], AbstractContextManager[None]]
"""What counts the time that a piece of work has the processor, in whichever thread."""
LIGHT = 16_384
"""Bytes of a request that are read and planned at once; of a larger one nobody knows before what it takes."""
WAITING = 100
"""Who comes when so many wait is told so at once."""
SWITCH_S = 0.0005
"""How long the worker keeps the interpreter when the loop wants it: Python's own is ten times as long."""


class Worker:
    """One thread. More would not do more at once, and would take more from the loop."""

    def __init__(self) -> None:
        self.waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="heavy")

    async def run(self, work: Callable[[], T]) -> T:
        """Does it when those before it are done; whoever goes away before is passed over."""
        if self.waiting >= WAITING:
            raise EngineError(
                f"the engine is busy: expected at most {WAITING} heavy requests that wait, seen one more",
                code="heavy-limit-exceeded",
            )
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self.waiting -= 1

    async def json(self, body: bytes, counted: Counted = nullcontext) -> Json:
        """A body as JSON."""
        read = partial(read_json, body)
        return read() if len(body) <= LIGHT else await self.run(partial(_counted, counted, read))

    async def prepared(
        self,
        schema: RoleSchema,
        request: GraphQLRequest,
        session: Session,
        *,
        size: int,
        counted: Counted = nullcontext,
    ) -> Prepared:
        """A request up to where Postgres is asked: at once where that is little work, else beside it all."""
        preparing = partial(prepare, schema, request, session)
        if size <= LIGHT:
            try:
                return preparing(light=True)
            except Heavy:
                pass  # what was begun is begun anew, with all that an operation may cost
        return await self.run(partial(_counted, counted, partial(preparing, light=False)))

    def close(self) -> None:
        """Takes nothing more, and waits for nothing."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _counted(counted: Counted, work: Callable[[], T]) -> T:
    with counted():
        return work()
