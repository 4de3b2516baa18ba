"""The engine's only way to end what consumers run: a function that belongs to the superuser.

A consumer may lift the time limits of its own session. If the engine were a member of `consumer`, it would
count among the belt's readers; if it could end any session, it could end those of the indexer and the gate.
"""

from typing import Any

import psycopg
from psycopg import sql

NAME = "belts.end_overdue(interval, interval, interval)"
BODY = """
select pid, usename::text,
       case when state = 'active' then 'ran a statement' else 'did nothing in a transaction' end,
       extract(epoch from clock_timestamp() - since)::int8,
       case when state = 'active' and clock_timestamp() - since <= $1 + $2
            then pg_cancel_backend(pid) else pg_terminate_backend(pid) end
from (select *, case when state = 'active' then query_start else state_change end as since
      from pg_stat_activity
      where usesysid in (
          select login.oid from pg_roles login, pg_roles role
          where role.rolname = 'consumer' and not login.rolsuper
            and pg_has_role(login.oid, role.oid, 'member'))) seen
where (state in ('active', 'fastpath function call') and clock_timestamp() - since > $1)
   or (state like 'idle in transaction%' and clock_timestamp() - since > $3)
"""
"""Cancels a statement that runs longer than $1, and ends overdue sessions.

A session is ended if its statement goes on for $2 after that, since a block may catch the cancellation, or if
it was idle in a transaction for $3.
"""
FUNCTION = sql.SQL("""
create or replace function belts.end_overdue(interval, interval, interval)
returns table (pid int4, who text, what text, seconds int8, ended bool)
language sql volatile security definer set search_path = pg_catalog, pg_temp as {}
""")


def ensure(connection: psycopg.Connection[Any]) -> None:
    """Ensures the function above, executable by the engine alone; writes nothing if it is right already."""
    seen = connection.execute(
        "select p.prosrc, has_function_privilege('engine', p.oid, 'execute')"
        " and has_schema_privilege('engine', 'belts', 'usage')"
        " and not has_function_privilege('consumer', p.oid, 'execute')"
        " from pg_proc p where p.oid = to_regprocedure(%s)",
        [NAME],
    ).fetchone()
    if seen == (BODY, True):
        return
    connection.execute(FUNCTION.format(sql.Literal(BODY)))
    connection.execute(sql.SQL("revoke all on function {} from public").format(sql.SQL(NAME)))
    connection.execute(sql.SQL("grant usage on schema belts to engine"))
    connection.execute(sql.SQL("grant execute on function {} to engine").format(sql.SQL(NAME)))
