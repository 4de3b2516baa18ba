"""The edge of a belt that runs elsewhere: what of it runs on the gateway's host, and whom it leads to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from belts.reading.kinds import PathTo, Port, Section, Text, Url
from belts.spec.budget import BUDGET, Budget
from belts.spec.engine import GRAPHQL
from belts.spec.identity import Oid, Seed
from belts.spec.part import Part

EDGE = "edge"
DATABASE_URL = "databaseUrl"
"""The name of the secret by which the belt's database is looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge(Part):
    """What a gateway dials for a belt by URL, and which seed that belt was seen to hold.

    The seed is a part of what is asked for: a belt that was seeded anew is another one.
    """

    programs: ClassVar[tuple[str, ...]] = (EDGE,)
    memory_mb: ClassVar[int] = 64
    url: Annotated[
        str,
        Url(
            "by URL: where the belt answers GraphQL, over https or http, without user and query",
            what="a URL like https://host/path/v1/graphql",
        ),
    ]
    port: Annotated[int, Port("by URL: where its edge listens, on 127.0.0.1, for the gateway and the gate")]
    ca: Annotated[
        Path | None,
        PathTo(
            "by URL: a file of certificates (PEM), one of which has to have signed that of the belt; without "
            "it those that this machine trusts count",
            what="the path of certificates",
            must="certificates",
            live=True,
        ),
    ] = None
    authorities: Annotated[str, Text(live=True)] = ""
    """What that file held when the stack was brought up: the edge comes back without it."""
    database: Annotated[str, Text()]
    system_identifier: Annotated[str, Text()]
    database_oid: Oid
    chain_table_oid: Oid
    catalogue: Annotated[str | None, Text()] = None
    """What its Hasura calls itself; nothing of one that does not say it."""
    noted: Annotated[str | None, Text(live=True)] = None
    """The project that its own host has written into its database, where that is a host of Belts."""
    budget: Annotated[Budget, Section(live=True, top=True)] = BUDGET

    @property
    def graphql(self) -> str:
        """Where it answers: what consumers get, the gate gets too."""
        return f"http://{self.dial}{GRAPHQL}"

    @property
    def dial(self) -> str:
        """Where a gateway dials."""
        return f"127.0.0.1:{self.port}"

    @property
    def seed(self) -> Seed:
        """Which seeding its database was seen to hold."""
        return Seed(
            system_identifier=self.system_identifier,
            database_oid=self.database_oid,
            chain_table_oid=self.chain_table_oid,
        )
