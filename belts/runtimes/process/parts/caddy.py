"""The gateway's process: Caddy with a JSON config, its admin endpoint on a private unix socket."""

from collections.abc import Mapping
from typing import Any

from belts.runtimes.caddy import render
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import caddy_process
from belts.runtimes.process.supervise import caddy_admin
from belts.spec import byway
from belts.spec.gateway import Caddy, alias_of

PROGRAM = "caddy"
READY_PATH = "/healthz"


def check(layout: Layout, request: Caddy) -> None:  # noqa: ARG001 -- as every part's check
    """Refuses a Caddy that was never seen to read its upstream from a file."""
    caddy_process.refuse_unproved()


def apply(layout: Layout, request: Caddy) -> Mapping[str, Any]:
    config = rendered(layout, request)
    caddy_process.converge(
        layout,
        caddy_process.Asked(
            program=PROGRAM,
            config=config,
            url=f"{url(request)}{READY_PATH}",
            port=request.port,
            priority=300,
            what="the gateway's config",
        ),
    )
    return {"url": url(request)}


def remove(layout: Layout) -> None:
    caddy_process.remove(layout, PROGRAM)
    for log in layout.logs.glob(f"{byway.LOG}*.log*"):
        log.unlink()


def rendered(layout: Layout, request: Caddy) -> dict[str, Any]:
    """The one config that this gateway may run: what is asked for has no words that lead past its alias.

    What could change it later is reachable only through the gateway's own directory.
    """
    log, storage = layout.logs / "access.log", layout.of_part(PROGRAM) / "storage"
    config = render(request, alias=alias_of(layout.home), log=log, storage=storage)
    return {**config, "admin": caddy_admin.ENDPOINT}


def stored(layout: Layout) -> dict[str, Any] | None:
    """The config that it would start with; raises `OSError` or `ValueError` where that says nothing."""
    return caddy_admin.stored(layout, PROGRAM)


def url(request: Caddy) -> str:
    """Where this host reaches it: a gateway on every address answers on its own as well."""
    every = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- told apart, not bound to
    host = every.get(request.listen) or (f"[{request.listen}]" if ":" in request.listen else request.listen)
    return f"http://{host}:{request.port}"
