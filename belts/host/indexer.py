"""The Envio indexer of a belt: its code made, its seed proved, then kept running as one process."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from belts import parts
from belts.host import (
    engine,
    generations,
    graphql,
    launch,
    neighbours,
    owner,
    postgres,
    readiness,
    roles,
    rotation,
    secrets,
    seed,
    seed_note,
    seeding,
    supervisor,
    workspace,
)
from belts.host.bodies import EngineRequest, IndexerRequest, PostgresRequest
from belts.host.errors import Refused
from belts.host.held import refuse_seeding
from belts.host.layout import Layout, remove_tree
from belts.host.programs import Program
from belts.host.secrets import Secrets
from belts.host.seeding import Seeding
from belts.host.workspace import Workspace

PROGRAM = "indexer"
READY_S = 90.0
COMPRESSION = {"backfill": "on", "steady": "off"}
"""Whether Postgres compresses what it writes ahead: catching up writes more than the disk may take."""


def apply(layout: Layout, request: IndexerRequest) -> Mapping[str, Any]:
    held = _with_config_secrets(layout)
    database, served = neighbours.postgres(layout), neighbours.engine(layout)
    with postgres.connect(database.port, held, database=postgres.DATABASE) as connection:
        owner.claim_database(connection, layout, held)
        known = seeding.of_database(connection)
        _refuse_what_would_lose_data(layout, request, connection, known)
        roles.set_compression(connection, COMPRESSION[request.profile])
        space = workspace.prepare(layout, request, _own_env(request, held), held)
        # Its old password opens no new session from here on: it is restarted with the new one at once.
        held = rotation.renewed(connection, layout, held, generations.PARTS[PROGRAM], request.credentials)
        wanted = program(request, space, database, served, held)
        if known is None or not known.proved:
            refuse_seeding(layout)
            supervisor.remove(layout, {PROGRAM})
            seed_note.write(layout, request, seeding.STARTED)
            gate = seed.Gate(
                layout=layout,
                request=request,
                program=wanted,
                connection=connection,
                held=held,
                version=workspace.version(),
                untracked=lambda: untracked(connection, served, held),
            )
            known = seed.prove(gate)
        seed_note.write(layout, request, seeding.PROVED)
        roles.converge(connection, held)
        supervisor.converge(layout, wanted)
        _wait_until_ready(layout, request, connection, held, lambda: untracked(connection, served, held))
        roles.converge(connection, held)
    workspace.forget_others(layout, space)
    return {
        "metrics": f"http://127.0.0.1:{request.port}/metrics",
        "chains": sorted(known.chains),
        "chainTableOid": known.chain_table_oid,
        "version": known.version,
    }


def remove(layout: Layout) -> None:
    """The note of what was seeded stays with the database that it is about."""
    supervisor.remove(layout, {PROGRAM})
    remove_tree(layout.of_part(PROGRAM))


def program(
    request: IndexerRequest,
    space: Workspace,
    database: PostgresRequest,
    served: EngineRequest,
    held: Secrets,
) -> Program:
    """Node on the generated code itself: `envio start` puts two parents between, which can die without it."""
    loopback, gauges = (launch.__file__.replace("launch.py", name) for name in ("loopback.cjs", "gauges.cjs"))
    return Program(
        name=PROGRAM,
        argv=(str(parts.node()), "--require", loopback, "--require", gauges, "generated/src/Index.res.mjs"),
        cwd=space.project,
        env={
            **_own_env(request, held),
            "NODE_OPTIONS": f"--max-old-space-size={request.heap_mb}",
            "BELTS_PROFILE": request.profile,
            "ENVIO_PG_HOST": "127.0.0.1",
            "ENVIO_PG_PORT": str(database.port),
            "ENVIO_PG_USER": "indexer",
            "ENVIO_PG_PASSWORD": held["indexer"],
            "ENVIO_POSTGRES_PASSWORD": held["indexer"],
            "ENVIO_PG_DATABASE": postgres.DATABASE,
            "ENVIO_PG_SSL_MODE": "false",
            "ENVIO_INDEXER_PORT": str(request.port),
            "HASURA_GRAPHQL_ENDPOINT": _metadata_url(served.url),
            "HASURA_GRAPHQL_ADMIN_SECRET": engine.admin_secret(served, held),
            "ENVIO_HASURA_RESPONSE_LIMIT": str(served.response_limit),
            "TUI_OFF": "true",
            "LOG_STRATEGY": "ecs-console",
            "LOG_LEVEL": "info",
        },
        stop_wait_s=10,
        priority=400,
    )


def untracked(connection: psycopg.Connection[Any], served: EngineRequest, held: Secrets) -> str | None:
    """What consumers should be able to query and cannot, in words.

    An indexer that fails to tell the engine of its tables only logs it, indexes on, and never tries again.
    """
    seen = graphql.served(served.url, engine.admin_secret(served, held), role=engine.PUBLIC_ROLE)
    if isinstance(seen, str):
        return f"the engine cannot be asked what it serves: {seen}"
    missing = [name for name in roles.entities(connection) if name not in seen]
    return f"the engine does not serve {', '.join(missing)}" if missing else None


def _metadata_url(graphql: str) -> str:
    where = urlsplit(graphql)
    return urlunsplit(where._replace(path=where.path.removesuffix("/graphql") + "/metadata"))


def _with_config_secrets(layout: Layout) -> Secrets:
    """Variables that are secret, such as an RPC's key, are kept: the belt must come back by itself."""
    held = secrets.ensure(layout)
    for name, value in secrets.from_config().items():
        if name.isupper():
            held = secrets.keep(layout, f"env:{name}", value)
    return held


def _own_env(request: IndexerRequest, held: Secrets) -> dict[str, str]:
    secret = {name.removeprefix("env:"): value for name, value in held.items() if name.startswith("env:")}
    return {**request.env, **secret}


def _refuse_what_would_lose_data(
    layout: Layout, request: IndexerRequest, connection: psycopg.Connection[Any], known: Seeding | None
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
    request: IndexerRequest,
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
