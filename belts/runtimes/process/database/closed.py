"""What Postgres leaves open to every role, and a belt closes: both would let a reader fill the disk.

Temporary tables and large objects do not count towards `temp_file_limit`, and a role may switch off its own
read-only default. By default, every role may create the former in the databases that come with a cluster, and
the latter in any database.
"""

from typing import Any

import psycopg
from psycopg import sql

OF_THE_CLUSTER = ("postgres", "template1")
"""The host's own databases. Those that an operator creates in a cluster are up to the operator."""
OPEN_DATABASES = """
select datname from pg_database
where datname = any(%s)
  and (has_database_privilege('public', oid, 'connect') or has_database_privilege('public', oid, 'temporary'))
"""
MAKE_LARGE_OBJECTS = ("lo_creat", "lo_create", "lo_from_bytea", "lo_import", "lo_put", "lowrite")
OPEN_FUNCTIONS = """
select oid::regprocedure::text from pg_proc
where pronamespace = 'pg_catalog'::regnamespace and proname = any(%s)
  and has_function_privilege('public', oid, 'execute')
"""


def ensure(connection: psycopg.Connection[Any]) -> None:
    """Closes both for the connected database and the cluster; what is closed already is not written."""
    for (name,) in connection.execute(OPEN_DATABASES, [list(OF_THE_CLUSTER)]).fetchall():
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
    for (signature,) in connection.execute(OPEN_FUNCTIONS, [list(MAKE_LARGE_OBJECTS)]).fetchall():
        connection.execute(sql.SQL("revoke execute on function {} from public").format(sql.SQL(signature)))
