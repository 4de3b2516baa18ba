"""What counts as a URL that can be requested over HTTP."""

import re
from urllib.parse import urlsplit

SERVER = re.compile(r"(.*@)?(\[[0-9a-fA-F:.]+\]|[^\[\]:@]+)(:[0-9]*)?")
"""A host and a port, after an optional user; urllib reads `[::1]x` as `::1`."""


def is_http(url: str) -> bool:
    """Whether a text is such a URL; it may be a secret, so no details are given."""
    try:
        where = urlsplit(url)
        known = where.scheme in {"http", "https"} and bool(where.hostname) and where.port != 0
    except ValueError:
        return False
    return known and SERVER.fullmatch(where.netloc) is not None
