"""What is asked of the chains themselves: logs that must be found in the candidate."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSignature:
    """One event; `text` is its canonical form, such as `Transfer(address,address,uint256)`."""

    text: str
    name: str
    types: tuple[str, ...]
    indexed: tuple[bool, ...]
    arguments: tuple[str, ...]
    topic0: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Golden:
    """A log known to exist: its transaction's hash, and its index within the block."""

    transaction: str
    log_index: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Windows:
    """How many ranges of blocks are sampled, and how many blocks each one has, at the least."""

    count: int = 4
    blocks: int = 200


DEFAULT_WINDOWS = Windows()
DEFAULT_ROW_ID = "{chainId}_{blockNumber}_{logIndex}"


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundTruth:
    """One contract's event on one chain, and the entity that holds a row for every such log.

    `row_id` is how the belt's handler forms the row's id from the log; `{chainId}`, `{blockNumber}`,
    `{logIndex}`, `{transactionHash}` and `{address}` stand for the log's values. `columns` maps an event's
    arguments to the row's columns, where the values are to be compared as well.
    """

    chain: int
    contract: str
    event: EventSignature
    entity: str
    goldens: tuple[Golden, ...] = ()
    windows: Windows = DEFAULT_WINDOWS
    row_id: str = DEFAULT_ROW_ID
    columns: tuple[tuple[str, str], ...] = ()
