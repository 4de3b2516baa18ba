"""Makes a job from a resource's inputs and its last output, and runs it on the right host."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.command_plugin import globs, local
from tools.command_plugin.enginelog import EngineLog
from tools.command_plugin.guard import Guard
from tools.command_plugin.output import Output
from tools.command_plugin.values import Properties, Value, holds_secret, plain

STDOUT = "PULUMI_COMMAND_STDOUT"
STDERR = "PULUMI_COMMAND_STDERR"


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What every job shares: Pulumi's log, the guard, and the environment that Pulumi gave us."""

    log: EngineLog
    guard: Guard
    environment: Mapping[str, str]


class Runner(Protocol):
    """Runs the command in one input, and returns the outputs of the run."""

    async def __call__(
        self, world: World, urn: str, verb: str, inputs: Properties, last: Output
    ) -> Properties: ...


async def run_here(world: World, urn: str, verb: str, inputs: Properties, last: Output) -> Properties:
    """Run the command on this machine."""
    given = plain(inputs)
    out, err = world.log.streams(urn, given.get("logging"))
    directory = Path(given["dir"]) if "dir" in given else None
    output = await local.run(
        local.Job(
            command=given[verb],
            shown=_shown(inputs[verb]),
            environment={**world.environment, **given.get("environment", {}), **_previous(given, last)},
            stdin=given.get("stdin"),
            out=out,
            err=err,
            interpreter=given.get("interpreter") or local.SHELL,
            directory=directory,
        ),
        world.guard,
    )
    made: Properties = {"stdout": output.stdout, "stderr": output.stderr}
    where = directory or Path.cwd()
    if "assetPaths" in given:
        made["assets"] = globs.assets(where, given["assetPaths"])
    if "archivePaths" in given:
        made["archive"] = globs.archive(where, given["archivePaths"])
    return made


async def run_there(world: World, urn: str, verb: str, inputs: Properties, last: Output) -> Properties:
    """Run the command on the host that the connection names."""
    # Imported late: it is half of each start of the plugin, and few stacks run commands on other hosts.
    from tools.command_plugin import remote  # noqa: PLC0415

    given = plain(inputs)
    out, err = world.log.streams(urn, given.get("logging"))
    output = await remote.run(
        remote.Job(
            command=given[verb],
            shown=_shown(inputs[verb]),
            connection=remote.connection(given["connection"], world.environment.get("SSH_AUTH_SOCK")),
            environment=given.get("environment", {}),
            wished=_previous(given, last),
            stdin=given.get("stdin"),
            out=out,
            err=err,
            say=world.log.line(urn),
            warn=lambda text: world.log.warning(urn, text),
        )
    )
    return {"stdout": output.stdout, "stderr": output.stderr}


def _previous(given: Properties, last: Output) -> dict[str, str]:
    if not given.get("addPreviousOutputInEnv", True):
        return {}
    return {name: text for name, text in ((STDOUT, last.stdout), (STDERR, last.stderr)) if text}


def _shown(command: Value) -> str:
    return "[secret]" if holds_secret(command) else json.dumps(plain(command), ensure_ascii=False)


def inherited() -> dict[str, str]:
    """The environment that Pulumi gave us, without the `LC_CTYPE` that the interpreter may add to it."""
    given = Path("/proc/self/environ")
    if not given.exists():
        return dict(os.environ)
    pairs = (entry.partition("=") for entry in os.fsdecode(given.read_bytes()).split("\0"))
    return {name: value for name, found, value in pairs if found}
