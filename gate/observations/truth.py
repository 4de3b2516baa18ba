"""What the chains themselves say, and whether the candidate holds it."""

from dataclasses import dataclass

from gate.observations.rows import Value
from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSeen:
    """One log of a chain; `time` is that of its block, where somebody has asked for it."""

    block: int
    block_hash: str
    log_index: int
    transaction: str
    address: str
    topics: tuple[str, ...]
    data: str
    time: int | None = None

    @property
    def said(self) -> tuple[object, ...]:
        """Where it is and what it says: all that a receipts root commits to."""
        return self.place, self.address, self.topics, self.data

    @property
    def place(self) -> tuple[int, int]:
        """Where the log is: block and index within it."""
        return self.block, self.log_index


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderSeen:
    """One provider of the policy, and the chain that it says it serves."""

    address: str
    provider: str
    independent: bool
    chain: int | Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class GoldenSeen:
    """One golden: its log on the chain, the row that should hold it, and whether the candidate has that.

    `log` is `None` where the chain has no such log. `row` is `None` where the entity has no such row.
    `wrong` are columns that hold something else than the log's arguments; `raw` says whether `raw_events`
    has the log.
    """

    transaction: str
    log_index: int
    log: LogSeen | Unobserved | None
    key: str = ""
    row: bool | Unobserved = False
    wrong: tuple[Value, ...] = ()
    raw: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """Why a window's logs are believed to be all there are: by receipts and blooms, or by two providers.

    `receipts` is how many of the `blocks` that have a log, or may have one, were proved by their receipts
    root. `bound` says that the hash of the window's last block commits to all of them: nobody can have made
    them up who does not know another chain that ends in that very hash.
    """

    words: str
    receipts: int = 0
    blocks: int = 0
    providers: tuple[str, ...] = ()
    bound: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSeen:
    """One range of blocks: the chain's logs against the candidate's rows.

    `around` says that it was chosen for a known event.

    `missing` are rows that the logs call for and the entity has not, `unknown` are events that the
    candidate holds and the chain does not, `undone` of them are left out: a reorganisation undid their
    blocks, and their rows are gone. `wrong` are values that are not those of the log. `dispute` says how
    providers contradict each other or themselves.
    """

    first: int
    last: int
    around: bool
    logs: int | Unobserved
    proof: Proof | Unobserved
    missing: tuple[str, ...] | Unobserved = ()
    unknown: tuple[str, ...] = ()
    undone: int = 0
    wrong: tuple[str, ...] = ()
    dispute: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BeginningSeen:
    """Where the history of a contract's event begins, why, and what the candidate leaves out of it.

    `code` says whether anything was ever created at the address. `earlier` is the first log that lies before
    the block at which the candidate `started`; `None` where there is none.
    """

    block: int
    words: str
    code: bool | Unobserved
    started: int
    earlier: LogSeen | Unobserved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContractSeen:
    """One contract's event, asked of the chain and looked up in the candidate.

    `compared` are the columns whose values were compared with logs. Where no window has a log, `searched`
    says how many blocks more were asked for one; `events` and `contracts` are what the candidate has received
    of the same contract, and of events of that name: the policy may have meant one of these.
    """

    contract: str
    event: str
    entity: str
    goldens: tuple[GoldenSeen, ...]
    windows: tuple[WindowSeen, ...] | Unobserved
    beginning: BeginningSeen | Unobserved
    compared: tuple[str, ...] = ()
    searched: int = 0
    events: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()

    @property
    def whose(self) -> str:
        """The contract in words; the policy may name none."""
        return self.contract or "any contract"


@dataclass(frozen=True, kw_only=True, slots=True)
class BlocksSeen:
    """Blocks whose hash the candidate remembers, beside the chain's own: `forked` are those that are not its.

    Of `disputed` blocks one provider says so, and another one knows them as the candidate does. A belt that
    overlooked a reorganisation holds rows that are on no chain, and so may the other belt. `received` are
    blocks of raw events, which a belt keeps when it undoes a block: few may be `strange`.
    """

    compared: int = 0
    forked: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    received: int = 0
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Below:
    """Up to which block a chain is proved, beside the block that the candidate has `reached`.

    `behind` are the seconds of the chain in between; `None` where nobody says or asked.
    """

    height: int
    reached: int
    behind: int | None = None

    @property
    def distance(self) -> int:
        """Blocks of the candidate above what is proved."""
        return self.reached - self.height


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainSeen:
    """One expected chain; `sources` are what the belts index from, as the policy says.

    `below` says up to where samples are drawn, where any are.
    """

    chain: int
    new: bool
    providers: tuple[ProviderSeen, ...]
    contracts: tuple[ContractSeen, ...]
    sources: tuple[ProviderSeen, ...] = ()
    blocks: BlocksSeen | Unobserved = BlocksSeen()
    below: Below | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """Every expected chain, and the seed with which its windows were drawn."""

    seed: int
    chains: tuple[ChainSeen, ...]
