"""Who a belt is: read as it was written, one value for all of it, and another one for every change."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.spec.identity import Identity, IdentityUnreadable, Seed, read, written
from tests.identities import identity

texts = st.text(min_size=1, max_size=8).filter(lambda text: not text.isspace() and text == text.strip())
oids = st.integers(min_value=1, max_value=2**32 - 1)
identities = st.builds(
    Identity,
    system_identifier=texts,
    database_oid=oids,
    chain_table_oid=oids,
    database=texts,
    project_digest=texts,
    schema_digest=texts,
    indexer_version=texts,
)
PARTS = sorted(field.name for field in fields(Identity) if field.name != "version")


@given(identities)
def test_read_as_it_was_written(one: Identity) -> None:
    """Also where every number has become a float, as Pulumi's engine hands them over, and in any order."""
    told = {key: float(value) if isinstance(value, int) else value for key, value in written(one).items()}
    assert read(told) == read(dict(reversed(written(one).items()))) == one
    assert read(told).digest == one.digest


@given(identities, st.sampled_from(PARTS))
def test_another_identity_has_another_digest(one: Identity, part: str) -> None:
    """Whatever part of an identity changes, the digest does."""
    value = getattr(one, part)
    changed: Any = value + 1 if isinstance(value, int) else f"{value}'"
    other = replace(one, **{part: changed})
    assert other.digest != one.digest


def test_the_seed_is_what_a_database_shows() -> None:
    """What a refusal names of two seeds is what differs."""
    one, other = identity("1").seed, identity("1", chain_table_oid=9).seed
    assert type(one) is Seed
    assert (one.unlike(other), other.unlike(one)) == ("chainTableOid 1", "chainTableOid 9")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"databaseOid": ...}, "identity.databaseOid: expected an OID, got nothing"),
        ({"databaseOid": 1.5}, "identity.databaseOid: expected an OID, got 1.5"),
        ({"databaseOid": True}, "identity.databaseOid: expected an OID, got true"),
        ({"systemIdentifier": 7}, "identity.systemIdentifier: expected a text that is not empty, got 7"),
        ({"colour": "blue"}, "got an unknown key"),
        ({"version": 2}, "identity.version: expected version 1, got version 2, which a later release writes"),
        ({"version": ...}, "identity.version: expected version 1, got nothing"),
    ],
)
def test_what_is_no_identity(changes: dict[str, object], told: str) -> None:
    """Each mistake is named; what a later release wrote is not half understood."""
    raw = {key: value for key, value in (written(identity()) | changes).items() if value is not ...}
    with pytest.raises(IdentityUnreadable) as unreadable:
        read(raw)
    assert told in str(unreadable.value)
