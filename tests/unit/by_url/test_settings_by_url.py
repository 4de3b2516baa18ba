"""The stack of a belt by URL: what it says, and what is refused of it."""

from pathlib import Path
from typing import Any

import pytest

from belts.spec.url_belt import Source, UrlBelt
from stacks.settings import SettingsRefused
from tests.unit.stacks.configs import by_url, chains, gateway, read

SECRETS = frozenset({"belts:adminSecret", "belts:databaseUrl"})


def mistakes(
    directory: Path, config: dict[str, Any], secrets: frozenset[str] = SECRETS, *, stack: str = "blue"
) -> list[str]:
    with pytest.raises(SettingsRefused) as refusal:
        read(directory, config, secrets=secrets, stack=stack)
    return [str(mistake) for mistake in refusal.value.mistakes]


def test_a_belt_by_url(tmp_path: Path) -> None:
    """Its URL and its secrets suffice; nothing secret is in what is read."""
    spec = read(tmp_path, by_url(), secrets=SECRETS)

    assert isinstance(spec, UrlBelt)
    assert (spec.edge.url, spec.edge.port) == ("https://host.example/id/v1/graphql", 8601)
    assert (spec.project, spec.metrics, spec.indexed_from) == (None, None, ())
    assert "hush" not in repr(spec)


def test_with_all(tmp_path: Path) -> None:
    """Its project where that is at hand, its metrics, and whom it indexes from."""
    config = by_url(
        envio={"project": "indexer"},
        metrics="https://host.example/metrics",
        indexedFrom=[{"chain": 1, "url": "https://rpc.example"}],
    )
    spec = read(tmp_path, config, secrets=SECRETS)

    assert isinstance(spec, UrlBelt)
    assert spec.project is not None
    assert spec.project.digest == "d1"
    assert spec.indexed_from == (Source(chain=1, url="https://rpc.example"),)


def test_secrets_in_plain_text(tmp_path: Path) -> None:
    """Each is refused, and not shown."""
    told = mistakes(tmp_path, by_url(), secrets=frozenset())

    assert len(told) == 2
    assert all("got plain text" in each and "hush" not in each for each in told)


def test_without_its_secrets(tmp_path: Path) -> None:
    """What the gate cannot do without is asked for by name."""
    told = mistakes(tmp_path, by_url(adminSecret=None, databaseUrl=None), secrets=frozenset())

    assert [each.partition(":")[2].partition(":")[0] for each in told] == ["adminSecret", "databaseUrl"]


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hush@host.example/v1/graphql",
        "https://host.example/v1/graphql?key=hush",
        "ftp://h/",
        "host",
    ],
)
def test_a_url_that_is_none(tmp_path: Path, url: str) -> None:
    """One with a credential in it is refused as well: it would stand in the state in clear."""
    [told] = mistakes(tmp_path, by_url(edge={"url": url, "port": 8601}))

    assert told.startswith("belts:edge.url: expected a URL like https://host/path/v1/graphql")


def test_parts_that_run_nowhere_here(tmp_path: Path) -> None:
    """Settings of a belt that runs here are none of one that does not."""
    [told] = mistakes(tmp_path, by_url(postgres={"port": 5501}))

    assert told.startswith("belts:postgres")


@pytest.mark.parametrize("config", [gateway(), chains()], ids=["gateway", "chains"])
def test_what_runs_here_in_any_case(tmp_path: Path, config: dict[str, Any]) -> None:
    """Only a belt may be elsewhere."""
    [told] = mistakes(tmp_path, config | {"runtime": "url"}, frozenset(), stack="one")

    assert told.startswith("belts:runtime: expected process: only a belt may be elsewhere")
