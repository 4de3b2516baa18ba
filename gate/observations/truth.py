"""What the chains themselves say, and whether the candidate holds it."""

from dataclasses import dataclass

from gate.observations.rows import Value
from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSeen:
    """One log of a chain; `time` is that of its block, if it was asked for."""

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
        """Its place and contents: everything that a receipts root commits to."""
        return self.place, self.address, self.topics, self.data

    @property
    def place(self) -> tuple[int, int]:
        """The log's block and index."""
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

    `log` is `None` if the chain has no such log. `row` is `None` if the entity has no such row. `wrong` are
    columns that differ from the log's arguments; `raw` says whether `raw_events` has the log.
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
    """Why a window's logs are believed to be complete: by receipts and blooms, or by two providers.

    `receipts` is how many of the `blocks` that may have a log were proved by their receipts root. `bound`
    means that the hash of the window's last block commits to all of them: to make them up, one would need
    another chain that ends in the same hash.
    """

    words: str
    receipts: int = 0
    blocks: int = 0
    providers: tuple[str, ...] = ()
    bound: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSeen:
    """One range of blocks: the chain's logs against the candidate's rows.

    `around` means that it was chosen for a known event.

    `missing` are rows that the logs require and the entity lacks, `unknown` are events that the candidate
    holds and the chain does not; `undone` of them are ignored, because a reorganisation undid their blocks
    and their rows are gone. `wrong` are values that differ from the log's. `dispute` says how providers
    contradict each other or themselves.
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

    `code` says whether anything was ever created at the address. `earlier` is the first log before the block
    at which the candidate `started`; `None` if there is none.
    """

    block: int
    words: str
    code: bool | Unobserved
    started: int
    earlier: LogSeen | Unobserved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContractSeen:
    """One contract's event, asked of the chain and looked up in the candidate.

    `compared` are the columns whose values were compared with logs. If no window has a log, `searched` is how
    many more blocks were searched for one; `events` and `contracts` are those that the candidate received of
    the same contract or event name, one of which the policy may have meant.
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
    """Blocks whose hash the candidate has, compared with the chain; `forked` are those that differ.

    In `disputed` blocks providers disagree about that. A belt that missed a reorganisation holds rows that
    are on no chain, and so may the other belt. `received` are blocks of raw events, which a belt keeps when
    it undoes a block: a few of them may be `strange`.
    """

    compared: int = 0
    forked: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    received: int = 0
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Below:
    """Up to which block a chain is proved, and the block that the candidate has `reached`.

    `behind` are the seconds of the chain in between; `None` if unknown or not asked.
    """

    height: int
    reached: int
    behind: int | None = None

    @property
    def distance(self) -> int:
        """How many blocks of the candidate are above what is proved."""
        return self.reached - self.height


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainSeen:
    """One expected chain; `sources` are what the belts index from according to the policy.

    `below` says up to where samples are drawn, if any are.
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
    """Every expected chain, and the seed that its windows were drawn with."""

    seed: int
    chains: tuple[ChainSeen, ...]
