"""The other parts of the same belt, as they were asked for: what an engine or an indexer leans on."""

from typing import TypeVar

from belts.host import recorded
from belts.host.bodies import EngineRequest, PartRequest, PostgresRequest
from belts.host.errors import Refused
from belts.host.layout import Layout

Body = TypeVar("Body", bound=PartRequest)


def postgres(layout: Layout) -> PostgresRequest:
    return _body(layout, "postgres", PostgresRequest)


def engine(layout: Layout) -> EngineRequest:
    return _body(layout, "engine", EngineRequest)


def _body(layout: Layout, part: str, kind: type[Body]) -> Body:
    for request in recorded.of_belt(layout):
        if isinstance(request.body, kind):
            return request.body
    raise Refused(
        f"{layout.belt}: its {part} is not there",
        expected=f"the {part} of the belt to be applied before what leans on it",
        seen="no such part on this host",
        now=f"apply the {part} first",
    )
