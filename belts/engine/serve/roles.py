"""Who asks: the admin by the secret, else the role of strangers; and the session variables of the request."""

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
    """The role of a request and what its row filters may lean on."""

    role: str
    variables: Mapping[str, str] = field(default_factory=dict)
    proved: bool = False
    """Whether it showed the admin's secret, in whatever role it asks."""


def headers_of(scope: MutableMapping[str, Any]) -> dict[str, str]:
    """The headers that decide who asks."""
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name.startswith(b"x-hasura-")
    }


def session_of(headers: Mapping[str, str], credentials: Credentials, stranger: str | None) -> Session:
    """The session that these headers (names in lower case) prove; who proves nothing is the `stranger`."""
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
    """Refuses everybody else."""
    if session.role != ADMIN:
        raise BadRequest("restricted access : admin only", code="access-denied", path=path)


def _chosen(variables: dict[str, str], *, proved: bool) -> Session:
    role = variables.get("x-hasura-role", ADMIN)
    if not role:
        raise BadRequest("the role in x-hasura-role is empty", code="invalid-params")
    return Session(role=role, variables={**variables, "x-hasura-role": role}, proved=proved)
