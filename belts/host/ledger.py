"""The gateway's ledger: a Postgres of its own, so that no belt's end takes the record with it."""

import secrets as random
from typing import Any

from psycopg import sql

from belts.host import generations, logins, postgres, rotation, secrets
from belts.host.bodies import LedgerRequest
from belts.host.layout import Layout

ROLE = "ledger"


def apply(layout: Layout, request: LedgerRequest) -> dict[str, Any]:
    """Its one role owns the database and makes its tables; the invariants between rows are theirs."""
    held = postgres.bring_up(layout, request)
    password = held.get(ROLE) or random.token_urlsafe(24)
    database = sql.Identifier(postgres.DATABASE)
    with postgres.connect(request.port, held, database=postgres.DATABASE) as connection:
        logins.ensure_role(connection, ROLE, password, {})
        connection.execute(sql.SQL("alter database {} owner to ledger").format(database))
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        # Kept last: whoever finds the password finds a role that has it.
        held = secrets.keep(layout, ROLE, password)
        rotation.renewed(connection, layout, held, generations.PARTS[ROLE], request.credentials)
    return {"port": request.port}
