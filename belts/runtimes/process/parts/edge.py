"""The edge of a belt by URL: a Caddy of its own on the gateway's host, which holds no secret of the belt.

The database's URL is kept beside it, for the auditor alone: the belt's database is nobody's here but theirs.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import caddy_process
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import caddy_admin
from belts.runtimes.process.wire import recorded
from belts.runtimes.url.edge import certificates, dialled, render
from belts.spec.edge import DATABASE_URL, EDGE, Edge

PROGRAM = EDGE


def check(layout: Layout, request: Edge) -> None:
    """Refuses a Caddy that was not proved, and certificates that are none."""
    caddy_process.refuse_unproved()
    try:
        if request.authorities:
            certificates(request.authorities)
    except ValueError:
        raise Refused(
            f"{layout.belt}: nobody could certify its URL",
            expected="certificates in PEM",
            seen="a text that holds none, or one that is none",
            now="give `edge.ca` the file of whoever signed the belt's certificate",
        ) from None


def apply(layout: Layout, request: Edge) -> Mapping[str, Any]:
    """It comes up whether or not the belt answers: what is down elsewhere keeps nobody from coming back."""
    if url := secrets.from_config().get(DATABASE_URL):
        secrets.keep(layout, DATABASE_URL, url)
    caddy_process.converge(
        layout,
        caddy_process.Asked(
            program=PROGRAM,
            config=rendered(layout, request),
            url=f"http://{request.dial}/",
            port=request.port,
            priority=300,
            what="the config of its edge",
        ),
    )
    return {"graphql": request.graphql, "dial": request.dial}


def remove(layout: Layout) -> None:
    """The belt itself is not ours to end."""
    asked = next((each.body for each in recorded.look(layout).requests if isinstance(each.body, Edge)), None)
    caddy_process.remove(layout, PROGRAM)
    if asked is not None:
        note(
            f"{layout.belt}: its edge is gone; the belt itself runs on at {dialled(urlsplit(asked.url))}:"
            " whoever owns it ends it there, with its database"
        )


def rendered(layout: Layout, request: Edge) -> dict[str, Any]:
    """The one config that this edge may run."""
    log, storage = layout.logs / "access.log", layout.of_part(PROGRAM) / "storage"
    return {**render(request, log=log, storage=storage), "admin": caddy_admin.ENDPOINT}
