"""Where a request is prepared: here, between two others, when it is light; else by the process that plans."""

import re
from itertools import islice

import orjson

from belts.engine.clients.accounts import Account
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
"""Bytes of a request that are read and planned at once; of a larger one nobody knows before what it takes."""
_SHORT = 800
"""Letters of a text that is read without a look at how many words and signs it has."""
_WORD = re.compile(r"\w+|[^\s\w,]")
_KEY_BYTES = 200
_Key = tuple[str, str | None, tuple[tuple[str, str], ...], bytes]


class Preparing:
    """Prepares requests of one engine."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner

    async def request(
        self, snapshot: Snapshot, session: Session, request: GraphQLRequest, account: Account, charge: Charge
    ) -> Prepared:
        """A request that is read already, and not large."""
        schema, known = snapshot.role(session.role), request[:2]
        if schema.heavy.get(known) is None and not _is_long(schema, request):
            try:
                return prepare(schema, request, session.variables, light=True)
            except Heavy:
                pass  # what was begun is begun anew, with all that an operation may cost
        schema.heavy.put(known, value=True, size=_KEY_BYTES + len(request[0]))
        key = _key(request, session)
        found = None if key is None else schema.prepared.get(key)
        if found is None:
            found = await self.one(snapshot, session, request, account, charge)
            if key is not None:
                schema.prepared.put(key, found, size=found.held + _KEY_BYTES + len(request[0]) + len(key[-1]))
        return found

    async def one(
        self, snapshot: Snapshot, session: Session, asked: Asked, account: Account, charge: Charge
    ) -> Prepared:
        """One request, whatever it takes."""
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
        """What is in a body: one request, or of a batch as many as come at once from this one on."""
        job = Plan(session.role, dict(session.variables), asked, since)
        found = await self.planner.ask(account, snapshot.world, job, charge)
        if not isinstance(found, Planned):
            raise TypeError(job)
        return found

    async def message(
        self, snapshot: Snapshot, body: bytes, account: Account, charge: Charge
    ) -> dict[str, Json]:
        """A large message of a WebSocket, without its payload."""
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
        """A request as it is kept: read, or as it came."""
        if isinstance(asked, Written):
            return await self.one(snapshot, session, asked, account, charge)
        return await self.request(snapshot, session, asked, account, charge)


def _is_long(schema: RoleSchema, request: GraphQLRequest) -> bool:
    """Whether a text nobody has read yet has more words and signs than are read at once."""
    text = request[0]
    if len(text) <= _SHORT or schema.texts.get(request[:2]) is not None:
        return False
    return next(islice(_WORD.finditer(text), LIGHT_TOKENS, None), None) is not None


def _key(request: GraphQLRequest, session: Session) -> _Key | None:
    """All that decides what a request is prepared to, or None where it cannot be written in short."""
    text, name, variables = request
    try:
        given = orjson.dumps(variables)
    except TypeError:
        return None  # a number with more digits than a double has
    return text, name, tuple(sorted(session.variables.items())), given
