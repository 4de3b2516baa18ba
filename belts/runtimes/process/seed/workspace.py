"""The place an indexer runs in: a copy of the Envio project with its code generated, made once.

Another digest, or another variable that the generated code holds, is another place.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from belts.envio.project import EnvioProject
from belts.envio.release import GENERATED
from belts.files import private_dir, remove_tree, write_private
from belts.locks import locked
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.progress import Progress, note
from belts.runtimes.process.seed import pinned
from belts.runtimes.process.supervise import identity
from belts.runtimes.process.supervise.programs import BASE_ENVIRONMENT, Program
from belts.spec.indexer import Indexer

PART = "indexer"
NOT_COPIED = (GENERATED, "node_modules", ".git", ".env", "__pycache__")
WHOLE = "whole"

# Codegen wants pnpm, and fetches one when there is none. The packages are there, pinned by our own lock file.
# It compiles those that need it where they lie, and again whenever they are reached by another path.
PNPM = """#!/bin/sh
case "$1" in
  --version) echo 10.0.0 ;;
  install) ;;
  rescript) shift; NODE_PATH="{modules}" exec "{modules}/.bin/rescript" "$@" ;;
  *) echo "unexpected: pnpm $*" >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    home: Path

    @property
    def project(self) -> Path:
        return self.home / "project"


def prepare(layout: Layout, request: Indexer, env: Mapping[str, str], held: Secrets) -> Workspace:
    space = Workspace(home=layout.of_part(PART) / _key(request, env))
    if (space.home / WHOLE).exists():
        return space
    progress = Progress(f"{layout.belt}: indexer")
    note(f"{layout.belt}: indexer: generating the code of {request.project.name}/{request.config}")
    remove_tree(space.home)
    _copy(layout, request, space)
    _generate(layout, request, space, env, held)
    write_private(space.home / WHOLE, "")
    note(f"{layout.belt}: indexer: its code is generated ({progress.elapsed:.0f} s)")
    return space


def forget_others(layout: Layout, kept: Workspace) -> None:
    """Places that no program runs in any more."""
    for place in layout.of_part(PART).iterdir():
        if place.is_dir() and place != kept.home:
            remove_tree(place)


def _key(request: Indexer, env: Mapping[str, str]) -> str:
    told = json.dumps([request.digest, request.config, pinned.installed().version, sorted(env.items())])
    return f"{request.digest[:12]}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _copy(layout: Layout, request: Indexer, space: Workspace) -> None:
    if not (request.project / request.config).is_file():
        raise Refused(
            f"the Envio project {request.project} cannot be used",
            expected=f"a file {request.config} in it",
            seen="no such file" if request.project.is_dir() else "no such directory",
            now="correct `project` and `config` in the stack's config",
        )
    private_dir(space.home)
    shutil.copytree(request.project, space.project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    _refuse_other_than_asked(layout, request, space)
    (space.project / "node_modules").mkdir()
    (space.project / "node_modules" / GENERATED).symlink_to(f"../{GENERATED}")


def _refuse_other_than_asked(layout: Layout, request: Indexer, space: Workspace) -> None:
    """Looks at the copy: what is run is then what was asked for, whatever is edited meanwhile."""
    pinned.refuse_other_than_pinned(layout, read(request, space.project).version)


def read(request: Indexer, project: Path) -> EnvioProject:
    """The project in a directory, which has to be the one that was asked for."""
    from belts import envio  # noqa: PLC0415 -- needed once in a workspace's life

    found, seen = None, ""
    try:
        found = envio.read(project, request.config)
        seen = found.digest
    except envio.ProjectInvalid as mistake:
        seen = mistake.seen
    if found is None or seen != request.digest:
        raise Refused(
            f"the Envio project {request.project} is not the one that was asked for",
            expected=f"digest {request.digest}",
            seen=seen,
            now="it was changed after it was read: run `pulumi up` again",
        )
    return found


def _generate(
    layout: Layout, request: Indexer, space: Workspace, env: Mapping[str, str], held: Secrets
) -> None:
    shim = private_dir(space.home / "bin") / "pnpm"
    write_private(shim, PNPM.format(modules=toolchain.modules()))
    shim.chmod(0o700)
    path = f"{shim.parent}:{toolchain.node().parent}:{BASE_ENVIRONMENT['PATH']}"
    program = Program(
        name="codegen",
        argv=(str(toolchain.envio()), "codegen", "--config", request.config),
        cwd=space.project,
        env={**env, "PATH": path},
    )
    # Codegen compiles packages where they lie, so two belts at once would write the same files.
    with locked(toolchain.modules() / ".belts-codegen.lock"):
        done = identity.run_tool(layout, program)
    if done.returncode != 0 or not (space.project / GENERATED).is_dir():
        raise Refused(
            f"{layout.belt}: the indexer's code cannot be generated from {request.config}",
            expected="`envio codegen` to end with 0",
            seen=f"it ended with {done.returncode}",
            now="correct the Envio project, and run the same again",
            log_tail=held.redact(done.stdout[-3000:]),
        )
    (space.home / "node_modules").symlink_to(toolchain.modules())
