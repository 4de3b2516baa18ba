"""Who asks, by the headers alone."""

from pathlib import Path

import pytest

from belts.engine.errors import AccessDenied, EngineError
from belts.engine.postgres.credentials import Credentials, Unreadable
from belts.engine.serve.roles import session_of
from tests.unit.engine.build import settings

SECRET = {"x-hasura-admin-secret": "right"}
OPEN = Credentials(settings())
GUARDED = Credentials(settings(admin_secret="right"))


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
    session = session_of(headers, GUARDED, "public")
    assert session.role == role
    assert session.variables["x-hasura-role"] == role
    assert "right" not in session.variables.values()


@pytest.mark.parametrize("given", ["wrong", "", "right ", "rightright"])
def test_a_wrong_secret(given: str) -> None:
    """It is refused even where strangers are served."""
    with pytest.raises(AccessDenied):
        session_of({"x-hasura-admin-secret": given}, GUARDED, "public")


def test_no_secret_and_no_role_for_strangers() -> None:
    """Nobody is served."""
    with pytest.raises(AccessDenied, match="required, but not found"):
        session_of({}, GUARDED, None)


def test_an_engine_without_a_secret() -> None:
    """Everybody is the admin, or whom they say."""
    assert session_of({}, OPEN, None).role == "admin"
    assert session_of({"x-hasura-role": "user"}, OPEN, None).role == "user"


def test_an_empty_role() -> None:
    """It is no role."""
    with pytest.raises(EngineError):
        session_of({**SECRET, "x-hasura-role": ""}, GUARDED, None)


def role(credentials: Credentials, secret: str) -> str:
    """Whom this secret makes, where strangers are served as well."""
    return session_of({"x-hasura-admin-secret": secret}, credentials, "public").role


def test_a_secret_in_a_file_that_is_replaced(tmp_path: Path) -> None:
    """The newest text counts from the moment it is there, and what it was opens nothing."""
    file = tmp_path / "admin-secret"
    file.write_text("first\n")
    credentials = Credentials(settings(admin_secret_file=file))
    assert role(credentials, "first") == "admin"
    (tmp_path / "new").write_text("other")
    (tmp_path / "new").replace(file)
    assert role(credentials, "other") == "admin"
    with pytest.raises(AccessDenied):
        role(credentials, "first")


@pytest.mark.parametrize("left", [None, "", "\n", b"\xff"])
def test_a_secret_in_a_file_that_is_lost(tmp_path: Path, left: str | bytes | None) -> None:
    """Nobody is an admin then, by what it was before or by nothing; strangers are served on."""
    file = tmp_path / "admin-secret"
    file.write_text("first")
    credentials = Credentials(settings(admin_secret_file=file))
    assert role(credentials, "first") == "admin"
    file.unlink()
    if left is not None:
        file.write_bytes(left if isinstance(left, bytes) else left.encode())
    for given in ("first", ""):
        with pytest.raises(Unreadable):
            role(credentials, given)
    assert session_of({}, credentials, "public").role == "public"
    assert credentials.guarded
