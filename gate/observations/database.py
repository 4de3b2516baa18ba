"""Identifies the database behind a database URL."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseIdentity:
    """What distinguishes a database from every other, whatever name leads to it.

    `chain_table_oid` changes when a belt is seeded again. `version` is Postgres' `server_version_num`.
    """

    system_identifier: int
    database_oid: int
    database: str
    schema: str
    chain_table_oid: int
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LockSeen:
    """An advisory lock taken through the serving belt's URL, and tried through the candidate's.

    If the candidate's session can take it too, the URLs lead to two databases.
    """

    taken_on_both: bool
