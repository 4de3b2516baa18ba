"""The gateway's ledger: a Postgres of its own, so that the record outlives every belt."""

import secrets as random
from typing import Any

from psycopg import sql

from belts.runtimes.process.database import logins, rotation
from belts.runtimes.process.files import generations, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import postgres
from belts.spec.postgres import Ledger

ROLE = "ledger"


def apply(layout: Layout, request: Ledger) -> dict[str, Any]:
    """Brings it up with a role that may log in; the gate makes the tables and grants the rest."""
    held = postgres.bring_up(layout, request.cluster)
    password = held.get(ROLE) or random.token_urlsafe(24)
    database = sql.Identifier(postgres.DATABASE)
    with postgres.connect(layout, request.port, held, database=postgres.DATABASE) as connection:
        logins.ensure_role(connection, ROLE, password, {})
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        connection.execute(sql.SQL("grant connect on database {} to ledger").format(database))
        # Stored last, so that every reader of the password finds a role that accepts it.
        held = secrets.keep(layout, ROLE, password)
        rotation.renewed(connection, layout, held, generations.PARTS[ROLE], request.credentials)
    return {"port": request.port}


def remove(layout: Layout) -> None:
    """Removes the cluster with everything that was recorded."""
    postgres.remove(layout)
