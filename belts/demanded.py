"""What a Postgres has to show before a client of ours believes it: that it knows the password, untold.

Loopback is not trusted. A process that takes the port of a database that is down could ask for the password
in clear, or for none at all and serve rows of its own. By SCRAM each side shows that it knows the password,
and the other learns nothing by which it could show the same.
"""

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SCRAM = "scram-sha-256"
BY_FILES = f"{SCRAM},none"
"""Who may listen on a socket in the file system is for the owner of its folder to say; a password is sent
there by SCRAM alone, too.
"""
NOT_SHOWN = ("authentication method requirement", "incorrect server signature")
"""How libpq begins to say it. Only the words of a refusal hang on them: refused it is in any case."""


def demanding(url: str) -> str:
    """The same address for libpq, with that demand; `require_auth` in it is its writer's word, and stays."""
    parts = conninfo_to_dict(url)
    if parts.get("require_auth"):
        return url
    hosts = str(parts.get("hostaddr") or parts.get("host") or "").split(",")
    by_files = all(host.startswith("/") for host in hosts)
    return make_conninfo(url, require_auth=BY_FILES if by_files else SCRAM)


def not_shown(error: psycopg.Error) -> str:
    """What was seen of a server that did not show it, in words; empty where something else went wrong."""
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
