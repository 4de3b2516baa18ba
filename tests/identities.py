"""Who a belt is, with everything in it that a test does not name."""

from dataclasses import replace
from typing import Any

from belts.spec.identity import Identity, Seed

SEED = Seed(system_identifier="7", database_oid=1, chain_table_oid=1)


def identity(system: str = "7", **changes: Any) -> Identity:
    """A belt in the cluster of this identifier."""
    usual = Identity(
        system_identifier=system,
        database_oid=1,
        chain_table_oid=1,
        database="belts",
        project_digest="d",
        schema_digest="s",
        indexer_version="3.0.0-alpha.17",
    )
    return replace(usual, **changes)


def of(seed: Seed, project: str = "d") -> Identity:
    """A belt with this seed."""
    return identity(
        seed.system_identifier,
        database_oid=seed.database_oid,
        chain_table_oid=seed.chain_table_oid,
        project_digest=project,
    )
