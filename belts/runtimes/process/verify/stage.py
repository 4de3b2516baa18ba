"""A place for one release: real chains, a Postgres and an engine of its own, which all go when it ends."""

import hashlib
import json
import shutil
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from belts.envio.lock import Lock, lock_of
from belts.envio.release import GENERATED, EnvioRelease
from belts.envio.verify.sample_project import CONFIG, Sample
from belts.files import private_dir, remove_tree, write_private
from belts.locks import locked
from belts.reading.mistakes import Mistake
from belts.runtimes.process import toolchain, verbs
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import host_identity, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import engine, indexer, postgres
from belts.runtimes.process.progress import note
from belts.runtimes.process.seed import handover, packages, workspace
from belts.runtimes.process.seed.workspace import Workspace
from belts.runtimes.process.supervise.programs import Program
from belts.runtimes.process.verify.local_chain import Chain
from belts.runtimes.process.wire import neighbours, request
from belts.spec.indexer import Indexer

BELT, CHAINS = "verify", "chains"
INDEXED, OTHER = (1, 10), 8453
"""The chains that the sample has, and one that a change of it adds."""
BLOCK_S = 1
EVENTS = 2_000
HEAP_MB = 1024
SMALL = {"sharedBuffersMb": 64, "maxConnections": 40, "memoryMb": 256}


@dataclass(kw_only=True, slots=True)
class Stage:
    """All that the steps look at. Its `connection` is another one after its Postgres was killed."""

    root: Path
    release: EnvioRelease
    project: Path
    """It pins the release, and its lock names what is installed."""
    packages: Path
    chains: Mapping[int, Chain]
    port: int
    connection: psycopg.Connection[Any]
    kills: int
    drawn: int
    """By this the moments of the kills are drawn: the same number draws the same again."""

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root, belt=BELT)

    @property
    def sample(self) -> Sample:
        return Sample(chains=INDEXED)

    @property
    def graphql(self) -> tuple[str, str]:
        """Where the engine is asked, and by which secret."""
        served = neighbours.engine(self.layout)
        return served.graphql, engine.admin_secret(served, secrets.ensure(self.layout))

    @property
    def log(self) -> Path:
        return self.layout.log(indexer.PROGRAM)

    def of(self, chain: int) -> Chain:
        return self.chains[chain]

    def reconnect(self) -> None:
        """To a Postgres that was killed, and is back."""
        self.connection.close()
        self.connection = _connected(self.layout)

    def program(self, sample: Sample) -> Program:
        """What a belt's host would run of it; its code is generated where there is none yet."""
        asked, held = self._asked(), secrets.ensure(self.layout)
        space = self._space(sample, asked)
        served, database = neighbours.engine(self.layout), neighbours.postgres(self.layout)
        return indexer.program(
            asked,
            space,
            database,
            served,
            held,
            host=indexer.database_host(self.layout, database, self.release),
            place=postgres.place(self.connection),
            cage=handover.hand(self.layout, asked, space),
        )

    def _space(self, sample: Sample, asked: Indexer) -> Workspace:
        home = self.layout.of_part(workspace.PART) / hashlib.sha256(repr(sample).encode()).hexdigest()[:12]
        space = Workspace(home=home, packages=self.packages, release=self.release)
        if (home / workspace.WHOLE).exists():
            return space
        remove_tree(home)
        private_dir(home)
        sample.write(self.release, self.project, space.project)
        if self.release.generates:
            workspace.generate(self.layout, asked, space, asked.environment, secrets.ensure(self.layout))
        workspace.lead(home / workspace.MODULES, space.modules)
        if space.own_modules.is_dir():
            workspace.lead(space.project / GENERATED / workspace.MODULES, space.own_modules)
        write_private(home / workspace.WHOLE, "")
        return space

    def _asked(self) -> Indexer:
        return Indexer(
            project=self.project,
            config=CONFIG,
            digest="",
            chains=INDEXED,
            port=self.port,
            heap_mb=HEAP_MB,
            environment={f"BELTS_RPC_{chain.id}": chain.url for chain in self.chains.values()},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which release is to be looked at, and how."""

    release: EnvioRelease
    project: Path
    kills: int
    drawn: int
    installed: bool
    """Whether what lies in the project's own modules is run, such as a checkout that somebody has built."""


@contextmanager
def up(root: Path, wanted: Wanted) -> Iterator[Stage]:
    """Brought up, and whatever happens taken down: also what a run that was killed has left there."""
    private_dir(root)
    with locked(root / "lock", busy=lambda: note("another run verifies this release; it is waited for")):
        _down(root)
        try:
            yield _brought_up(root, wanted)
        finally:
            note("taking chains and belt down")
            with _undisturbed():
                _down(root)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Who is impatient, and interrupts once more, would leave things running."""
    before = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _brought_up(root: Path, wanted: Wanted) -> Stage:
    layout, project = Layout(root=root, belt=BELT), wanted.project
    lock = None if wanted.installed else _lock(project, wanted.release)
    ids = (*INDEXED, OTHER)
    *rpc, database, served, metrics = _ports(len(ids) + 3)
    _apply(root, BELT, "postgres", port=database, **SMALL)
    kept = project if lock is None else packages.installed(layout, project, lock)
    chains = [{"id": chain, "port": port, "blockTime": BLOCK_S} for chain, port in zip(ids, rpc, strict=True)]
    traffic = {"project": str(toolchain.CHECKOUT / "examples"), "events": EVENTS, "seed": 7}
    found = _apply(root, CHAINS, CHAINS, chains=chains, traffic={**traffic, "readyDeadlineSeconds": 300})
    _apply(root, BELT, "engine", port=served, memoryMb=256)
    return Stage(
        root=root,
        release=wanted.release,
        project=project,
        packages=kept,
        chains={int(chain): Chain(id=int(chain), url=url) for chain, url in found["rpc"].items()},
        port=metrics,
        connection=_connected(layout),
        kills=wanted.kills,
        drawn=wanted.drawn,
    )


def _connected(layout: Layout) -> psycopg.Connection[Any]:
    port = neighbours.postgres(layout).port
    return postgres.connect(layout, port, secrets.ensure(layout), database=postgres.DATABASE)


def _lock(project: Path, release: EnvioRelease) -> Lock:
    """What is installed is by its lock, as for a belt; of a known release, the tools that were verified."""
    mistakes: list[Mistake] = []
    lock = lock_of(project, release, mistakes)
    if lock is None or mistakes:
        raise Refused(
            f"the packages of {project} cannot be installed by its lock",
            expected=f"the lock file of a project that pins Envio {release.version}",
            seen="\n".join(map(str, mistakes)),
            now="`npx envio codegen && npm install` there, then run the same again",
        )
    return lock


def _apply(root: Path, belt: str, part: str, **fields: Any) -> Mapping[str, Any]:
    asked = {"version": request.VERSION, "part": part, "root": str(root), "belt": belt, **fields}
    return verbs.apply(request.parse(json.dumps(asked)))


def _down(root: Path) -> None:
    """Ends what runs there and removes it, the log apart; an indexer dies with the run that started it."""
    for belt in (BELT, CHAINS):
        layout = Layout(root=root, belt=belt)
        if layout.home.is_dir():
            if layout.log(indexer.PROGRAM).is_file():
                shutil.copy(layout.log(indexer.PROGRAM), root / "indexer.log")
            verbs.remove_belt(layout, everybody=True)
            layout.lock.unlink(missing_ok=True)
    host_identity.file_of(root).unlink(missing_ok=True)


def _ports(count: int) -> list[int]:
    """Free ones; nobody is given the same before all of them are known."""
    taken = [socket.socket() for _ in range(count)]
    try:
        for each in taken:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in taken]
    finally:
        for each in taken:
            each.close()
