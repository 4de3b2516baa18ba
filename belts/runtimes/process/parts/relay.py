"""The relay between a belt's indexer and its providers: up before it, and dialling what it was told."""

import secrets
import urllib.request
from collections.abc import Callable
from pathlib import Path

from belts import samples
from belts.envio.sources import origin
from belts.files import private_dir, remove_tree
from belts.provider import routes as files
from belts.provider.routes import Routes, Upstream
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.supervise import hung, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.runtimes.process.wire import recorded
from belts.runtimes.relayed import Relayed
from belts.spec.indexer import Indexer
from belts.spec.relay import PROGRAM, Relay

ROUTES = "routes.json"
READY_S = 30.0
ANSWER_S = 2.0
DIALLED = "belts_relay_upstream"


def routes_of(layout: Layout) -> Path:
    """Where it is written down what it leads to."""
    return layout.of_part(PROGRAM) / ROUTES


def at(layout: Layout, request: Relay) -> Callable[[int], str]:
    """Where the indexer asks instead, by the number of an upstream."""
    routes = _routes(layout, request, ())
    return lambda number: f"http://127.0.0.1:{request.port}{routes.path(number)}"


def converge(layout: Layout, request: Relay, upstreams: tuple[Upstream, ...], held: Secrets) -> None:
    """It is up when it says itself that it dials these, and nobody else."""
    routes = _routes(layout, request, upstreams)
    files.write(routes_of(layout), routes)
    private_dir(layout.logs)
    supervisor.converge(layout, program(layout, request))
    readiness.wait(
        layout,
        PROGRAM,
        lambda: _probe(request.port, routes),
        expected=f"a relay to what the config names, on 127.0.0.1:{request.port}",
        deadline_s=READY_S,
        secrets=Secrets({**held, "word": routes.word}),
    )


def remove(layout: Layout) -> None:
    """With what it leads to, which may hold keys."""
    if layout.of_part(PROGRAM).exists() or (layout.programs / f"{PROGRAM}.conf").exists():
        supervisor.remove(layout, {PROGRAM})
        remove_tree(layout.of_part(PROGRAM))
    hung.note(layout, PROGRAM, None)


def metrics(request: Relay | None) -> str | None:
    """Where it says what it has done, and whom it dials."""
    return None if request is None else f"http://127.0.0.1:{request.port}/metrics"


def program(layout: Layout, request: Relay) -> Program:
    """Its port is kept open by its supervisor: while it is away, the indexer waits, and loses nothing."""
    return Program(
        name=PROGRAM,
        argv=(
            *(str(toolchain.python()), "-m", "belts.relay", "--routes", str(routes_of(layout))),
            *("--root", str(layout.root), "--belt", layout.belt),
        ),
        cwd=layout.of_part(PROGRAM),
        env={"PYTHONPATH": str(kept_code.code()), "PYTHONUNBUFFERED": "1"},
        files=(routes_of(layout),),
        port=request.port,
        priority=390,
    )


def _routes(layout: Layout, request: Relay, upstreams: tuple[Upstream, ...]) -> Routes:
    """Under the word that it has; one that cannot be read is made anew, and so is the indexer's config."""
    private_dir(layout.of_part(PROGRAM))
    known = True
    try:
        word = files.read(routes_of(layout)).word
    except (OSError, ValueError):
        known, word = False, secrets.token_urlsafe(24)
    routes = Routes(word=word, rate=request.requests_per_second, upstreams=upstreams)
    if not known:  # at once: whoever asks next is to be told the same
        files.write(routes_of(layout), routes)
    return routes


def _probe(port: int, routes: Routes) -> str | None:
    try:
        now = _dialled(port)
    except (OSError, ValueError) as why:
        return f"no answer yet ({why or type(why).__name__})"
    wanted = {(one.chain, origin(one.url)) for one in routes.upstreams}
    return None if now == wanted else f"it dials {len(now)} of {len(wanted)} servers"


def said(layout: Layout) -> Relayed | None:
    """What a belt's relay says; None where none was asked for."""
    body = next((each.body for each in recorded.of_belt(layout) if each.part == "indexer"), None)
    if not isinstance(body, Indexer) or body.relay is None:
        return None
    found: dict[int, tuple[str, ...]] = {}
    for chain, where in sorted(_dialled(body.relay.port)):
        found[chain] = (*found.get(chain, ()), where)
    return Relayed(dialled=found, routes=routes_of(layout))


def _dialled(port: int) -> set[tuple[int, str]]:
    """By the process that runs, and not by its file; raises `OSError` where it does not say."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=ANSWER_S) as answer:
        return dialled(answer.read().decode())


def dialled(told: str) -> set[tuple[int, str]]:
    """By chain, whom a relay dials by its own metrics; raises `ValueError` where they are none."""
    return {
        (int(chain), sample.labels["origin"])
        for chain, sample in samples.by_label(samples.read(told), "chain", DIALLED)
        if sample.value == 1
    }
