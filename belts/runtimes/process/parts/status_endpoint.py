"""A gateway's status endpoint: the process beside Caddy that reports which belt serves, and how far it is."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from belts.files import private_dir, remove_tree
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import door, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.spec.gateway import StatusEndpoint, Watched
from belts.urls import is_http

PROGRAM = "status-endpoint"
SOCKET = "status.sock"
PATH = "/_belt"
READY_S = 30.0


def apply(layout: Layout, request: StatusEndpoint) -> Mapping[str, Any]:
    """Brings it up with the chains' URLs and no database: it looks at what consumers see."""
    lags = {chain.id: chain.lag_limit for chain in request.chains if chain.lag_limit is not None}
    urls = {chain.id: url for chain in request.chains if (url := _url(layout, chain)) is not None}
    private_dir(layout.of_part(PROGRAM))
    private_dir(layout.logs)
    supervisor.converge(layout, program(layout, urls, lags))
    readiness.wait(
        layout,
        PROGRAM,
        partial(_probe, layout),
        expected=f"an answer to GET {PATH} on its socket",
        deadline_s=READY_S,
        secrets=secrets.known(layout),
    )
    return {"path": PATH}


def remove(layout: Layout) -> None:
    supervisor.remove(layout, {PROGRAM})
    remove_tree(layout.of_part(PROGRAM))


def program(layout: Layout, urls: Mapping[int, str], lags: Mapping[int, int]) -> Program:
    """Runs in its own directory, so the socket's bare name is never too long to bind."""
    return Program(
        name=PROGRAM,
        argv=(
            *(str(toolchain.python()), "-m", "gate.signals.status"),
            *("--alias", str(layout.home / "alias"), "--socket", SOCKET),
            *("--hosts", str(layout.root), "--gateway", layout.belt),
        ),
        cwd=layout.of_part(PROGRAM),
        env={
            "PYTHONPATH": str(kept_code.code()),
            "PYTHONUNBUFFERED": "1",
            **{f"BELTS_RPC_{chain}": url for chain, url in sorted(urls.items())},
            **{f"BELTS_LAG_{chain}": str(blocks) for chain, blocks in sorted(lags.items())},
        },
        priority=310,
    )


def _url(layout: Layout, chain: Watched) -> str | None:
    """The URL that reports the chain's head; None if the stack names none."""
    if not chain.secret:
        return chain.rpc
    given = secrets.from_config().get(chain.secret_name)
    held = secrets.keep(layout, chain.secret_name, given) if given else secrets.known(layout)
    url = held.get(chain.secret_name, "")
    if not is_http(url):
        raise Refused(
            f"{layout.belt}: the status endpoint has no URL of chain {chain.id}",
            expected=f"an http or https URL under {chain.secret_name} in {secrets.ENVIRONMENT}",
            seen="something else, which is not shown: it may hold a key" if url else "nothing, now or before",
            now="set the secret in the stack's config",
        )
    return url


def _probe(layout: Layout) -> str | None:
    """Ready once it answers anything at all: without an alias it answers 503."""
    answer = door.ask(layout.of_part(PROGRAM), SOCKET, "GET", PATH)
    return f"it does not answer yet ({answer})" if isinstance(answer, str) else None
