"""Which Caddy may carry the alias, and how Go runs it."""

import pytest

from belts.runtimes.caddy import environment, proved


@pytest.mark.parametrize("version", ["2.11.7", "v2.11.0 h1:abc=", "v2.11.7\n"])
def test_version_that_was_proved(version: str) -> None:
    """The line that was seen to dial by placeholder."""
    assert proved(version)


@pytest.mark.parametrize("version", ["2.6.2", "v2.1.1", "2.12.0", "2.110.0", "3.0.0", "", "(devel)"])
def test_version_that_was_not(version: str) -> None:
    """Any other one, older or newer, is not trusted."""
    assert not proved(version)


@pytest.mark.parametrize(("cores", "threads"), [(1, "2"), (2, "4"), (4, "8")])
def test_few_cores(cores: int, threads: str) -> None:
    """A request that reads the alias does not hold the others up."""
    assert environment(cores=cores)["GOMAXPROCS"] == threads


def test_many_cores() -> None:
    """Go sees itself how many of them it may use: more threads than that would be stopped for it."""
    assert "GOMAXPROCS" not in environment(cores=5)
    assert environment(cores=64) == {"GOGC": "800", "GOMEMLIMIT": "1GiB"}
