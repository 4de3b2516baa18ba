"""The gateway's process: Caddy with a JSON config, its admin endpoint on a private unix socket."""

import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from belts.files import private_dir, read_json, remove_tree, write_private
from belts.runtimes.caddy import ENVIRONMENT, PROVED_VERSIONS, proved, render
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import door, identity, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.spec import byway
from belts.spec.gateway import Caddy, alias_of

PROGRAM = "caddy"
CONFIG = "config.json"
READY_PATH = "/healthz"
READY_S = 30.0
ADMIN = Path("/proc/self/cwd/admin.sock")
"""Caddy stands in its own directory: by this name the path of its socket is never too long to bind to."""


def check(layout: Layout, request: Caddy) -> None:  # noqa: ARG001 -- as every part's check
    """Refuses a Caddy that was never seen to read its upstream from a file."""
    version = subprocess.run(
        [toolchain.caddy(), "version"], capture_output=True, text=True, check=False
    ).stdout
    if not proved(version):
        raise Refused(
            "this Caddy was not proved to carry an alias",
            expected=f"a version that begins with {' or '.join(PROVED_VERSIONS)}",
            seen=version.strip() or "no version",
            now="run `make setup`, which brings a proved one",
        )


def apply(layout: Layout, request: Caddy) -> Mapping[str, Any]:
    home = private_dir(layout.of_part(PROGRAM))
    private_dir(layout.logs)
    config = rendered(layout, request)
    _validate(layout, config)
    write_private(home / CONFIG, json.dumps(config, indent=2, sort_keys=True) + "\n")
    supervisor.converge(layout, program(layout))
    readiness.wait(
        layout,
        PROGRAM,
        partial(_probe, layout, request, config),
        expected=f"Caddy to run this config and to answer on port {request.port}",
        deadline_s=READY_S,
        secrets=secrets.known(layout),
    )
    return {"url": url(request)}


def remove(layout: Layout) -> None:
    supervisor.remove(layout, {PROGRAM})
    remove_tree(layout.of_part(PROGRAM))
    for name in ("access", byway.LOG):
        for log in layout.logs.glob(f"{name}*.log*"):
            log.unlink()


def rendered(layout: Layout, request: Caddy) -> dict[str, Any]:
    """The one config that this gateway may run: what is asked for has no words that lead past its alias.

    What could change it later is reachable only through the gateway's own directory.
    """
    log, storage = layout.logs / "access.log", layout.of_part(PROGRAM) / "storage"
    config = render(request, alias=alias_of(layout.home), log=log, storage=storage)
    return {**config, "admin": {"listen": f"unix/{ADMIN}|0600", "config": {"persist": False}}}


def program(layout: Layout) -> Program:
    """Its config is not among its files: a config that differs is loaded into the running Caddy."""
    home = layout.of_part(PROGRAM)
    return Program(
        name=PROGRAM,
        argv=(str(toolchain.caddy()), "run", "--config", str(home / CONFIG)),
        cwd=home,
        env={
            **ENVIRONMENT,
            "XDG_DATA_HOME": str(home / "storage"),
            "XDG_CONFIG_HOME": str(home / "storage"),
        },
        stop_wait_s=15,
        priority=300,
    )


def stored(layout: Layout) -> dict[str, Any] | None:
    """The config that it would start with; raises `OSError` or `ValueError` where that says nothing."""
    return read_json(layout.of_part(PROGRAM) / CONFIG)


def url(request: Caddy) -> str:
    """Where this host reaches it: a gateway on every address answers on its own as well."""
    every = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- told apart, not bound to
    host = every.get(request.listen) or (f"[{request.listen}]" if ":" in request.listen else request.listen)
    return f"http://{host}:{request.port}"


def _validate(layout: Layout, config: Mapping[str, Any]) -> None:
    """A config that Caddy refuses never replaces the one it runs."""
    home = layout.of_part(PROGRAM)
    with suppress(OSError, ValueError):  # one that says nothing is written again
        if stored(layout) == config:
            return
    wanted = home / "wanted.json"
    write_private(wanted, json.dumps(config))
    command = (str(toolchain.caddy()), "validate", "--config", str(wanted))
    tried = identity.run_tool(layout, Program(name="caddy-validate", argv=command, cwd=home))
    wanted.unlink()
    if tried.returncode != 0:
        raise Refused(
            f"{layout.belt}: Caddy refuses the gateway's config",
            expected="a config that `caddy validate` accepts",
            seen=f"it ended with {tried.returncode}",
            now="correct the gateway's settings",
            log_tail=tried.stdout[-2000:],
        )


def _probe(layout: Layout, request: Caddy, config: Mapping[str, Any]) -> str | None:
    """Ready when it runs what was asked for and answers anything at all: without an alias that is a 502."""
    running = _admin(layout, "GET", "/config/")
    if isinstance(running, str):
        return running
    if running != config:
        note(f"{layout.belt}: loading the new config into the running Caddy")
        loaded = _admin(layout, "POST", "/load", config)
        return loaded if isinstance(loaded, str) else "it has just taken the new config"
    answer = readiness.http_status(f"{url(request)}{READY_PATH}")
    return answer if isinstance(answer, str) else None


def _admin(layout: Layout, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """What Caddy's admin endpoint answers, or in words why it does not."""
    answer = door.ask(layout.of_part(PROGRAM), ADMIN.name, method, path, body)
    if isinstance(answer, str):
        return f"its admin endpoint does not answer yet ({answer})"
    if answer.status != 200:
        return f"its admin endpoint answers {answer.status}: {answer.text[:200]}"
    return json.loads(answer.text) if answer.text.strip() else {}
