"""A belt's GraphQL engine: the embedded one, kept running here, or a Hasura elsewhere that must answer."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from belts.database_url import database_url
from belts.files import private_dir, remove_tree, write_private
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.database import roles, rotation
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import generations, secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import graphql, instance, postgres
from belts.runtimes.process.supervise import readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.runtimes.process.supervise.readiness import Probe
from belts.runtimes.process.wire import neighbours
from belts.spec.engine import ENGINE, GRAPHQL, EmbeddedEngine, Engine, ExternalHasura

PROGRAM = ENGINE
ROLE = "engine"
DATABASE_URL, ADMIN_SECRET = "database-url", "admin-secret"
PUBLIC_ROLE = "public"
READY_S = 60.0
BEYOND_S = 15
"""How much longer than one statement an operation may take: it may wait for its turn, and contain several."""
LEAVE_S = BEYOND_S + 5.0
"""How much longer than one statement a connection may be in use: as long as an operation, plus a margin."""
IDLE = 5
"""One in this many sockets of an address may be idle."""
CONFIG_SECRET = "adminSecret"  # noqa: S105 -- the name of it


def apply(layout: Layout, request: Engine) -> Mapping[str, Any]:
    """Brings the engine up. Newer credentials reach a running engine through its files, without a restart."""
    if isinstance(request, ExternalHasura):
        return _adopt(layout, request)
    held = secrets.ensure(layout)
    database = neighbours.postgres(layout)
    private_dir(layout.of_part(PROGRAM))
    sockets.make(sockets.for_gateway(layout))
    _tell(layout, database.port, held)
    supervisor.converge(layout, program(layout, request))
    for place in ("/healthz", "/v1/version"):
        answers = readiness.answers_200(f"http://127.0.0.1:{request.port}{place}")
        _wait(layout, held, answers, f"200 from 127.0.0.1:{request.port}{place}")
    with postgres.connect(layout, database.port, held, database=postgres.DATABASE) as connection:
        held = rotation.renewed(connection, layout, held, generations.PARTS[PROGRAM], request.credentials)
        _tell(layout, database.port, held)
        _wait(layout, held, partial(_admits, request.graphql, held["admin"]), "an answer to its admin secret")
        rotation.revoke(
            connection,
            layout,
            held,
            ROLE,
            previous=False,
            patience_s=leave_s(request),
        )
    dial = f"unix/{sockets.of_engine(layout)}"
    return {"graphql": request.graphql, "dial": dial, "adminSecret": held["admin"]}


def leave_s(request: EmbeddedEngine) -> float:
    """How long a connection may stay in use after its login ended: an operation may have just begun."""
    return request.statement.total_seconds() + LEAVE_S


def remove(layout: Layout) -> None:
    supervisor.remove(layout, {PROGRAM})
    remove_tree(layout.of_part(PROGRAM))
    remove_tree(sockets.for_gateway(layout))
    sockets.forget(layout)


def admin_secret(request: Engine, held: Secrets) -> str:
    return held.get("external", "") if isinstance(request, ExternalHasura) else held["admin"]


def program(layout: Layout, request: EmbeddedEngine) -> Program:
    """The engine's program, with Hasura's own variables. It reads as the role `engine`, which cannot write.

    Its credentials are in files, outside the definition of the program, because they may change while it
    runs. Its metadata of the tables stays with the database: the indexer sends it only once, when it seeds.
    """
    home = layout.of_part(PROGRAM)
    return Program(
        name=PROGRAM,
        argv=(str(toolchain.python()), "-m", "belts.engine"),
        cwd=home,
        env={
            "PYTHONPATH": str(kept_code.code()),
            "PYTHONUNBUFFERED": "1",
            "HASURA_GRAPHQL_DATABASE_URL_FILE": str(home / DATABASE_URL),
            "HASURA_GRAPHQL_SERVER_HOST": "127.0.0.1",
            "HASURA_GRAPHQL_SERVER_PORT": str(request.port),
            "BELTS_ENGINE_LISTEN_FD": "0",
            "BELTS_ENGINE_GATEWAY_SOCKET": str(sockets.of_engine(layout)),
            "HASURA_GRAPHQL_ADMIN_SECRET_FILE": str(home / ADMIN_SECRET),
            "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": PUBLIC_ROLE,
            "HASURA_GRAPHQL_PG_CONNECTIONS": str(request.connections),
            "BELTS_ENGINE_STATEMENT_TIMEOUT_MS": _milliseconds(request.statement),
            "BELTS_ENGINE_OPERATION_TIMEOUT_MS": _milliseconds(
                request.statement + timedelta(seconds=BEYOND_S)
            ),
            "BELTS_ENGINE_MAX_SOCKETS_PER_ADDRESS": str(request.sockets_per_address),
            "BELTS_ENGINE_MAX_IDLE_SOCKETS_PER_ADDRESS": str(request.sockets_per_address // IDLE),
            "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": str(request.stringify_numeric).lower(),
            "BELTS_ENGINE_METADATA_FILE": str(layout.of_part("postgres") / "metadata.json"),
        },
        port=request.port,
        priority=200,
    )


def _milliseconds(time: timedelta) -> str:
    return str(round(time.total_seconds() * 1_000))


def _tell(layout: Layout, postgres_port: int, held: Secrets) -> None:
    """Writes each file whole, by rename, so that the engine reads the old one or the new one."""
    login = roles.login(ROLE, held.generation(ROLE))
    address = database_url(
        login=login,
        password=held[ROLE],
        host=str(sockets.for_host(layout)),
        port=postgres_port,
        database=postgres.DATABASE,
    )
    write_private(layout.of_part(PROGRAM) / DATABASE_URL, address)
    write_private(layout.of_part(PROGRAM) / ADMIN_SECRET, held["admin"])


def _wait(layout: Layout, held: Secrets, probe: Probe, expected: str) -> None:
    readiness.wait(layout, PROGRAM, probe, expected=expected, deadline_s=READY_S, secrets=held)


def _admits(graphql_url: str, secret: str) -> str | None:
    seen = graphql.ask(graphql_url, secret, "{ __typename }")
    return seen if isinstance(seen, str) else None


def _adopt(layout: Layout, request: ExternalHasura) -> Mapping[str, Any]:
    """Checks an engine that runs elsewhere; a wrong address or secret is refused at once and changes nothing.

    Its admin secret is the operator's. The former password of the role that it reads as stays valid.
    """
    _refuse_without_tcp(layout)
    held = secrets.ensure(layout)
    secret = secrets.from_config().get(CONFIG_SECRET) or held.get("external")
    if not secret:
        raise Refused(
            f"{layout.belt}: the external engine has no admin secret",
            expected=f"{CONFIG_SECRET} in {secrets.ENVIRONMENT}",
            seen="none, and none kept from before",
            now="set the secret in the stack's config",
        )
    seen = graphql.ask(request.graphql, secret, "{ __typename }")
    if isinstance(seen, str):
        raise Refused(
            f"{layout.belt}: the external engine does not answer as one",
            expected=f"{{ __typename }} answered by {request.graphql} with the admin secret",
            seen=held.redact(seen),
            now="mend the URL or the secret in the stack's config",
        )
    which = graphql.instance(request.graphql, secret)
    instance.refuse_shared(layout, which)
    held = secrets.keep(layout, "external", secret)
    supervisor.remove(layout, {PROGRAM})
    instance.note(layout, which)
    if held.generation(ROLE) < request.credentials or request.revoke_previous:
        port = neighbours.postgres(layout).port
        with postgres.connect(layout, port, held, database=postgres.DATABASE) as connection:
            held = rotation.renewed(connection, layout, held, (ROLE,), request.credentials)
            rotation.revoke(connection, layout, held, ROLE, previous=not request.revoke_previous)
    return {"graphql": request.graphql, "dial": dial_of(request.graphql), "adminSecret": secret}


def dial_of(graphql: str) -> str | None:
    """Where Caddy dials for this URL; None if it is behind TLS or under another path."""
    parts = urlsplit(graphql)
    if parts.scheme != "http" or parts.path != GRAPHQL or not parts.hostname:
        return None
    return f"{parts.hostname}:{parts.port or 80}"


def _refuse_without_tcp(layout: Layout) -> None:
    """An operator's Hasura cannot use the belt's sockets, so it needs TCP."""
    if not neighbours.postgres(layout).tcp:
        raise Refused(
            f"{layout.belt}: the external engine cannot come to its database",
            expected="a Postgres that listens on TCP",
            seen="one that listens at sockets alone",
            now="set `tcp: true` in the `postgres` of the belt's stack",
        )
