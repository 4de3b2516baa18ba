"""What a belt was seeded with, noted beside its cluster: a check must know it also while Postgres is down."""

from pathlib import Path

from belts.host import generations, seeding
from belts.host.bodies import IndexerRequest
from belts.host.errors import Refused
from belts.host.layout import Layout, read_json, write_private_json


def check(layout: Layout, request: IndexerRequest) -> None:
    """Refuses another project on a belt that holds data."""
    generations.check(layout, request)
    noted = read_json(_note(layout))
    if noted is not None and noted["state"] == seeding.PROVED:
        refuse_other_digest(layout, request, noted["digest"])


def refuse_other_digest(layout: Layout, request: IndexerRequest, seeded: str) -> None:
    if request.digest != seeded:
        raise Refused(
            f"{layout.belt}: its Envio project changed, and the belt holds data"
            " (rule: a belt that holds data keeps its project)",
            expected=f"the project it was seeded with, digest {seeded[:16]}",
            seen=f"digest {request.digest[:16]} of {request.project}/{request.config}",
            now="bring up a fresh belt under another name, and move the alias when it has synced: resuming"
            " would silently skip what is new. To go on with this one, restore the project",
        )


def write(layout: Layout, request: IndexerRequest, state: str) -> None:
    write_private_json(_note(layout), {"state": state, "digest": request.digest})


def _note(layout: Layout) -> Path:
    return layout.of_part("postgres") / "seeding.json"
