"""What the chains themselves say, and whether the candidate holds it."""

from dataclasses import dataclass

from gate.observations.rows import Value
from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSeen:
    """One log of a chain."""

    block: int
    block_hash: str
    log_index: int
    transaction: str
    address: str
    topics: tuple[str, ...]
    data: str

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
    """Why a window's logs are believed to be all there are: by receipts and blooms, or by two providers."""

    words: str
    receipts: int = 0
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSeen:
    """One range of blocks: the chain's logs against the candidate's rows.

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
class ContractSeen:
    """One contract's event, asked of the chain and looked up in the candidate."""

    contract: str
    event: str
    entity: str
    goldens: tuple[GoldenSeen, ...]
    windows: tuple[WindowSeen, ...] | Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class BlocksSeen:
    """Blocks whose hash the candidate remembers, beside the chain's own: `forked` are those that are not its.

    A belt that overlooked a reorganisation holds rows that are on no chain, and so may the other belt.
    """

    compared: int = 0
    forked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainSeen:
    """One expected chain."""

    chain: int
    new: bool
    providers: tuple[ProviderSeen, ...]
    contracts: tuple[ContractSeen, ...]
    blocks: BlocksSeen | Unobserved = BlocksSeen()


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """Every expected chain, and the seed with which its windows were drawn."""

    seed: int
    chains: tuple[ChainSeen, ...]
