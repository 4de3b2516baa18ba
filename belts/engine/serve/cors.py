"""Pages of other origins may ask, as Hasura lets them: all of them, or those that are listed."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from belts.engine.settings import EVERY_ORIGIN

Header = tuple[bytes, bytes]

_METHODS = b"GET,POST,PUT,PATCH,DELETE,OPTIONS"
_DAYS_20 = b"1728000"


def allowed(scope: MutableMapping[str, Any], domains: tuple[str, ...]) -> list[Header]:
    """The headers that let the origin of a request read the answer; none where there is no origin."""
    origin = _origin(scope)
    if origin is None or not permits(scope, domains):
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-methods", _METHODS),
    ]


def permits(scope: MutableMapping[str, Any], domains: tuple[str, ...]) -> bool:
    """Whether a page of the request's origin may ask; a client that is no page always may."""
    origin = _origin(scope)
    return origin is None or EVERY_ORIGIN in domains or origin.decode("latin-1") in domains


def _origin(scope: MutableMapping[str, Any]) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == b"origin"), None)


def preflight(scope: MutableMapping[str, Any], let: Iterable[Header]) -> list[Header]:
    """The answer to a browser that asks whether it may ask."""
    asked = [value for name, value in scope["headers"] if name == b"access-control-request-headers"]
    return [
        *let,
        *((b"access-control-allow-headers", value) for value in asked),
        (b"access-control-max-age", _DAYS_20),
        (b"content-length", b"0"),
    ]
