"""Seals an answer for a challenge: with the admin secret, over the database that is read at that moment."""

from collections.abc import MutableMapping
from typing import Any

from belts import seal
from belts.engine.errors import EngineError
from belts.engine.postgres.credentials import Credentials
from belts.engine.postgres.database import Database
from belts.envio.release import CHAINS

Scope = MutableMapping[str, Any]

_CHALLENGE = seal.CHALLENGE.encode()
_SEAL = seal.SEAL.encode()
_PLACE = f"""
    select (select system_identifier from pg_catalog.pg_control_system())::text, d.oid::text, c.oid::text
    from pg_catalog.pg_database d, pg_catalog.pg_class c
    where d.datname = pg_catalog.current_database() and c.relname = '{CHAINS}' and c.relkind in ('r', 'p')
"""


def challenge_of(scope: Scope) -> str:
    """The challenge of a request; empty if there is none."""
    return next((value for name, value in scope["headers"] if name == _CHALLENGE), b"").decode("latin-1")


def asked_by_the_gate(scope: Scope, credentials: Credentials) -> bool:
    """Whether the challenge was made with this belt's secret."""
    challenged = challenge_of(scope)
    if not challenged or not credentials.guarded:
        return False
    try:
        return seal.proves(credentials.admin_secret(), challenged)
    except EngineError:
        return False


async def sealed(
    scope: Scope, body: bytes, credentials: Credentials, database: Database
) -> list[tuple[bytes, bytes]]:
    """The header that seals an answer; none without a challenge, as for consumers."""
    challenged = challenge_of(scope)
    if not credentials.guarded or not seal.is_challenge(challenged):
        return []
    try:
        row = await database.row(_PLACE, ())
        secret = credentials.admin_secret()
    except EngineError:
        return []
    if row is None:
        return []
    given = seal.seal(secret, challenged, (row[0], row[1], row[2]), body)
    return [(_SEAL, given.encode())]
