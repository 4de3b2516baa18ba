"""Who a belt is: which database it holds, which seed, which project. A reseed makes it somebody else."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from belts.reading.codec import decode, encode
from belts.reading.fields import Fields
from belts.reading.kinds import MOST_OID, Text, Version, Whole
from belts.reading.mistakes import Mistake, MistakesError

VERSION = 1
Oid = Annotated[int, Whole(what="an OID", most=MOST_OID)]


class IdentityUnreadable(MistakesError, ValueError):
    """What should say who a belt is does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """Which seeding a database holds, as the database itself shows it."""

    system_identifier: Annotated[str, Text()]
    database_oid: Oid
    chain_table_oid: Oid

    @property
    def number(self) -> int:
        """One number for it, never 0: another seeding has another one."""
        told = json.dumps(encode(self), sort_keys=True).encode()
        return 1 + int.from_bytes(hashlib.sha256(told).digest()[:6])

    def unlike(self, other: "Seed") -> str:
        """What of it another one has not, as a refusal names it."""
        theirs = encode(other)
        return ", ".join(f"{key} {value}" for key, value in encode(self).items() if theirs[key] != value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity(Seed):
    """Who a belt is, as its stack declares it."""

    version: Annotated[int, Version(newest=VERSION)] = VERSION
    database: Annotated[str, Text()]
    project_digest: Annotated[str, Text()]
    schema_digest: Annotated[str, Text()]
    indexer_version: Annotated[str, Text()]

    @property
    def seed(self) -> Seed:
        """The part of it that its database shows."""
        return Seed(
            system_identifier=self.system_identifier,
            database_oid=self.database_oid,
            chain_table_oid=self.chain_table_oid,
        )

    @property
    def digest(self) -> str:
        """One value for all of it: another database, seed, project or release makes another one."""
        return hashlib.sha256(json.dumps(encode(self), sort_keys=True).encode()).hexdigest()


def written(identity: Identity) -> dict[str, Any]:
    """As it is kept, and handed from one stack to another."""
    return encode(identity)


def read(told: Mapping[str, Any]) -> Identity:
    """Who a belt is, or `IdentityUnreadable`. Pulumi's engine hands every number over as a float."""
    mistakes: list[Mistake] = []
    values = {key: int(value) if _is_whole_float(value) else value for key, value in told.items()}
    source = Fields(values=values, mistakes=mistakes, path="identity")
    identity: Identity = decode(Identity, source)
    source.done()
    if mistakes:
        raise IdentityUnreadable(mistakes, of="the identity of a belt")
    return identity


def _is_whole_float(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()
