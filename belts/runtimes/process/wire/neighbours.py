"""The requests of the same belt's other parts, which an engine or an indexer depends on."""

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Part
from belts.spec.engine import Engine
from belts.spec.postgres import Postgres


def postgres(layout: Layout) -> Postgres:
    body = _body(layout, "postgres")
    assert isinstance(body, Postgres)  # noqa: S101 -- the part of this name is of this type
    return body


def engine(layout: Layout) -> Engine:
    body = _body(layout, "engine")
    assert isinstance(body, Engine)  # noqa: S101 -- as above
    return body


def _body(layout: Layout, part: str) -> Part:
    for request in recorded.of_belt(layout):
        if request.part == part:
            return request.body
    raise Refused(
        f"{layout.belt}: its {part} is not there",
        expected=f"the {part} of the belt to be applied before what leans on it",
        seen="no such part on this host",
        now=f"apply the {part} first",
    )
