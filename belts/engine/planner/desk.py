"""Does one job: reads what a client sent and plans it against the latest world."""

from collections.abc import Iterator
from dataclasses import replace

from belts.engine.errors import BadRequest, EngineError, unparsable
from belts.engine.plan.cache import RoleSchema
from belts.engine.plan.introspect import said_in_full
from belts.engine.plan.nodes import Json
from belts.engine.plan.prepared import Prepared, prepare
from belts.engine.plan.requests import read_json, read_request
from belts.engine.planner.jobs import Job, Plan, Planned, Read, Told, World, Written
from belts.engine.schema.builder import build_schema
from belts.engine.schema.model import NOBODY
from belts.engine.schema.resolve import resolve
from belts.engine.settings import Limits

AT_ONCE = 1_048_576
"""From this size of an answer on, the rest of a batch is left for the next."""
_SHARE = 4
"""This process may cache one part in this many of what the engine may."""


class Desk:
    """The current world, and each role's schema once it was needed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._models = resolve(world.metadata, world.catalog).models
        self._roles: dict[str, RoleSchema] = {}

    @property
    def limits(self) -> Limits:
        """The limits of one job."""
        return self._world.limits

    def role(self, name: str) -> RoleSchema:
        """A role's schema; all roles that may read nothing share one."""
        known = name if name in self._models else ""
        found = self._roles.get(known)
        if found is None:
            model = self._models.get(known, NOBODY)
            schema, limits = build_schema(model), self._world.limits
            # Introspection of the whole schema is allowed, however large it is: code generators need it.
            limits = replace(limits, introspected=max(limits.introspected, said_in_full(schema)))
            found = self._roles[known] = RoleSchema(
                model, schema, limits, stringify=self._world.stringify, share=_SHARE
            )
        return found

    def done(self, job: Job) -> Planned | Told | EngineError:
        """The answer to a job, or the refusal."""
        try:
            return _told(job) if isinstance(job, Read) else self._planned(job)
        except EngineError as error:
            return error

    def _planned(self, job: Plan) -> Planned:
        schema = self.role(job.role)
        if not isinstance(job.asked, Written):
            return Planned((prepare(schema, job.asked, job.session, light=False),))
        body = _written(job.asked)
        if job.asked.key is not None or not isinstance(body, list):
            return Planned((prepare(schema, read_request(body), job.session, light=False),))
        most = self._world.limits.batch
        if len(body) > most:
            raise BadRequest(f"the batch has more than {most} operations", code="batch-limit-exceeded")
        return Planned(tuple(self._some(schema, job, body)), len(body))

    def _some(self, schema: RoleSchema, job: Plan, body: list[Json]) -> Iterator[Prepared | EngineError]:
        size = 0
        for request in body[job.since :]:
            try:
                item: Prepared | EngineError = prepare(
                    schema, read_request(request), job.session, light=False
                )
                size += item.held if isinstance(item, Prepared) else 0
            except EngineError as error:
                item = error
            yield item
            if size > AT_ONCE:
                return


def _written(asked: Written) -> Json:
    found = read_json(asked.body)
    if asked.key is None:
        return found
    return found.get(asked.key) if isinstance(found, dict) else None


def _told(job: Read) -> Told:
    found = read_json(job.body)
    if not isinstance(found, dict):
        raise unparsable("a message is a JSON object", "$")
    # Its payload is read again when it is its turn: parsed, it takes many times its size.
    return Told({key: value for key in ("type", "id") if isinstance(value := found.get(key), str)})
