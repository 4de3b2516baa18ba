"""What a Postgres must prove before our clients trust it: that it knows the password, without being told.

Loopback is not trusted. A process that takes the port of a stopped database could ask for the password in
clear, or for none at all, and serve rows of its own. With SCRAM each side proves that it knows the password,
and the other learns nothing that would let it prove the same.
"""

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SCRAM = "scram-sha-256"
BY_FILES = f"{SCRAM},none"
"""For sockets in the file system, whose folder's owner decides who may listen there.

A password is sent only by SCRAM there too.
"""
NOT_SHOWN = ("authentication method requirement", "incorrect server signature")
"""The beginnings of libpq's messages for it, which only choose a refusal's words: any error is refused."""


def demanding(url: str) -> str:
    """The same address for libpq with that requirement; an explicit `require_auth` in it is kept."""
    parts = conninfo_to_dict(url)
    if parts.get("require_auth"):
        return url
    hosts = str(parts.get("hostaddr") or parts.get("host") or "").split(",")
    by_files = all(host.startswith("/") for host in hosts)
    return make_conninfo(url, require_auth=BY_FILES if by_files else SCRAM)


def not_shown(error: psycopg.Error) -> str:
    """Describes a server that did not prove it; empty if something else went wrong."""
    for line in str(error).splitlines():
        for mark in NOT_SHOWN:
            _, found, after = line.partition(mark)
            if found:
                how = after.partition("failed: ")[2] or found
                return f"it did not show that it knows the password ({' '.join(how.split())[:120]})"
    return ""


def who_listens(error: psycopg.Error) -> str:
    """What to do about it."""
    port = error.pgconn.port.decode() if error.pgconn is not None else "PORT"
    host = error.pgconn.host.decode() if error.pgconn is not None else ""
    look = f"ss -lxp src {host}/.s.PGSQL.{port}" if host.startswith("/") else f"ss -ltnp 'sport = :{port}'"
    return (
        f"see who listens there (`{look}`); a server of yours that has to be believed "
        "otherwise is named by `require_auth=…` in its URL"
    )
