"""A Caddy of this host, whatever it is for: its config, its process, and what has to be seen of both."""

import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from belts.files import private_dir, remove_tree, write_private
from belts.runtimes.caddy import ENVIRONMENT, PROVED_VERSIONS, proved
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import caddy_admin, identity, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program

READY_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What one has to run, and where it answers anything at all once it does."""

    program: str
    config: Mapping[str, Any] = field(repr=False)
    url: str
    port: int
    priority: int
    what: str
    """What its config is called in a refusal."""


def converge(layout: Layout, asked: Asked) -> None:
    """Makes it run this config, and comes back when it does; a config that it refuses replaces none."""
    home = private_dir(layout.of_part(asked.program))
    private_dir(layout.logs)
    _validate(layout, asked)
    write_private(home / caddy_admin.CONFIG, json.dumps(asked.config, indent=2, sort_keys=True) + "\n")
    supervisor.converge(layout, program(layout, asked.program, asked.priority))
    readiness.wait(
        layout,
        asked.program,
        partial(_probe, layout, asked),
        expected=f"Caddy to run this config and to answer on port {asked.port}",
        deadline_s=READY_S,
        secrets=secrets.known(layout),
    )


def refuse_unproved() -> None:
    """Refuses a Caddy that was never seen to do what is asked of it here."""
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


def remove(layout: Layout, name: str) -> None:
    supervisor.remove(layout, {name})
    remove_tree(layout.of_part(name))
    for log in layout.logs.glob("access*.log*"):
        log.unlink()


def program(layout: Layout, name: str, priority: int) -> Program:
    """Its config is not among its files: a config that differs is loaded into the running Caddy."""
    home = layout.of_part(name)
    return Program(
        name=name,
        argv=(str(toolchain.caddy()), "run", "--config", str(home / caddy_admin.CONFIG)),
        cwd=home,
        env={
            **ENVIRONMENT,
            "XDG_DATA_HOME": str(home / "storage"),
            "XDG_CONFIG_HOME": str(home / "storage"),
        },
        stop_wait_s=15,
        priority=priority,
    )


def _validate(layout: Layout, asked: Asked) -> None:
    """A config that Caddy refuses never replaces the one it runs."""
    home = layout.of_part(asked.program)
    with suppress(OSError, ValueError):  # one that says nothing is written again
        if caddy_admin.stored(layout, asked.program) == asked.config:
            return
    wanted = home / "wanted.json"
    write_private(wanted, json.dumps(asked.config))
    command = (str(toolchain.caddy()), "validate", "--config", str(wanted))
    tried = identity.run_tool(layout, Program(name="caddy-validate", argv=command, cwd=home))
    wanted.unlink()
    if tried.returncode != 0:
        raise Refused(
            f"{layout.belt}: Caddy refuses {asked.what}",
            expected="a config that `caddy validate` accepts",
            seen=f"it ended with {tried.returncode}",
            now="correct the settings of its stack",
            log_tail=tried.stdout[-2000:],
        )


def _probe(layout: Layout, asked: Asked) -> str | None:
    """Ready when it runs what was asked for and answers anything at all: without a belt that is a 502."""
    running = caddy_admin.running(layout, asked.program)
    if isinstance(running, str):
        return running
    if running != asked.config:
        note(f"{layout.belt}: loading the new config into the running Caddy")
        loaded = caddy_admin.load(layout, asked.program, asked.config)
        return loaded or "it has just taken the new config"
    answer = readiness.http_status(asked.url)
    return answer if isinstance(answer, str) else None
