"""The Envio indexer of a belt: its code made, its seed proved, then kept running as one process."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from belts.envio.release import EnvioRelease
from belts.files import remove_tree
from belts.runtimes.process import toolchain
from belts.runtimes.process.confine import users
from belts.runtimes.process.confine.cage import Cage
from belts.runtimes.process.database import owner, roles, rotation
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import generations, secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import engine, graphql, postgres
from belts.runtimes.process.seed import handover, pinned, seed, seed_note, seeding, sources, workspace
from belts.runtimes.process.seed.seeding import Seeding
from belts.runtimes.process.seed.workspace import Workspace
from belts.runtimes.process.supervise import readiness, supervisor
from belts.runtimes.process.supervise.programs import Program, launch_file
from belts.runtimes.process.wire import neighbours
from belts.spec.engine import Engine
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres

PROGRAM = "indexer"
READY_S = 90.0
COMPRESSION = {"backfill": "on", "steady": "off"}
"""Whether Postgres compresses what it writes ahead: catching up writes more than the disk may take."""


def apply(layout: Layout, request: Indexer) -> Mapping[str, Any]:
    release = pinned.installed()
    held = _with_config_secrets(layout)
    database, served = neighbours.postgres(layout), neighbours.engine(layout)
    with postgres.connect(layout, database.port, held, database=postgres.DATABASE) as connection:
        owner.claim_database(connection, layout, held)
        known = seeding.of_database(connection)
        _refuse_what_would_lose_data(layout, request, connection, known)
        roles.set_compression(connection, COMPRESSION[request.profile])
        space = workspace.prepare(layout, request, own_env(request, held), held)
        sources.refuse_other_chains(layout, request, space, own_env(request, held))
        cage = handover.hand(layout, request, space)
        # Its old password opens no new session from here on: it is restarted with the new one at once.
        held = rotation.renewed(connection, layout, held, generations.PARTS[PROGRAM], request.credentials)
        wanted = program(
            request,
            space,
            database,
            served,
            held,
            release=release,
            host=database_host(layout, database, release),
            place=postgres.place(connection),
            cage=cage,
        )
        if known is None or not known.proved:
            seed_note.refuse_seeding(layout)
            supervisor.remove(layout, {PROGRAM})
            seed_note.write(layout, request, seeding.STARTED, release.version)
            gate = seed.Gate(
                layout=layout,
                request=request,
                program=wanted,
                connection=connection,
                held=held,
                version=release.version,
                untracked=lambda: untracked(connection, served, held),
            )
            known = seed.prove(gate)
        seed_note.write(layout, request, seeding.PROVED, release.version)
        roles.converge(connection, held)
        supervisor.converge(layout, wanted)
        _wait_until_ready(layout, request, connection, held, lambda: untracked(connection, served, held))
        roles.converge(connection, held)
    workspace.forget_others(layout, space)
    return {
        "metrics": f"http://127.0.0.1:{request.port}{release.metrics.path}",
        "chains": sorted(known.chains),
        "chainTableOid": known.chain_table_oid,
        "version": known.version,
        "sources": sources.by_host(request, space, own_env(request, held)),
    }


def remove(layout: Layout) -> None:
    """The note of what was seeded stays with the database that it is about."""
    supervisor.remove(layout, {PROGRAM})
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
    release: EnvioRelease,
    host: str,
    place: tuple[str, int],
    cage: Cage,
) -> Program:
    """Node on the generated code itself: `envio start` puts two parents between, which can die without it."""
    first = [launch_file().with_name(f"{name}.cjs") for name in ("pinned", "loopback", "scram", "gauges")]
    names = release.environment
    return Program(
        name=PROGRAM,
        argv=(str(toolchain.node()), *(f"--require={file}" for file in first), release.entry),
        cwd=space.project,
        cage=cage,
        env={
            **own_env(request, held),
            "HOME": str(space.home / handover.WORK),
            "TMPDIR": str(space.home / handover.WORK),
            "NODE_OPTIONS": f"--max-old-space-size={request.heap_mb}",
            "BELTS_PROFILE": request.profile,
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


def _refuse_what_would_lose_data(
    layout: Layout, request: Indexer, connection: psycopg.Connection[Any], known: Seeding | None
) -> None:
    if known is None and not seeding.is_empty(connection):
        raise Refused(
            f"{layout.belt}: its database holds tables that no seeding of this belt made",
            expected=f"an empty schema {seeding.SCHEMA!r} before the first seed",
            seen="tables, and no record of a seeding",
            now="bring up a fresh belt under another name; this command never clears data it does not know",
        )
    if known is None or not known.proved:
        return
    seed_note.refuse_other_digest(layout, request, known.digest)
    pinned.refuse_other_than_seeded(layout, known.version)
    seen = seeding.chains_in(connection)
    if seeding.chain_table_oid(connection) != known.chain_table_oid or seen != frozenset(request.chains):
        raise Refused(
            f"{layout.belt}: its database is not what was proved when it was seeded",
            expected=f"the chain table of that seed, with the chains {sorted(request.chains)}",
            seen=f"chains {sorted(seen) if seen is not None else 'none, the table is gone'}",
            now="somebody cleared or reseeded it by hand: bring up a fresh belt under another name",
        )


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
