"""The rows of every entity on both belts, brought to one height and compared row by row."""

from dataclasses import dataclass
from enum import StrEnum

from gate.observations.unobserved import Unobserved


class Basis(StrEnum):
    """How the rows of two belts at different heights were brought to one height."""

    AT_BLOCK = "at block"
    BY_TIMESTAMP = "by timestamp"
    BY_STATE = "by state"
    EQUAL_PROGRESS = "at equal progress"


class Kind(StrEnum):
    """How one row differs."""

    MISSING = "missing"  # the serving belt has it, the candidate does not
    EXTRA = "extra"  # the candidate has it, the serving belt does not
    DIFFERENT = "different"


@dataclass(frozen=True, kw_only=True, slots=True)
class Above:
    """What both belts have between the height and the lower progress: events, and `blocks` equal by hash.

    `unequal` are those of these blocks for which the belts differ in the number of events.
    """

    serving: int
    candidate: int
    blocks: int
    unequal: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Height:
    """The block of one chain up to which both belts are compared, and the rule that chose it.

    `final` is what each provider calls final. `made` is the second in which the block was made, `behind` the
    seconds of the chain between it and the lower progress; `None` if unknown. `above` is what the belts' own
    checkpoints say of the blocks in between.
    """

    chain: int
    block: int
    serving: int
    candidate: int
    rule: str
    final: tuple[tuple[str, int], ...] = ()
    made: int | None = None
    behind: int | None = None
    above: Above | None = None

    @property
    def lower(self) -> int:
        """The lower progress of both belts."""
        return min(self.serving, self.candidate)

    @property
    def distance(self) -> int:
        """How many blocks above the height both belts have."""
        return self.lower - self.block


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """Where rows with a timestamp but no chain are cut: at one second for all chains.

    It is that of the chain whose height is the oldest, so it hides `behind` seconds of the youngest.
    """

    chain: int
    second: int
    behind: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """One column of one row on both belts; `None` is NULL."""

    column: str
    serving: str | None
    candidate: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowDifference:
    """One row that differs between the belts."""

    kind: Kind
    key: str
    chain: str | None = None
    block: int | None = None
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """How many rows of one entity both belts hold, on one chain if its rows name one.

    `lost` of the candidate's are rows that the serving belt lost, as the chain confirms.
    """

    chain: str | None
    serving: int
    candidate: int
    lost: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """How many rows differ; `complete` is false if the comparison stopped after enough of them."""

    missing: int = 0
    extra: int = 0
    different: int = 0
    traced: int = 0
    covered: int = 0
    undecided: int = 0
    lost: int = 0
    complete: bool = True

    @property
    def unequal(self) -> int:
        """Rows that can only be explained by a fault."""
        return self.missing + self.extra + self.different


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityRows:
    """One entity at the common height.

    `traced` rows of the totals come from contracts that are new in the candidate, `covered` ones differ only
    in columns that the policy lets differ, `undecided` ones in columns that depend on the order in which a
    belt meets the chains. `lost` rows are logs of the chain that the serving belt lacks, where the policy
    expects it. `first` is the first differing block of every chain. `torn` means that a part of the history
    of undecided rows is gone, which no order of chains explains.

    `columns` are those that both belts have, as the candidate spells them. `chained` means that rows name
    their chain, `by_chain` that their keys contain it too, after the id. If no row of the serving belt was
    compared, on one chain or at all, `uncut` is how many there are regardless of block and time.
    """

    entity: str
    basis: Basis
    reason: str
    groups: tuple[Group, ...]
    totals: Totals
    differences: tuple[RowDifference, ...] = ()
    covered: tuple[RowDifference, ...] = ()
    undecided: tuple[RowDifference, ...] = ()
    lost: tuple[RowDifference, ...] = ()
    first: tuple[tuple[str | None, int], ...] = ()
    left_out: tuple[str, ...] = ()
    absent_columns: tuple[str, ...] = ()
    traced_to: tuple[str, ...] = ()
    doubt: str = ""
    torn: bool = False
    untraced: str = ""
    testimony: tuple[str, ...] = ()
    cut: Cut | None = None
    columns: tuple[str, ...] = ()
    chained: bool = False
    by_chain: bool = False
    uncut: tuple[Group, ...] = ()

    @property
    def serving(self) -> int:
        """Rows of the serving belt that were compared."""
        return sum(group.serving for group in self.groups)

    @property
    def candidate(self) -> int:
        """Rows of the candidate that were compared."""
        return sum(group.candidate for group in self.groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityUnread:
    """One entity of the serving belt that could not be compared; `found` means that some rows differ."""

    entity: str
    why: Unobserved
    found: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityAbsent:
    """One entity that the serving belt has and the candidate lacks."""

    entity: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Every entity of the serving belt, and the heights at which they were compared.

    `young` are chains whose common height is below their start, so that nothing can be compared yet.
    """

    heights: tuple[Height, ...]
    entities: tuple[EntityRows | EntityUnread | EntityAbsent, ...]
    young: tuple[str, ...] = ()
