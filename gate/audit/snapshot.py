"""What the auditor saw, frozen: who serves by each of the places that say so, and how the belts are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from belts.runtimes.audited import Running
from belts.runtimes.disk import Disk
from belts.runtimes.lease import Lease, Unreadable
from gate.alias.sight import Sight
from gate.alias.state import Heights, Served


@dataclass(frozen=True, kw_only=True, slots=True)
class Unseen:
    """One of the places could not be looked at."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the gateway answers a consumer: from which belt, and with which status."""

    belt: str | None
    status: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Damaged:
    """The alias is there and says nothing that we wrote; of one that lives elsewhere, that we have set.

    `untold` where nobody can tell what it says, and `now` what to do about it, where that was said.
    """

    words: str
    elsewhere: bool = False
    untold: bool = False
    now: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """What lies in the alias directory beside what it says: whose it is, and entries that nobody made.

    `others` are gateways of this host whose Caddy reads the same directory. `refuted` is a belt that was seen
    to be wrong right after its promotion, which the ledger has not been told yet.
    """

    owner: str | None = None
    refuted: str | None = None
    strange: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outbox:
    """Announcements that no listener took; `since` is when the oldest was made."""

    waiting: int
    attempts: int
    since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """Who serves by the ledger, and the move that has not ended, if any."""

    belt: str | None = None
    identity: str | None = None
    unended: int | None = None
    last: int | None = None
    """The number of its newest move."""
    ever: frozenset[tuple[str, str]] = frozenset()
    """Every belt that a move of ours made serve, by it: its name, and who it was then."""
    outbox: Outbox | None = None
    """None where nobody is to be told."""
    unsealed: tuple[str, ...] = ()
    """Rows that this gateway has not written like this."""
    open_tables: bool = False
    """Whether the role that the gateway logs in with could write rows past the functions that check them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """Who serves by Pulumi's state; nobody where `belt` is None. `held` says whether the alias is in it."""

    belt: str | None = None
    identity: str | None = None
    held: bool = True
    pending: tuple[str, ...] = ()
    """Operations that an update began and never ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BeltSeen:
    """One belt of this host: its database, its parts that are down, and what its stack declared.

    `declared` is the digest of the identity that its stack exports, `same` whether its database is that one;
    None where that could not be told.
    """

    sight: Sight | Unseen
    declared: str | Unseen | None
    same: bool | None
    down: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    """What its stack says of its parts and the host was asked otherwise, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainSeen:
    """One chain of the serving belt; `why` says why `committed` or `head` is None, by that name."""

    chain: int
    limit: int | None = None
    """How many blocks the belt may be behind; None where the policy does not say."""
    committed: int | None = None
    head: int | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    lasted: int | None = None
    """How far behind it was in two looks in a row; None where nobody looked lately."""
    stands: timedelta | None = None
    """For how long it was seen to commit nothing while the chain has more."""
    halts: timedelta | None = None
    """For how long the head was seen not to move."""

    @property
    def lag(self) -> int | None:
        """The blocks that it is behind, and was."""
        if self.committed is None or self.head is None:
            return None
        now = max(0, self.head - self.committed)
        return now if self.lasted is None else min(now, self.lasted)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Everything that was seen of one gateway."""

    gateway: str
    at: datetime
    door: Answer | Unseen
    alias: Served | Damaged | None
    directory: Directory | Unseen
    ledger: Booked | Unseen
    state: Stated | Unseen
    caddy: Running | Unseen | None
    """None where consumers are led by something else than a Caddy of this place."""
    leases: Mapping[str, tuple[Lease | Unreadable, ...]]
    """By belt, for every belt that has a home on this host."""
    belts: Mapping[str, BeltSeen]
    chains: tuple[ChainSeen, ...] | Unseen | None
    """The watched chains; None where nobody is asked to watch any."""
    asked: tuple[str, ...] | Unseen
    """What was asked last and may not run, of any belt here; what the gateway's stack says otherwise."""
    unread: tuple[str, ...] | Unseen
    """What of any belt or gateway of the host says nothing, in words."""
    hung: tuple[str, ...] | Unseen
    """Parts of any belt or gateway here that hang and that nobody restarts any more, in words."""
    lag: int
    """Blocks that a soaking belt may be behind the serving one."""
    patience: timedelta
    """How long an announcement may wait."""
    disk: Disk | Unseen | None = None
    """The room that the belts of this place have left."""
    elsewhere: bool = False
    """Whether the alias lives elsewhere, so that no door of this place leads consumers."""
    idle: tuple[str, ...] | Unseen = ()
    """Belts of this place that cost money for nobody, in words."""

    @property
    def serves(self) -> str | None:
        """The belt that the alias leads to."""
        return self.alias.serves.belt if isinstance(self.alias, Served) else None

    @property
    def soaks(self) -> tuple[str, ...]:
        """The belts that this gateway has yet to keep hot."""
        return tuple(
            belt
            for belt, leases in sorted(self.leases.items())
            if belt != self.serves
            and any(
                isinstance(lease, Lease)
                and lease.gateway == self.gateway
                and lease.until is not None
                and lease.held(self.at)
                for lease in leases
            )
        )

    def heights(self, belt: str) -> Heights | None:
        """How far a belt has come, where that was seen."""
        seen = self.belts.get(belt)
        return seen.sight.heights if seen is not None and isinstance(seen.sight, Sight) else None
