"""CORS: pages of other origins may ask, as Hasura permits it: all of them, or the listed ones."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from belts.engine.settings import EVERY_ORIGIN

Header = tuple[bytes, bytes]

_METHODS = b"GET,POST,PUT,PATCH,DELETE,OPTIONS"
_DAYS_20 = b"1728000"


def allowed(scope: MutableMapping[str, Any], domains: tuple[str, ...]) -> list[Header]:
    """The headers that let a request's origin read the answer; none without an origin or permission."""
    origin = _origin(scope)
    if origin is None or not permits(scope, domains):
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-methods", _METHODS),
    ]


def permits(scope: MutableMapping[str, Any], domains: tuple[str, ...]) -> bool:
    """Whether a page of the request's origin may ask; a client without an origin always may."""
    origin = _origin(scope)
    return origin is None or EVERY_ORIGIN in domains or origin.decode("latin-1") in domains


def _origin(scope: MutableMapping[str, Any]) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == b"origin"), None)


def preflight(scope: MutableMapping[str, Any], let: Iterable[Header]) -> list[Header]:
    """The headers of the answer to a preflight request."""
    asked = [value for name, value in scope["headers"] if name == b"access-control-request-headers"]
    return [
        *let,
        *((b"access-control-allow-headers", value) for value in asked),
        (b"access-control-max-age", _DAYS_20),
        (b"content-length", b"0"),
    ]
