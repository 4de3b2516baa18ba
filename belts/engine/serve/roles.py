"""The role of a request: admin by the secret, else the role of strangers; and its session variables."""

import hmac
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from belts.engine.errors import AccessDenied, BadRequest
from belts.engine.postgres.credentials import Credentials

ADMIN = "admin"
_SECRETS = ("x-hasura-admin-secret", "x-hasura-access-key")
_SECRET = "x-hasura-admin-secret/x-hasura-access-key"  # noqa: S105 -- a header's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The role of a request, and the variables that its row filters may use."""

    role: str
    variables: Mapping[str, str] = field(default_factory=dict)
    proved: bool = False
    """Whether it presented the admin secret, whatever its role."""


def headers_of(scope: MutableMapping[str, Any]) -> dict[str, str]:
    """The headers that decide the role."""
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name.startswith(b"x-hasura-")
    }


def session_of(headers: Mapping[str, str], credentials: Credentials, stranger: str | None) -> Session:
    """The session for these headers (names in lower case); `stranger` is the role without a secret."""
    variables = {
        name: value
        for name, value in headers.items()
        if name.startswith("x-hasura-") and name not in _SECRETS
    }
    if not credentials.guarded:
        return _chosen(variables, proved=False)
    given = next((headers[name] for name in _SECRETS if name in headers), None)
    if given is None:
        if stranger is None:
            raise AccessDenied(f"{_SECRET} required, but not found")
        return Session(role=stranger, variables={**variables, "x-hasura-role": stranger})
    if not hmac.compare_digest(given.encode(), credentials.admin_secret().encode()):
        raise AccessDenied('invalid "x-hasura-admin-secret"/"x-hasura-access-key"')
    return _chosen(variables, proved=True)


def demand_admin(session: Session, path: str = "$") -> None:
    """Refuses any role but the admin."""
    if session.role != ADMIN:
        raise BadRequest("restricted access : admin only", code="access-denied", path=path)


def _chosen(variables: dict[str, str], *, proved: bool) -> Session:
    role = variables.get("x-hasura-role", ADMIN)
    if not role:
        raise BadRequest("the role in x-hasura-role is empty", code="invalid-params")
    return Session(role=role, variables={**variables, "x-hasura-role": role}, proved=proved)
