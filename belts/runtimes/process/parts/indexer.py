"""The Envio indexer of a belt: its code made, its seed proved, then kept running as one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from belts.envio.project import EnvioProject
from belts.envio.release import EnvioRelease
from belts.files import remove_tree
from belts.runtimes.process import lease_files, toolchain
from belts.runtimes.process.confine import users
from belts.runtimes.process.confine.cage import Cage
from belts.runtimes.process.database import owner, roles, rotation
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import generations, secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import engine, graphql, postgres, relay, tracked
from belts.runtimes.process.progress import Progress, note
from belts.runtimes.process.seed import (
    changed,
    handover,
    pinned,
    seed,
    seed_note,
    seeding,
    settled,
    sources,
    workspace,
)
from belts.runtimes.process.seed.seeding import Seeding
from belts.runtimes.process.seed.workspace import Workspace
from belts.runtimes.process.supervise import readiness, supervisor
from belts.runtimes.process.supervise.programs import Program, launch_file
from belts.runtimes.process.wire import neighbours
from belts.spec.engine import Engine
from belts.spec.indexer import Indexer, Profile
from belts.spec.postgres import Postgres

if TYPE_CHECKING:
    from belts.envio.change.change import Change

PROGRAM = "indexer"
READY_S = 90.0
ENDING_S, LOOK_EVERY_S = 30.0, 0.05
COMPRESSION = {Profile.BACKFILL: "on", Profile.STEADY: "off"}
"""Whether Postgres compresses what it writes ahead: catching up writes more than the disk may take."""


def apply(layout: Layout, request: Indexer) -> Mapping[str, Any]:
    held = _with_config_secrets(layout)
    database, served = neighbours.postgres(layout), neighbours.engine(layout)
    with postgres.connect(layout, database.port, held, database=postgres.DATABASE) as connection:
        owner.claim_database(connection, layout, held)
        known = seeding.of_database(connection)
        anew = known is not None and known.proved and request.seed > known.number
        if known is not None and anew:
            seed_note.refuse_unjudged(layout, known.number)
        pending = None if anew else _refuse_what_would_lose_data(layout, request, connection, known)
        roles.set_compression(connection, COMPRESSION[settled.profile_of(layout, request)])
        at = None if request.relay is None else relay.at(layout, request.relay)
        space = workspace.prepare(layout, request, own_env(request, held), held, relay=at)
        release = space.release
        if known is not None and known.proved and not anew:
            pinned.refuse_other_than_seeded(layout, release, known.version)
        known_sources = sources.refuse_other_chains(layout, request, space, own_env(request, held))
        if request.relay is not None:
            sources.refuse_unrelayed(layout, known_sources, space.upstreams)
            relay.converge(layout, request.relay, space.upstreams, held)
        cage = handover.hand(layout, request, space)
        # Its old password opens no new session from here on: it is restarted with the new one at once.
        held = rotation.renewed(connection, layout, held, generations.PARTS[PROGRAM], request.credentials)
        wanted = program(
            request,
            space,
            database,
            served,
            held,
            host=database_host(layout, database, release),
            place=postgres.place(connection),
            cage=cage,
        )
        if known is None or not known.proved or anew:
            project, kept = _read(request, space)
            changed.refuse_word_of_nothing(layout, request)
            seed_note.begin_seeding(layout)
            supervisor.remove(layout, {PROGRAM})
            tracked.forget(layout)
            seed_note.write(layout, request, seeding.STARTED, release.version)
            gate = seed.Gate(
                layout=layout,
                request=request,
                program=wanted,
                connection=connection,
                held=held,
                version=release.version,
                project=project,
                kept=kept,
                untracked=lambda: untracked(connection, served, held),
            )
            known = seed.prove(gate)
        elif pending is not None:
            known = _change(layout, request, space, connection, known=known, pending=pending)
        said = seeding.words(connection)
        seed_note.write(layout, request, seeding.PROVED, release.version, kept=known.kept, words=said)
        lease_files.seeded(layout.home)
        roles.converge(connection, held)
        supervisor.converge(layout, wanted)
        where = (served.graphql, engine.admin_secret(served, held))
        tracked.put_back(layout, *where)
        _wait_until_ready(layout, request, connection, held, lambda: untracked(connection, served, held))
        tracked.keep(layout, *where)
        roles.converge(connection, held)
    workspace.forget_others(layout, space)
    if request.relay is None:
        relay.remove(layout)
    return {
        "metrics": f"http://127.0.0.1:{request.port}{release.metrics.path}",
        "chains": sorted(known.chains),
        "chainTableOid": known.chain_table_oid,
        "version": known.version,
        "projectDigest": known.project,
        "schemaDigest": known.schema,
        "sources": sources.by_host(request, space, own_env(request, held)),
        "relay": relay.metrics(request.relay),
    }


def remove(layout: Layout) -> None:
    """The note of what was seeded stays with the database that it is about."""
    supervisor.remove(layout, {PROGRAM})
    relay.remove(layout)
    if (user := users.of(layout.home)) is not None:
        users.end_all(user)
    remove_tree(layout.of_part(PROGRAM))
    users.release(layout.home)
    if sockets.for_indexer(layout).is_dir():
        sockets.make(sockets.for_indexer(layout))  # its number may be another belt's next


def program(
    request: Indexer,
    space: Workspace,
    database: Postgres,
    served: Engine,
    held: Secrets,
    *,
    host: str,
    place: tuple[str, int],
    cage: Cage,
) -> Program:
    """Node on the generated code itself: `envio start` puts two parents between, which can die without it.

    Later releases have no such code, and put no parent between.
    """
    release = space.release
    guards = ("pinned", "loopback", "scram", *(["gauges"] if release.gauges else []))
    first = [launch_file().with_name(f"{name}.cjs") for name in guards]
    names = release.environment
    entry = release.entry if release.generates else str(space.home / workspace.MODULES / release.entry)
    return Program(
        name=PROGRAM,
        argv=(
            str(toolchain.node()),
            *(f"--require={file}" for file in (*first, *release.preload)),
            entry,
            *release.arguments,
        ),
        cwd=space.runs_in,
        user="namespace" if cage.user is None and cage.hidden else "same",
        cage=cage,
        env={
            **own_env(request, held),
            "HOME": str(space.home / handover.WORK),
            "TMPDIR": str(space.home / handover.WORK),
            "NODE_OPTIONS": f"--max-old-space-size={request.heap_mb}",
            "BELTS_DATABASE": f"{place[0]}/{place[1]}",
            "BELTS_DATABASE_HOST": host,
            "BELTS_DATABASE_PORT": str(database.port),
            "BELTS_ENVIO": release.version,
            "BELTS_RESEEDS": names.reseeds,
            names.host: host,
            names.port: str(database.port),
            names.user: "indexer",
            **dict.fromkeys(names.passwords, held["indexer"]),
            names.database: postgres.DATABASE,
            names.tls: "false",
            names.indexer_port: str(request.port),
            names.metadata: _metadata_url(served.graphql),
            names.admin_secret: engine.admin_secret(served, held),
            names.response_limit: str(served.response_limit),
            **dict(names.plain_log),
            **({names.config: space.config} if names.config else {}),
        },
        stop_wait_s=10,
        priority=400,
    )


def database_host(layout: Layout, database: Postgres, release: EnvioRelease) -> str:
    """The folder of its own socket, where its release can be told one."""
    if release.takes_sockets:
        return str(sockets.for_indexer(layout))
    if database.tcp:
        return postgres.LOOPBACK
    raise Refused(
        f"{layout.belt}: its indexer cannot come to its database",
        expected=f"a Postgres that listens on TCP, as Envio {release.version} takes no socket for its host",
        seen="one that listens at sockets alone",
        now="set `tcp: true` in the `postgres` of the belt's stack",
    )


def untracked(connection: psycopg.Connection[Any], served: Engine, held: Secrets) -> str | None:
    """What consumers should be able to query and cannot, in words.

    An indexer that fails to tell the engine of its tables only logs it, indexes on, and never tries again.
    """
    seen = graphql.served(served.graphql, engine.admin_secret(served, held), role=engine.PUBLIC_ROLE)
    if isinstance(seen, str):
        return f"the engine cannot be asked what it serves: {seen}"
    missing = [name for name in roles.entities(connection) if name not in seen]
    return f"the engine does not serve {', '.join(missing)}" if missing else None


def _metadata_url(graphql: str) -> str:
    where = urlsplit(graphql)
    return urlunsplit(where._replace(path=where.path.removesuffix("/graphql") + "/metadata"))


def _with_config_secrets(layout: Layout) -> Secrets:
    """Variables that are secret, such as an RPC's key, are kept: the belt must come back by itself.

    Whoever tells any tells all: one that was there before, as of an update that failed, is forgotten.
    """
    if not secrets.are_told():
        return secrets.ensure(layout)
    told = {name: value for name, value in secrets.from_config().items() if name.isupper()}
    return secrets.keep_variables(layout, told)


def own_env(request: Indexer, held: Secrets) -> dict[str, str]:
    return {**request.environment, **held.variables}


def _read(request: Indexer, space: Workspace) -> tuple[EnvioProject, dict[str, Any]]:
    """The project that was asked for, and what is kept of it: its texts as they lie in the workspace.

    Nobody edits them there. Which of its files decide is told by where it comes from: generated code is none.
    """
    from belts.envio.change import kept  # noqa: PLC0415 -- needed for a seed or a change, and for no restart

    project = workspace.read(request, request.project)
    return project, kept.written(kept.of(replace(project, directory=space.project)))


def _change(
    layout: Layout,
    request: Indexer,
    space: Workspace,
    connection: psycopg.Connection[Any],
    *,
    known: Seeding,
    pending: Change,
) -> Seeding:
    """Carries a change out in place: what the belt has from here on, written down before it runs.

    Where rows depend on it, the indexer is ended first, so that the heights are those that the old project
    reaches to, and whoever is cut off after that leaves nothing that starts the old one again. A change that
    may not be made at these heights any more leaves it running as it was.
    """
    from belts.envio.change.rules import Class  # noqa: PLC0415 -- as above

    project, kept = _read(request, space)
    heights: dict[int, int] = {}
    decides, allowed = pending.kind > Class.FREE, False
    if decides:
        try:
            supervisor.rest(layout, PROGRAM)
            _wait_until_alone(layout, connection)
            heights = seeding.heights(connection)
            has = changed.Known(digest=known.digest, kept=known.kept, words=seeding.words(connection))
            pending = (
                changed.judged(layout, request, has, project, _reached(connection, known, heights)) or pending
            )
            allowed = True
        finally:
            if not allowed:
                supervisor.wake(layout, PROGRAM)
    after = replace(known, digest=request.digest, kept=kept)
    if decides and not lease_files.holding(layout.home):
        after = replace(after, project=project.digest, schema=project.schema_digest)
    seeding.change(connection, after, pending, heights)
    note(changed.words(layout.belt, pending, heights))
    return after


def _wait_until_alone(layout: Layout, connection: psycopg.Connection[Any]) -> None:
    """Until the indexer's last transaction has ended: what it commits late is above heights read before."""
    progress = Progress(f"{layout.belt}: indexer: ending its sessions")
    while left := seeding.sessions(connection):
        if progress.elapsed > ENDING_S:
            raise Refused(
                f"{layout.belt}: its indexer has ended, and its database still works for it",
                expected=f"no session of it after {ENDING_S:.0f} s",
                seen=f"{left} of them",
                now="run the same again",
            )
        progress.at(f"{left} left")
        time.sleep(LOOK_EVERY_S)


def _refuse_what_would_lose_data(
    layout: Layout, request: Indexer, connection: psycopg.Connection[Any], known: Seeding | None
) -> Change | None:
    """Refuses it; the change of the project that is to be carried out in place, if there is one."""
    if known is None and not seeding.is_empty(connection):
        raise Refused(
            f"{layout.belt}: its database holds tables that no seeding of this belt made",
            expected=f"an empty schema {seeding.SCHEMA!r} before the first seed",
            seen="tables, and no record of a seeding",
            now="bring up a fresh belt under another name; this command never clears data it does not know",
        )
    if known is None or not known.proved:
        return None
    if request.seed < known.number:
        raise Refused(
            f"{layout.belt}: the number of its seed is lower than the one that it has",
            expected=f"{known.number}, or a higher one to seed it anew",
            seen=str(request.seed),
            now=f"`pulumi config set seed {known.number} --stack {layout.belt}`, then run the same again",
        )
    seen = seeding.chains_in(connection)
    wanted = frozenset(request.chains if request.digest == known.digest else known.chains)
    if seeding.chain_table_oid(connection) != known.chain_table_oid or seen != wanted:
        raise Refused(
            f"{layout.belt}: its database is not what was proved when it was seeded",
            expected=f"the chain table of that seed, with the chains {sorted(wanted)}",
            seen=f"chains {sorted(seen) if seen is not None else 'none, the table is gone'}",
            now="somebody cleared or reseeded it by hand: bring up a fresh belt under another name",
        )
    has = changed.Known(digest=known.digest, kept=known.kept, words=seeding.words(connection))
    heights = seeding.heights(connection)
    return changed.judged(layout, request, has, None, _reached(connection, known, heights))


def _reached(
    connection: psycopg.Connection[Any], known: Seeding, heights: Mapping[int, int]
) -> changed.Reached:
    return changed.Reached(heights=heights, registered=seeding.registered(connection, known.version))


def _wait_until_ready(
    layout: Layout,
    request: Indexer,
    connection: psycopg.Connection[Any],
    held: Secrets,
    untracked: Callable[[], str | None],
) -> None:
    wanted = frozenset(request.chains)

    def probe() -> str | None:
        seen, spoken_of = seeding.chains_in(connection), seed.chains_spoken_of(request.port)
        if seen == spoken_of == wanted:
            return untracked()
        return f"{len(spoken_of)} of {len(wanted)} chains in its metrics"

    readiness.wait(
        layout,
        PROGRAM,
        probe,
        expected=f"metrics of the chains {sorted(wanted)} on port {request.port}, and all tables served",
        deadline_s=READY_S,
        secrets=held,
    )
