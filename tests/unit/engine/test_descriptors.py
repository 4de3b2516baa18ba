"""The engine opens as much as the system lets it, and does not start where that is too little."""

import resource

import pytest

from belts.engine.descriptors import TooFew, needed, raised
from belts.engine.settings import from_environment

URL = {"HASURA_GRAPHQL_DATABASE_URL": "postgres://u@h/d"}


def limits(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, found: made.append(found))
    return made


def test_a_low_limit_that_may_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is raised as far as it goes."""
    made = limits(monkeypatch, 1_024, 20_000)
    assert raised(6_000) == 20_000
    assert made == [(20_000, 20_000)]


def test_no_limit_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is needed is enough."""
    made = limits(monkeypatch, 1_024, resource.RLIM_INFINITY)
    assert raised(6_000) == 6_000
    assert made == [(6_000, resource.RLIM_INFINITY)]


def test_too_low(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused in words, before a client is turned away without any."""
    made = limits(monkeypatch, 1_024, 4_096)
    with pytest.raises(TooFew, match=r"6,074 at least(.|\n)*a hard limit of 4,096"):
        raised(needed(from_environment(URL)))
    assert not made
