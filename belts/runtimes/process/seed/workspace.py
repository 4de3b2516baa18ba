"""The place an indexer runs in: a copy of what decides in its Envio project, with its code generated, once.

What does not count in the digest is not there: no code may depend on it unseen.
Another digest, or another variable that the generated code holds, is another place.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from belts.envio.lock import FILE as LOCK
from belts.envio.lock import Lock, lock_of
from belts.envio.package import FILE as PACKAGE
from belts.envio.package import package as read_package
from belts.envio.project import EnvioProject
from belts.envio.relayed import NotRelayed, relayed
from belts.envio.release import GENERATED, EnvioRelease
from belts.files import private_dir, remove_tree, write_private
from belts.locks import locked
from belts.provider.routes import Upstream
from belts.reading.mistakes import Mistake
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.progress import Progress, note
from belts.runtimes.process.seed import packages
from belts.runtimes.process.supervise import identity
from belts.runtimes.process.supervise.programs import BASE_ENVIRONMENT, Program
from belts.spec.indexer import Indexer

PART = "indexer"
PROJECT, RUN = "project", "run"
RELAYED = "belts-relayed.yaml"
"""The config by which an indexer asks its relay, beside the one that was asked for."""
MODULES = "node_modules"
WHOLE = "whole"

# Codegen wants pnpm, and fetches one when there is none. The packages are there, by the project's lock.
# It compiles those that need it where they lie, and again whenever they are reached by another path.
PNPM = """#!/bin/sh
case "$1" in
  --version) echo 10.0.0 ;;
  install) ;;
  rescript) shift; NODE_PATH="{own}:{modules}" exec "{node}" "{modules}/rescript/rescript" "$@" ;;
  *) echo "unexpected: pnpm $*" >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """`packages` is where those of its lock are installed."""

    home: Path
    packages: Path
    release: EnvioRelease
    config: str = "config.yaml"
    """The one that the code is made of."""
    upstreams: tuple[Upstream, ...] = ()
    """What stands behind the relay that this config names, if it does."""

    @property
    def project(self) -> Path:
        return self.home / PROJECT

    @property
    def runs_in(self) -> Path:
        """The project; where the release makes its code at each start, a copy that it may write to."""
        return self.project if self.release.generates else self.home / RUN

    @property
    def modules(self) -> Path:
        return self.packages / MODULES

    @property
    def own_modules(self) -> Path:
        """What the generated code alone has in another version."""
        return self.packages / GENERATED / MODULES


def prepare(
    layout: Layout,
    request: Indexer,
    env: Mapping[str, str],
    held: Secrets,
    *,
    relay: Callable[[int], str] | None = None,
) -> Workspace:
    """With a relay, the code is made of a config that leads to it: `relay` says where, by number."""
    home = layout.of_part(PART) / _key(request, env, relay)
    made = (home / WHOLE).exists()
    if not made:
        remove_tree(home)
        copy(request, home)
    lock, release = _locked(home / PROJECT, request, made=made)
    kept = packages.installed(layout, home / PROJECT, lock, settings=request.project)
    config, upstreams = (
        (request.config, ()) if relay is None else _relayed(layout, request, home / PROJECT, env, relay)
    )
    space = Workspace(home=home, packages=kept, release=release, config=config, upstreams=upstreams)
    if not made and release.generates:
        progress = Progress(f"{layout.belt}: indexer")
        note(f"{layout.belt}: indexer: generating the code of {request.project.name}/{request.config}")
        generate(layout, request, space, env, held)
        _refuse_other_dependencies(layout, space, lock)
        note(f"{layout.belt}: indexer: its code is generated ({progress.elapsed:.0f} s)")
    write_private(home / WHOLE, "")
    lead(home / MODULES, space.modules)
    if space.own_modules.is_dir():
        lead(space.project / GENERATED / MODULES, space.own_modules)
    return space


def lead(link: Path, to: Path) -> None:
    """The same packages may lie in another checkout since."""
    if link.is_symlink() and link.readlink() == to:
        return
    remove_tree(link)
    link.symlink_to(to)


def forget_others(layout: Layout, kept: Workspace) -> None:
    """Places that no program runs in any more."""
    for place in layout.of_part(PART).iterdir():
        if place.is_dir() and place != kept.home:
            remove_tree(place)


def _key(request: Indexer, env: Mapping[str, str], relay: Callable[[int], str] | None) -> str:
    where = [] if relay is None else [relay(0)]
    told = json.dumps([request.digest, request.config, sorted(env.items()), *where])
    return f"{request.digest[:12]}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def copy(request: Indexer, home: Path) -> None:
    """What decides of the project: no token of a registry is among that."""
    if not (request.project / request.config).is_file():
        raise Refused(
            f"the Envio project {request.project} cannot be used",
            expected=f"a file {request.config} in it",
            seen="no such file" if request.project.is_dir() else "no such directory",
            now="correct `project` and `config` in the stack's config",
        )
    found = read(request, request.project)
    private_dir(home)
    for name in found.files:
        place = home / PROJECT / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(request.project / name, place)


def _relayed(
    layout: Layout, request: Indexer, project: Path, env: Mapping[str, str], relay: Callable[[int], str]
) -> tuple[str, tuple[Upstream, ...]]:
    """Written beside the config that was asked for, which stays what changes are compared with."""
    try:
        text, upstreams = relayed((project / request.config).read_text("utf-8"), env, at=relay)
    except NotRelayed as why:
        raise Refused(
            f"{layout.belt}: its indexer cannot be led through a relay",
            expected=f"an HTTP URL at every RPC of {request.config}",
            seen=str(why),
            now="give the chain an RPC over HTTP, or take `indexer.relay` out of the belt's stack",
        ) from why
    file = project / RELAYED
    if not file.is_file() or file.read_text("utf-8") != text:  # once it was handed over it stays as it lies
        write_private(file, text)
    return RELAYED, upstreams


def _locked(project: Path, request: Indexer, *, made: bool) -> tuple[Lock, EnvioRelease]:
    """Looks at the copy: what is run is then what was asked for, whatever is edited meanwhile."""
    if not made:
        read(request, project)
    mistakes: list[Mistake] = []
    file = project / PACKAGE
    package = read_package(file.read_text() if file.is_file() else None, mistakes)
    lock = lock_of(project, package.release, mistakes)
    if lock is None or package.release is None:
        raise _another(request, "; ".join(map(str, mistakes)))
    return lock, package.release


def read(request: Indexer, project: Path) -> EnvioProject:
    """The project in a directory, which has to be the one that was asked for."""
    from belts import envio  # noqa: PLC0415 -- needed once in a workspace's life

    try:
        found = envio.read(project, request.config)
    except envio.ProjectInvalid as mistake:
        raise _another(request, mistake.seen) from mistake
    if found.digest != request.digest:
        raise _another(request, found.digest)
    return found


def _another(request: Indexer, seen: str) -> Refused:
    return Refused(
        f"the Envio project {request.project} is not the one that was asked for",
        expected=f"digest {request.digest}",
        seen=seen,
        now="it was changed after it was read: run `pulumi up` again",
    )


def generate(
    layout: Layout, request: Indexer, space: Workspace, env: Mapping[str, str], held: Secrets
) -> None:
    (space.project / MODULES).mkdir()
    (space.project / MODULES / GENERATED).symlink_to(f"../{GENERATED}")
    node = toolchain.node()
    shim = private_dir(space.home / "bin") / "pnpm"
    write_private(shim, PNPM.format(own=space.own_modules, modules=space.modules, node=node))
    shim.chmod(0o700)
    path = f"{shim.parent}:{node.parent}:{BASE_ENVIRONMENT['PATH']}"
    program = Program(
        name="codegen",
        argv=(str(_envio(space)), "codegen", "--config", space.config),
        cwd=space.project,
        env={**env, "PATH": path},
    )
    # Codegen compiles packages where they lie, so two belts at once would write the same files.
    with locked(space.packages / "codegen.lock"):
        done = identity.run_tool(layout, program)
    if done.returncode != 0 or not (space.project / GENERATED).is_dir():
        raise Refused(
            f"{layout.belt}: the indexer's code cannot be generated from {request.config}",
            expected="`envio codegen` to end with 0",
            seen=f"it ended with {done.returncode}",
            now="correct the Envio project, and run the same again",
            log_tail=held.redact(done.stdout[-3000:]),
        )


def _envio(space: Workspace) -> Path:
    """The compiled `envio`; the script beside it only starts this one."""
    for place in (space.modules, space.modules / "envio" / MODULES):
        program = place / packages.builds("envio") / "bin" / "envio"
        if program.is_file():
            return program
    raise Refused(
        "the program that generates an indexer's code is not there",
        expected=f"{packages.builds('envio')} among the packages of its project",
        seen=f"none in {space.modules}: to npm it is optional, so that a failed download passes silently",
        now="see that the lock file names it, remove that folder, and run the same again",
    )


def _refuse_other_dependencies(layout: Layout, space: Workspace, lock: Lock) -> None:
    """What the generated code runs is what the lock says, too."""
    file = space.project / GENERATED / PACKAGE
    wanted = json.loads(file.read_text()).get("dependencies", {})
    if wanted != lock.generated_needs:
        others = {*wanted.items()} ^ {*lock.generated_needs.items()}
        raise Refused(
            f"{layout.belt}: {LOCK} is not of the code that Envio generates of its project",
            expected=f"what {GENERATED}/{PACKAGE} depends on in it",
            seen=f"another of {', '.join(sorted({name for name, _ in others}))}",
            now="in the project, `npx envio codegen && npm install`, and keep the lock file that it writes",
        )
