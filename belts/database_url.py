"""The URL of a database, as libpq and asyncpg read it."""

from urllib.parse import quote


def database_url(*, login: str, password: str, host: str, port: int, database: str) -> str:
    """The URL; a host that is a path is the socket's folder, and the port part of the socket's name."""
    return f"postgresql://{login}:{quote(password, safe='')}@{quote(host, safe='')}:{port}/{database}"
