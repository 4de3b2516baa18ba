"""Looks at a belt by URL before its stack is believed: does it answer as one, and which database is it?

Whatever is seen that is not a belt, certified, at that very address is refused in words: nothing is followed,
nothing is taken for granted, and no secret is sent where nobody has shown who he is.
"""

import http.client
import ipaddress
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from belts.demanded import demanding, not_shown
from belts.envio.release import CHAINS
from belts.refusal import Refusal
from belts.runtimes.url.edge import certificates
from belts.spec.engine import GRAPHQL
from belts.spec.identity import Seed

ANSWER_S = 10.0
CONNECT_S = 10
STATEMENT_MS = 10_000
SHOWN = 120
MOST_BYTES = 1024 * 1024
VERIFIED = "verify-full"
SEED = """
select (select system_identifier from pg_control_system())::text, d.oid::int8, d.datname::text, c.oid::int8
from pg_database d, pg_class c join pg_namespace n on n.oid = c.relnamespace
where d.datname = current_database() and c.relname = %s and c.relkind in ('r', 'p')
"""
KEPT = "select to_regclass('belts.seeding') is not null"
PROJECT = "select to_jsonb(s) ->> 'project' from belts.seeding s"


class Unseen(Refusal):
    """A belt by URL cannot be seen, or is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """What was seen: which seed its database holds, and what those who run it say of themselves.

    `project` is the one that its own host knows it by, where that is a host of Belts.
    """

    seed: Seed
    database: str
    catalogue: str | None
    project: str | None


def look(belt: str, url: str, *, secret: str, database: str, authorities: str) -> Belt:
    """The belt behind these addresses; raises `Unseen`."""
    answers(belt, url, secret, authorities)
    seed, name, project = within(belt, database)
    return Belt(seed=seed, database=name, catalogue=catalogue(url, secret, authorities), project=project)


def answers(belt: str, url: str, secret: str, authorities: str) -> None:
    """Refuses what does not answer GraphQL to the belt's administrator, at this URL and nowhere else."""
    told = _asked(url, secret, {"query": "{ __typename }"}, authorities)
    if isinstance(told, str) or not told.get("data"):
        raise Unseen(
            f"{belt}: its URL does not answer as a belt",
            expected=f"{{ __typename }} answered by {url} to its admin secret",
            seen=told if isinstance(told, str) else "an answer without data",
            now="see that the belt is up, and mend `edge.url`, `edge.ca` or the secret in its stack's config",
        )


def catalogue(url: str, secret: str, authorities: str) -> str | None:
    """What its Hasura calls itself; None where it does not say it, or nobody knows where to ask."""
    if not url.endswith(GRAPHQL):
        return None
    asked = {"type": "get_catalog_state", "args": {}}
    told = _asked(url.removesuffix(GRAPHQL) + "/v1/metadata", secret, asked, authorities)
    found = told.get("id") if isinstance(told, dict) else None
    return found if isinstance(found, str) and found else None


def within(belt: str, database: str) -> tuple[Seed, str, str | None]:
    """Which seed a database holds, by which name, and the project that a host of Belts has noted in it."""
    refuse_unverified(belt, database)
    try:
        with psycopg.connect(
            demanding(database),
            connect_timeout=CONNECT_S,
            application_name="belts url",
            options=f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_MS}",
        ) as connection:
            found = connection.execute(SEED, [CHAINS]).fetchall()
            [[kept]] = connection.execute(KEPT).fetchall()
            noted = connection.execute(PROJECT).fetchall() if kept else []
    except psycopg.Error as error:
        raise _no_database(belt, _why(error)) from None
    if len(found) != 1:
        raise _no_database(belt, f"{len(found) or 'no'} tables {CHAINS}, and a belt has one")
    system, oid, name, table = found[0]
    seed = Seed(system_identifier=str(system), database_oid=int(oid), chain_table_oid=int(table))
    return seed, str(name), noted[0][0] if len(noted) == 1 else None


def refuse_unverified(belt: str, database: str) -> None:
    """Over a network it is anybody's word, until the server has shown a certificate."""
    try:
        parts = conninfo_to_dict(database)
    except psycopg.Error:
        raise _no_database(belt, "a URL that Postgres does not understand") from None
    hosts = str(parts.get("hostaddr") or parts.get("host") or "").split(",")
    if all(_is_here(host) for host in hosts) or parts.get("sslmode") == VERIFIED:
        return
    raise Unseen(
        f"{belt}: what its database says could be anybody's",
        expected=f"a URL of its database with `sslmode={VERIFIED}`, as it is on another machine",
        seen=f"sslmode {parts.get('sslmode') or 'is not set'}",
        now=f"add `sslmode={VERIFIED}` and `sslrootcert=…` (a file, or `system`) to it, and set it again:"
        f" `pulumi config set --secret databaseUrl --stack {belt}`",
    )


def trust(authorities: str) -> ssl.SSLContext:
    """Whom a certificate has to be signed by: those that are named alone, or those of this machine."""
    if authorities:
        certificates(authorities)
        return ssl.create_default_context(cadata=authorities)
    return ssl.create_default_context()


def _is_here(host: str) -> bool:
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _no_database(belt: str, seen: str) -> Unseen:
    return Unseen(
        f"{belt}: its database cannot be looked at",
        expected="the database of one belt of Envio, to a user who may read it",
        seen=seen,
        now="see that it is up, and mend the secret:"
        f" `pulumi config set --secret databaseUrl --stack {belt}`",
    )


def _why(error: psycopg.Error) -> str:
    """Without the server's own text, which may say anything back."""
    if seen := not_shown(error):
        return seen
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return f"no answer within {CONNECT_S} s"
    if "certificate" in str(error):
        return "its certificate does not hold for the name in the URL"
    if (
        isinstance(error, psycopg.OperationalError)
        and error.pgconn is not None
        and error.pgconn.used_password
    ):
        return "it refuses the user or the password"
    code = f", SQLSTATE {error.sqlstate}" if error.sqlstate else ""
    return f"{type(error).__name__}{code}"


def _asked(url: str, secret: str, body: dict[str, Any], authorities: str) -> dict[str, Any] | str:
    """A JSON object with status 200, or in words what else came; the text of an answer is not shown."""
    where = urlsplit(url)
    host = where.hostname or ""
    connection: http.client.HTTPConnection | None = None
    try:
        if where.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, where.port, timeout=ANSWER_S, context=trust(authorities)
            )
        else:
            connection = http.client.HTTPConnection(host, where.port, timeout=ANSWER_S)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "belts-host",
            "X-Hasura-Admin-Secret": secret,
        }
        connection.request("POST", where.path or "/", json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read(MOST_BYTES + 1)
    except ssl.SSLCertVerificationError as why:
        return f"a certificate that does not hold: {why.verify_message}"
    except (OSError, http.client.HTTPException) as why:
        return f"no answer ({type(why).__name__}: {' '.join(str(why).split())[:SHOWN]})"
    finally:
        if connection is not None:
            connection.close()
    if len(text) > MOST_BYTES:
        return f"status {response.status} and more than {MOST_BYTES} bytes"
    return _read(response.status, text)


def _read(status: int, text: bytes) -> dict[str, Any] | str:
    """The JSON object of an answer, or why it is none."""
    if 300 <= status < 400:
        return f"status {status}: it leads elsewhere, and nobody is led there"
    try:
        found = json.loads(text)
    except ValueError:
        return f"status {status} and no JSON"
    if status != 200 or not isinstance(found, dict) or "errors" in found or "error" in found:
        return f"status {status} and an error, such as for a secret that is not its own"
    return found
