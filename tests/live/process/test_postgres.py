"""A belt's own Postgres, for real."""

import psycopg
import pytest

pytestmark = pytest.mark.live


def test_fixture(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute("show fsync").fetchone() == ("off",)
