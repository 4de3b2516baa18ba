"""A belt's GraphQL as one role sees it, by default the candidate's."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema, get_introspection_query

from gate.endpoints import Belt, Side
from gate.observations.graphql import Role
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.graphql.ask import belt_on, data_of, headers_of
from gate.probes.graphql.schema import introspect
from gate.probes.http import Answer, post
from gate.probes.served.pace import Pace
from gate.probes.served.shape import Shape
from gate.probes.served.table import Row, Selection, Span
from gate.probes.unseen import BusyError, SlowError, UnseenError
from gate.probes.world import World
from gate.schema.introspection import described
from gate.secret import Address

INTROSPECTION = get_introspection_query(descriptions=False)
TRIES, PAUSE = 3, 0.5
"""How often a busy engine is asked, and the seconds in between."""
NAMED = re.compile(r"\s*(?:query|subscription) (\w+)")
SMALL = frozenset({"int2", "int4"})
"""Types whose values GraphQL accepts only as numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """Asks as a role, at a pace shared by all callers; by default it asks the candidate."""

    world: World
    role: str
    pace: Pace
    side: Side = Side.CANDIDATE

    @property
    def headers(self) -> dict[str, str]:
        """The headers that select the role."""
        return headers_as(self.role, belt_on(self.world.endpoints, self.side))

    async def schema(self) -> GraphQLSchema:
        """The role's schema."""
        if self.role == Role.PUBLIC:
            data = await self.world.once(introspect, self.side, Role.PUBLIC)
            if isinstance(data, Unobserved):
                raise UnseenError(data.reason, data.cause)
            return described(data)
        answer = await self._post(INTROSPECTION, {})
        return described(data_of(answer.json(self._address), self._address))

    async def ask(
        self, query: str, variables: Mapping[str, object], selection: Selection | None = None
    ) -> dict[str, Any]:
        """The data of an answer, parsed as precisely as the selection needs."""
        return self._data(await self._post(query, variables), selection)

    async def exactly(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """The data of an answer, with every digit of its numbers."""
        answer = await self._post(query, variables)
        return data_of(answer.json(self._address, exactly=True), self._address)

    async def rows(self, selection: Selection, span: Span, *, limit: int) -> list[Row]:
        """The first rows of a span, in key order."""
        return self.parsed(selection, await self.page(selection, span, limit=limit))

    async def page(self, selection: Selection, span: Span, *, limit: int) -> Answer:
        """The unparsed answer with these rows."""
        variables = {"where": within(selection.shape, span), "limit": limit}
        return await self._post(f"query {rows_of(selection)}", variables)

    async def answers(self, fields: Sequence[str], selection: Selection) -> list[Any]:
        """The answers to the fields of one query, in their order."""
        asked = " ".join(f"q{number}: {field}" for number, field in enumerate(fields))
        data = await self.ask(f"query Questions {{ {asked} }}", {}, selection)
        return [data.get(f"q{number}") for number in range(len(fields))]

    def parsed(self, selection: Selection, page: Answer) -> list[Row]:
        """The rows of a page."""
        return listed(self._data(page, selection).get("rows"), selection.shape)

    def _data(self, answer: Answer, selection: Selection | None) -> dict[str, Any]:
        document = answer.json(self._address)
        if selection is not None and selection.exact:
            document = selection.parse(answer.body)
        return data_of(document, self._address)

    @property
    def _address(self) -> Address:
        return belt_on(self.world.endpoints, self.side).graphql

    async def _post(self, query: str, variables: Mapping[str, object]) -> Answer:
        """Sends the operation's name too, as client libraries do: some caches use only that."""
        named = NAMED.match(query)
        name = {"operationName": named[1]} if named else {}
        body = {"query": query, "variables": dict(variables), **name}
        for _ in range(TRIES - 1):
            await self.pace.wait()
            with suppress(BusyError, SlowError):
                return await post(self.world, self._address, body, self.headers)
            await asyncio.sleep(PAUSE)
        await self.pace.wait()
        return await post(self.world, self._address, body, self.headers)


def headers_as(role: str, belt: Belt) -> dict[str, str]:
    """The public role sends none, as consumers do; other roles are named beside the admin secret."""
    if role == Role.PUBLIC:
        return headers_of(belt, Role.PUBLIC)
    return {**headers_of(belt, Role.ADMIN), "x-hasura-role": role}


def listed(found: object, shape: Shape) -> list[Row]:
    """The rows of a list; raises unless each has its key."""
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise UnseenError(f"{shape.name} does not answer with a list of rows", Cause.BAD_ANSWER)
    if any(scalar.field not in row for row in found for scalar in shape.key):
        raise UnseenError(f"{shape.name} answers with rows that have no key", Cause.BAD_ANSWER)
    return found


def rows_of(selection: Selection) -> str:
    """The operation, without its keyword, that requests the rows of a span in key order."""
    shape = selection.shape
    return (
        f"Rows($where: {shape.name}_bool_exp!, $limit: Int!) {{ rows: {shape.name}"
        f"(where: $where, order_by: [{order_of(shape)}], limit: $limit) {{ {fields_of(selection)} }} }}"
    )


def fields_of(selection: Selection) -> str:
    """The selection of every row."""
    scalars = [scalar.field for scalar in selection.shape.scalars]
    ways = [
        f"{way.field}{_first(way.key, selection.related) if way.many else ''}"
        f" {{ {' '.join(scalar.field for scalar in way.key)} }}"
        for way in selection.ways
    ]
    return " ".join((*scalars, *ways))


def _first(key: Any, most: int) -> str:
    order = ", ".join(f"{{{scalar.field}: asc}}" for scalar in key)
    return f"(order_by: [{order}], limit: {most})"


def order_of(shape: Shape) -> str:
    """The order of the key, the main part first."""
    rest = [scalar for scalar in shape.key if scalar is not shape.main]
    return ", ".join(f"{{{scalar.field}: asc}}" for scalar in (shape.main, *rest))


def within(shape: Shape, span: Span) -> dict[str, Any]:
    """The filter for the rows of a span."""
    main, bounds = shape.main, dict[str, object]()
    if span.above is not None:
        bounds["_gt"] = value_of(main.column.type, span.above)
    if span.until is not None:
        bounds["_lte"] = value_of(main.column.type, span.until)
    if span.keys:
        bounds["_in"] = [value_of(main.column.type, key) for key in span.keys]
    parts: list[dict[str, Any]] = [{main.field: bounds}] if bounds else []
    if span.chain is not None:
        name, chain = span.chain
        column = shape.of(name)
        if column is None:
            raise UnseenError(f"{shape.name} does not show its column {name}", Cause.UNDECIDABLE)
        parts.append({column.field: {"_eq": value_of(column.column.type, chain)}})
    return {"_and": parts} if parts else {}


def value_of(kind: str, text: str) -> object:
    """A value in GraphQL's form."""
    return int(text) if kind in SMALL else text
