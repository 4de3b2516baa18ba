"""What is asked of the chains themselves: logs that must be found in the candidate."""

from dataclasses import dataclass

from gate.policy.place import DEFAULT_PLACE, PlacePolicy


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
    """How many ranges of blocks are sampled, and the minimum length of each."""

    count: int = 4
    blocks: int = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """The event by which a contract registers others: the address in `argument` is indexed from then on."""

    contract: str
    event: EventSignature
    argument: str


DEFAULT_WINDOWS = Windows()
DEFAULT_ROW_ID = "{chainId}_{blockNumber}_{logIndex}"


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundTruth:
    """One contract's event on one chain, and the entity that holds a row for every such log.

    `contract` is empty if it may be any, or one that `registered_by` registers. `start` is the first block
    that is checked, `topics` are the values of indexed arguments that the handler accepts. `where` limits the
    entity's rows to those of this event; `values` maps columns to what they hold. `place` are the columns of
    the log's own chain, block, index and time, if their names do not show it.

    `row_id` is how the belt's handler forms the row's id from the log; `{chainId}`, `{blockNumber}`,
    `{logIndex}`, `{transactionHash}` and `{address}` stand for the log's values. `columns` maps an event's
    arguments to the row's columns whose values are compared as well.
    """

    chain: int
    contract: str
    event: EventSignature
    entity: str
    goldens: tuple[Golden, ...] = ()
    windows: Windows = DEFAULT_WINDOWS
    row_id: str = DEFAULT_ROW_ID
    columns: tuple[tuple[str, str], ...] = ()
    start: int | None = None
    topics: tuple[tuple[str, tuple[str, ...]], ...] = ()
    registered_by: Registration | None = None
    where: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    place: PlacePolicy = DEFAULT_PLACE

    @property
    def compared(self) -> frozenset[str]:
        """The columns whose values follow from the log."""
        return frozenset(column for _, column in self.columns) | {column for column, _ in self.values}

    @property
    def rows(self) -> tuple[object, ...]:
        """Identifies the rows, regardless of what is compared and from which block."""
        event = self.event.text, self.event.indexed
        by = self.registered_by
        return (
            self.chain,
            self.contract,
            *event,
            self.entity,
            self.row_id,
            self.topics,
            self.where,
            by and (by.contract, by.event.topic0, by.argument),
        )
