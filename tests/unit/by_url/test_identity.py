"""Who a belt by URL is, and what of it nobody can see."""

from dataclasses import replace

import pytest

from belts.refusal import Refusal
from belts.runtimes.url import unproved
from belts.runtimes.url.identity import UNKNOWN, identity_of
from tests.unit.belts.specs import PROJECT, by_url, edge


def test_without_a_project() -> None:
    """Its URL and its database stand in for it; another one of either is another belt."""
    own = identity_of(by_url())
    others = [
        identity_of(by_url(edge=edge(**change)))
        for change in (
            {"url": "https://host.example/other/v1/graphql"},
            {"system_identifier": "8"},
            {"database_oid": 6},
            {"chain_table_oid": 16_385},
        )
    ]

    assert (own.schema_digest, own.indexer_version) == (UNKNOWN, UNKNOWN)
    assert own.project_digest.startswith("url:")
    assert len({each.digest for each in (own, *others)}) == 5


def test_with_a_project() -> None:
    """It is what it is for any belt."""
    found = identity_of(by_url(project=PROJECT))

    assert (found.project_digest, found.schema_digest) == (PROJECT.digest, PROJECT.schema_digest)
    assert found.indexer_version == PROJECT.version


def test_a_project_that_its_host_has_noted() -> None:
    """What stands in its database counts, and a stack that says another is refused."""
    assert identity_of(by_url(edge=edge(noted="noted"))).project_digest == "noted"
    assert (
        identity_of(by_url(project=PROJECT, edge=edge(noted=PROJECT.digest))).project_digest == PROJECT.digest
    )
    with pytest.raises(Refusal, match="another project than the one that it runs"):
        identity_of(by_url(project=PROJECT, edge=edge(noted="noted")))


def test_a_seed_has_a_number_of_its_own() -> None:
    """Never 0, which says that there is none."""
    seeds = [edge().seed, edge(chain_table_oid=1).seed, edge(system_identifier="8").seed]

    assert len({seed.number for seed in seeds}) == 3
    assert all(seed.number for seed in seeds)


def test_what_is_not_looked_at() -> None:
    """The less a stack says, the more is told, and never nothing."""
    bare, whole = by_url(), by_url(project=PROJECT, metrics="https://host.example/metrics")
    told = " ".join(unproved.of(bare))

    assert all(word in told for word in ("`envio`", "`metrics`", "`indexedFrom`"))
    assert "taken at its word" in " ".join(unproved.of(whole))
    assert list(unproved.of(replace(whole, project=None)))
