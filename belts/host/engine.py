"""A belt's GraphQL engine: the embedded one, kept running here, or a Hasura elsewhere that must answer."""

from collections.abc import Mapping
from typing import Any

from belts import parts
from belts.host import graphql, neighbours, postgres, readiness, secrets, supervisor
from belts.host.bodies import EngineRequest
from belts.host.errors import Refused
from belts.host.layout import Layout, private_dir, remove_tree
from belts.host.programs import Program
from belts.host.secrets import Secrets

PROGRAM = "engine"
PUBLIC_ROLE = "public"
READY_S = 60.0
CONFIG_SECRET = "adminSecret"  # noqa: S105 -- the name of it


def apply(layout: Layout, request: EngineRequest) -> Mapping[str, Any]:
    if request.external is not None:
        return _adopt(layout, request.external)
    held = secrets.ensure(layout)
    database = neighbours.postgres(layout)
    private_dir(layout.of_part(PROGRAM))
    supervisor.converge(layout, program(layout, request, database.port, held))
    for place in ("/healthz", "/v1/version"):
        readiness.wait(
            layout,
            PROGRAM,
            readiness.answers_200(f"http://127.0.0.1:{request.port}{place}"),
            expected=f"200 from 127.0.0.1:{request.port}{place}",
            deadline_s=READY_S,
            secrets=held,
        )
    return {"graphql": url(request), "adminSecret": held["admin"]}


def remove(layout: Layout) -> None:
    supervisor.remove(layout, {PROGRAM})
    remove_tree(layout.of_part(PROGRAM))


def url(request: EngineRequest) -> str:
    return request.external or f"http://127.0.0.1:{request.port}/v1/graphql"


def admin_secret(request: EngineRequest, held: Secrets) -> str:
    return held.get("external", "") if request.external else held["admin"]


def program(layout: Layout, request: EngineRequest, postgres_port: int, held: Secrets) -> Program:
    """Hasura's own variables. It reads as the role `engine`, which can write nothing.

    What it was told of the tables stays with the database: the indexer tells it once, when it seeds.
    """
    database = f"postgres://engine:{held['engine']}@127.0.0.1:{postgres_port}/{postgres.DATABASE}"
    return Program(
        name=PROGRAM,
        argv=(str(parts.python()), "-m", "belts.engine"),
        cwd=layout.of_part(PROGRAM),
        env={
            "PYTHONPATH": str(parts.CHECKOUT),
            "PYTHONUNBUFFERED": "1",
            "HASURA_GRAPHQL_DATABASE_URL": database,
            "HASURA_GRAPHQL_SERVER_HOST": "127.0.0.1",
            "HASURA_GRAPHQL_SERVER_PORT": str(request.port),
            "HASURA_GRAPHQL_ADMIN_SECRET": held["admin"],
            "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": PUBLIC_ROLE,
            "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": str(request.stringify_numeric).lower(),
            "BELTS_ENGINE_METADATA_FILE": str(layout.of_part("postgres") / "metadata.json"),
        },
        priority=200,
    )


def _adopt(layout: Layout, address: str) -> Mapping[str, Any]:
    """Nothing is started for an engine that runs elsewhere; a wrong address or secret is told at once."""
    supervisor.remove(layout, {PROGRAM})
    given = secrets.from_config().get(CONFIG_SECRET)
    held = secrets.keep(layout, "external", given) if given else secrets.ensure(layout)
    secret = held.get("external")
    if not secret:
        raise Refused(
            f"{layout.belt}: the external engine has no admin secret",
            expected=f"{CONFIG_SECRET} in {secrets.ENVIRONMENT}",
            seen="none, and none kept from before",
            now="set the secret in the stack's config",
        )
    seen = graphql.ask(address, secret, "{ __typename }")
    if isinstance(seen, str):
        raise Refused(
            f"{layout.belt}: the external engine does not answer as one",
            expected=f"{{ __typename }} answered by {address} with the admin secret",
            seen=held.redact(seen),
            now="mend the URL or the secret in the stack's config",
        )
    return {"graphql": address, "adminSecret": secret}
