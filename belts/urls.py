"""What counts as a URL that can be asked over HTTP."""

from urllib.parse import urlsplit


def is_http(url: str) -> bool:
    """Whether a text is one; it may be a secret, so nothing is said about one that is not."""
    try:
        where = urlsplit(url)
        return where.scheme in {"http", "https"} and bool(where.hostname) and where.port != 0
    except ValueError:
        return False
