"""Who asks, by the headers alone."""

import pytest

from belts.engine.errors import AccessDenied, EngineError
from belts.engine.roles import session_of
from tests.unit.engine.build import settings

SECRET = {"x-hasura-admin-secret": "right"}


@pytest.mark.parametrize(
    ("headers", "role"),
    [
        (SECRET, "admin"),
        ({"x-hasura-access-key": "right"}, "admin"),
        ({**SECRET, "x-hasura-role": "user"}, "user"),
        ({}, "public"),
        ({"x-hasura-role": "admin"}, "public"),
    ],
)
def test_a_request(headers: dict[str, str], role: str) -> None:
    """Only the secret gives a choice."""
    session = session_of(headers, settings(admin_secret="right", unauthorized_role="public"))
    assert session.role == role
    assert session.variables["x-hasura-role"] == role
    assert "right" not in session.variables.values()


@pytest.mark.parametrize("given", ["wrong", "", "right ", "rightright"])
def test_a_wrong_secret(given: str) -> None:
    """It is refused even where strangers are served."""
    with pytest.raises(AccessDenied):
        session_of(
            {"x-hasura-admin-secret": given}, settings(admin_secret="right", unauthorized_role="public")
        )


def test_no_secret_and_no_role_for_strangers() -> None:
    """Nobody is served."""
    with pytest.raises(AccessDenied, match="required, but not found"):
        session_of({}, settings(admin_secret="right"))


def test_an_engine_without_a_secret() -> None:
    """Everybody is the admin, or whom they say."""
    assert session_of({}, settings()).role == "admin"
    assert session_of({"x-hasura-role": "user"}, settings()).role == "user"


def test_an_empty_role() -> None:
    """It is no role."""
    with pytest.raises(EngineError):
        session_of({**SECRET, "x-hasura-role": ""}, settings(admin_secret="right"))
