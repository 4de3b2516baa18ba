"""A belt's own Postgres, and the small one of a gateway's ledger."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from belts.reading.kinds import Flag, Listed, Port, Section, Whole
from belts.spec.budget import BUDGET, Budget
from belts.spec.credentials import MOST_GENERATIONS, Credentials, RevokePrevious
from belts.spec.outlet import PROGRAM as OUTLET
from belts.spec.outlet import Outlet
from belts.spec.part import Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Postgres(Part):
    """The belt's own Postgres cluster."""

    port: Annotated[
        int, Port("of the belt's own Postgres: a part of its sockets' names, and where it listens with `tcp`")
    ]
    tcp: Annotated[
        bool,
        Flag(
            "whether it listens on that port of 127.0.0.1, too, and not at sockets for its own parts alone: "
            "for who reads past GraphQL (`exportDatabase`), and for a Hasura of yours",
            live=True,
        ),
    ] = False
    outlet: Annotated[Outlet | None, Section(live=True)] = None
    shared_buffers_mb: Annotated[int, Whole("its `shared_buffers`", of="MiB", least=16, live=True)] = 128
    max_connections: Annotated[
        int, Whole("its `max_connections`", of="connections", least=20, most=5_000, live=True)
    ] = 60
    memory_mb: Annotated[
        int, Whole("what it counts for in the memory of the host", of="MiB", least=64, live=True)
    ] = 512
    acknowledged_readers: Annotated[
        tuple[str, ...],
        Listed(
            "who may be cut off when the belt is retired: a list of names or addresses as a refused "
            "`pulumi destroy` gives them; see [retirement](retirement.md)",
            of="readers, as a refusal names them",
            live=True,
            top=True,
        ),
    ] = ()
    credentials: Credentials = 1
    revoke_previous: RevokePrevious = False
    budget: Annotated[Budget, Section(live=True, top=True)] = BUDGET
    """What the whole belt counts for: its Postgres comes up first, and goes last."""

    @property
    def programs(self) -> tuple[str, ...]:
        """Postgres, and who lets readers on other hosts in to it."""
        return ("postgres",) if self.outlet is None else ("postgres", OUTLET)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger(Part):
    """The gateway's own ledger; how large its cluster is, is no setting."""

    programs: ClassVar[tuple[str, ...]] = ("postgres",)
    memory_mb: ClassVar[int] = 64
    port: Annotated[int, Port("of the gateway's own ledger, a small Postgres: a part of its socket's name")]
    credentials: Annotated[
        int,
        Whole(
            "the generation of that ledger's passwords; raising it makes [new ones](rotation.md), lowering "
            "it is refused",
            most=MOST_GENERATIONS,
            top=True,
        ),
    ] = 1

    @property
    def cluster(self) -> Postgres:
        """The Postgres that it is kept in."""
        return Postgres(
            port=self.port,
            shared_buffers_mb=16,
            max_connections=20,
            memory_mb=64,
            credentials=self.credentials,
        )
