"""The environment is read once, and every mistake in it is told at once."""

from datetime import timedelta
from pathlib import Path

import pytest

from belts.engine.settings import from_environment
from belts.reading.mistakes import MistakesError

URL = {"HASURA_GRAPHQL_DATABASE_URL": "postgres://u:secret@h/d"}


def test_nothing_but_a_database() -> None:
    """The rest has defaults; it listens on this machine alone."""
    settings = from_environment(URL)
    assert (settings.host, settings.port, settings.stringify_numeric) == ("127.0.0.1", 8080, False)
    assert settings.limits.body_bytes == 1_048_576


def test_hasuras_variables() -> None:
    """They mean what they mean to Hasura."""
    settings = from_environment(
        {
            **URL,
            "HASURA_GRAPHQL_SERVER_HOST": "0.0.0.0",
            "HASURA_GRAPHQL_SERVER_PORT": "9000",
            "HASURA_GRAPHQL_ADMIN_SECRET": "s",
            "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": "public",
            "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": "true",
            "HASURA_GRAPHQL_LIVE_QUERIES_MULTIPLEXED_REFETCH_INTERVAL": "250",
            "BELTS_ENGINE_STATEMENT_TIMEOUT_MS": "100",
        }
    )
    assert (settings.host, settings.port) == ("0.0.0.0", 9000)
    assert (settings.admin_secret, settings.unauthorized_role) == ("s", "public")
    assert settings.stringify_numeric
    assert settings.live_interval == timedelta(milliseconds=250)
    assert settings.limits.statement_timeout == timedelta(milliseconds=100)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HASURA_GRAPHQL_SERVER_PORT", "-1"),
        ("HASURA_GRAPHQL_SERVER_PORT", "65536"),
        ("HASURA_GRAPHQL_SERVER_PORT", "٣"),
        ("HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES", "maybe"),
        ("HASURA_GRAPHQL_PG_CONNECTIONS", "0"),
        ("BELTS_ENGINE_MAX_DEPTH", "101"),
        ("BELTS_ENGINE_STATEMENT_TIMEOUT_MS", "0"),
        ("HASURA_GRAPHQL_UNAUTHORIZED_ROLE", "public"),
    ],
)
def test_a_variable_that_cannot_be(name: str, value: str) -> None:
    """It is named."""
    with pytest.raises(MistakesError) as refused:
        from_environment({**URL, name: value})
    assert [mistake.path for mistake in refused.value.mistakes] == [name]


def test_secrets_are_not_shown() -> None:
    """Neither the database's password nor the admin's secret is in what a settings object prints."""
    settings = from_environment({**URL, "HASURA_GRAPHQL_ADMIN_SECRET": "hush"})
    assert "secret" not in repr(settings).replace("admin_secret", "")
    assert "hush" not in repr(settings)


FILES = ("HASURA_GRAPHQL_DATABASE_URL_FILE", "HASURA_GRAPHQL_ADMIN_SECRET_FILE")


def test_credentials_in_files(tmp_path: Path) -> None:
    """Their names are settings, what they hold is not: it may be another thing later."""
    file = tmp_path / "kept"
    file.write_text("hush")
    settings = from_environment(dict.fromkeys(FILES, str(file)))
    assert (settings.database_url_file, settings.admin_secret_file) == (file, file)
    assert (settings.database_url, settings.admin_secret) == (None, None)
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_or_empty(tmp_path: Path, name: str) -> None:
    """It is named, before anything is served; an empty secret would be no secret."""
    (tmp_path / "empty").write_text("\n")
    others = {} if "DATABASE" in name else URL
    for place, seen in (("none", "No such file or directory"), ("empty", "an empty one")):
        with pytest.raises(MistakesError) as refused:
            from_environment({**others, name: str(tmp_path / place)})
        assert tuple(map(str, refused.value.mistakes)) == (
            f"{name}: expected a file with one line of text, got {seen}",
        )


def test_a_credential_said_twice(tmp_path: Path) -> None:
    """Which of the two would count is not guessed."""
    (tmp_path / "url").write_text("postgres://h/d")
    with pytest.raises(MistakesError) as refused:
        from_environment({**URL, "HASURA_GRAPHQL_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert tuple(map(str, refused.value.mistakes)) == (
        "HASURA_GRAPHQL_DATABASE_URL: expected it or HASURA_GRAPHQL_DATABASE_URL_FILE, got both",
    )
