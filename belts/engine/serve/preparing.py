"""Where a request is prepared: here, in between others, if it is light; else by the planning process."""

import asyncio
import re
import time
from collections.abc import Callable
from itertools import islice

import orjson

from belts.engine.clients.accounts import Account
from belts.engine.clients.bucket import Bucket
from belts.engine.clients.single import Single
from belts.engine.errors import EngineError
from belts.engine.plan.budget import LIGHT_TOKENS, Heavy
from belts.engine.plan.cache import RoleSchema
from belts.engine.plan.nodes import Json
from belts.engine.plan.prepared import Prepared, prepare
from belts.engine.plan.requests import GraphQLRequest
from belts.engine.planner.jobs import Asked, Plan, Planned, Read, Told, Written
from belts.engine.planner.process import Charge, Planner
from belts.engine.serve.roles import Session
from belts.engine.serve.state import Snapshot

LIGHT = 16_384
"""Requests up to this size are read and planned at once; the cost of a larger one cannot be predicted."""
ALL_PLANS, ALL_PLANS_AT_ONCE = 0.25, 0.5
"""Seconds of the event loop that new texts of all clients may take to plan per second, and at once."""
_LITTLE = 0.5
"""A client with this much of its own share left is not affected when others used up all of theirs,"""
_OVER = -1.0
"""until they used as much again: many small clients cause as much work as a large one."""
_SHORT = 800
"""Characters of a text that is read without counting its tokens first."""
_WORD = re.compile(r"\w+|[^\s\w,]")
_KEY_BYTES = 200
_Key = tuple[str, str | None, tuple[tuple[str, str], ...], bytes]


class Preparing:
    """Prepares requests of one engine."""

    def __init__(self, planner: Planner, clock: Callable[[], float] = time.monotonic) -> None:
        self.planner = planner
        self._clock = clock
        self._single = Single()
        self._all = Bucket(ALL_PLANS, ALL_PLANS_AT_ONCE, clock())

    async def request(
        self, snapshot: Snapshot, session: Session, request: GraphQLRequest, account: Account, charge: Charge
    ) -> Prepared:
        """Prepares a request that is parsed already, and not large."""
        schema, known = snapshot.role(session.role), request[:2]
        key = _key(request, session)
        if schema.heavy.get(known) is None and (key is None or schema.heavy.get(key) is None):
            if (found := self._known(schema, request, session)) is not None:
                return found
            if not self._may(account):
                return await self.one(snapshot, session, request, account, charge)
            if (found := await self._new(schema, request, session, account)) is not None:
                return found
            # A readable text is heavy because of one client's variables; those of others may be smaller.
            mark = known if schema.texts.get(known) is None or not request[2] else key
            if mark is not None:
                schema.heavy.put(mark, value=True, size=_size(request, key))
        found = None if key is None else schema.prepared.get(key)
        if found is None:
            found = await self.one(snapshot, session, request, account, charge)
            if key is not None:
                schema.prepared.put(key, found, size=found.held + _size(request, key))
        return found

    @staticmethod
    def _known(schema: RoleSchema, request: GraphQLRequest, session: Session) -> Prepared | None:
        """Prepares with a cached plan, if inserting the values is light."""
        if schema.texts.get(request[:2]) is None:
            return None
        try:
            return prepare(schema, request, session.variables, light=True, known=True)
        except Heavy:
            return None

    async def _new(
        self, schema: RoleSchema, request: GraphQLRequest, session: Session, account: Account
    ) -> Prepared | None:
        """Reads and plans a light request, one per round of the event loop; returns None for more work.

        Otherwise, many arriving at once would be planned in a row, and no client answered meanwhile.
        """
        if schema.texts.get(request[:2]) is None and _is_long(request):
            return None
        await self._single.begin(account)
        began = time.thread_time()
        try:
            return prepare(schema, request, session.variables, light=True)
        except Heavy:
            return None  # preparation starts again, with the full cost limit of an operation
        finally:
            self._spend(account, time.thread_time() - began)
            asyncio.get_running_loop().call_soon(self._single.end)

    def _may(self, account: Account) -> bool:
        """Whether this client's new request is planned here: its share is not used up.

        Beyond that its requests are still answered, but planned by the planning process.
        """
        if account.trusted:
            return True
        now = self._clock()
        left = account.planned(now).left(now)
        return left > 0 and self._all.left(now) > (_OVER if left > _LITTLE else 0.0)

    def _spend(self, account: Account, seconds: float) -> None:
        if account.trusted:
            return
        now = self._clock()
        account.planned(now).spend(seconds, now)
        self._all.spend(seconds, now)

    async def one(
        self, snapshot: Snapshot, session: Session, asked: Asked, account: Account, charge: Charge
    ) -> Prepared:
        """Prepares one request of any size."""
        planned = await self.some(snapshot, session, asked, account, charge)
        item = planned.items[0]
        if isinstance(item, EngineError):
            raise item
        return item

    async def some(  # noqa: PLR0917 -- who asks, what, and since where
        self,
        snapshot: Snapshot,
        session: Session,
        asked: Asked,
        account: Account,
        charge: Charge,
        since: int = 0,
    ) -> Planned:
        """Prepares a body: one request, or as many of a batch as fit into one answer, from `since` on."""
        job = Plan(session.role, dict(session.variables), asked, since)
        found = await self.planner.ask(account, snapshot.world, job, charge)
        if not isinstance(found, Planned):
            raise TypeError(job)
        return found

    async def message(
        self, snapshot: Snapshot, body: bytes, account: Account, charge: Charge
    ) -> dict[str, Json]:
        """A large WebSocket message, without its payload."""
        found = await self.planner.ask(account, snapshot.world, Read(body), charge)
        if not isinstance(found, Told):
            raise TypeError(found)
        return found.message

    async def of(
        self,
        snapshot: Snapshot,
        session: Session,
        asked: Asked,
        account: Account,
        charge: Charge,
    ) -> Prepared:
        """Prepares a request in either form: parsed or raw."""
        if isinstance(asked, Written):
            return await self.one(snapshot, session, asked, account, charge)
        return await self.request(snapshot, session, asked, account, charge)


def _is_long(request: GraphQLRequest) -> bool:
    """Whether a new text has more tokens than are read at once."""
    text = request[0]
    if len(text) <= _SHORT:
        return False
    return next(islice(_WORD.finditer(text), LIGHT_TOKENS, None), None) is not None


def _size(request: GraphQLRequest, key: _Key | None) -> int:
    return _KEY_BYTES + len(request[0]) + (0 if key is None else len(key[-1]))


def _key(request: GraphQLRequest, session: Session) -> _Key | None:
    """Everything that decides how a request is prepared; None if it cannot be serialized."""
    text, name, variables = request
    try:
        given = orjson.dumps(variables)
    except TypeError:
        return None  # a number with more digits than a double has
    return text, name, tuple(sorted(session.variables.items())), given
