"""What both belts' databases hold of every entity, brought to one height and compared row by row."""

from dataclasses import dataclass
from enum import StrEnum

from gate.observations.unobserved import Unobserved


class Basis(StrEnum):
    """By what the rows of two belts at different heights were brought to one height."""

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
    """What both belts have between the height and the lower progress: events, and `blocks` alike by hash.

    `unequal` are those of these blocks in which the belts do not have as many events.
    """

    serving: int
    candidate: int
    blocks: int
    unequal: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Height:
    """The block of one chain up to which both belts are compared, and by which rule it was chosen.

    `final` is what each provider calls final. `made` is the second in which the block was made, `behind` how
    many seconds of the chain lie between it and the lower progress; `None` where nobody says. `above` is what
    the belts' own checkpoints say of the blocks in between.
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
        """Blocks that both belts have above the height."""
        return self.lower - self.block


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """Where rows end that say when they were written and not on which chain: one second for all chains.

    It is that of the chain whose height is the oldest, so it hides `behind` seconds of the youngest.
    """

    chain: int
    second: int
    behind: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """One column of one row, as both belts hold it; `None` is NULL."""

    column: str
    serving: str | None
    candidate: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowDifference:
    """One row that is not the same on both belts."""

    kind: Kind
    key: str
    chain: str | None = None
    block: int | None = None
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """How many rows both belts hold of one entity, on one chain where its rows name one.

    `lost` of the candidate's are rows that the serving belt lost, by the chain's word.
    """

    chain: str | None
    serving: int
    candidate: int
    lost: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """How many rows are not the same; `complete` is false where the gate stopped after enough of them."""

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
        """Rows for which nothing but a fault can account."""
        return self.missing + self.extra + self.different


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityRows:
    """One entity at the common height.

    `traced` rows of the totals come from contracts that are new in the candidate, `covered` ones differ only
    in columns that the policy lets differ, `undecided` ones in columns that depend on the order in which a
    belt meets the chains. `lost` rows are logs of the chain that the serving belt lacks, where the policy
    expects it. `first` is the first divergent block of every chain. `torn`: of undecided rows a part of the
    history is gone, which no order of chains accounts for.

    `columns` are those that both belts have, as the candidate spells them. `chained` says that rows name
    their chain, `by_chain` that their keys hold it too, after the id. Where no row of the
    serving belt was compared, on one chain or at all, `uncut` is how many there are, whatever block or time
    they say.
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
    """One entity of the serving belt that could not be compared; `found`: rows of it were seen to differ."""

    entity: str
    why: Unobserved
    found: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityAbsent:
    """One entity that the serving belt has and the candidate has not."""

    entity: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Every entity of the serving belt, and the heights at which they were compared.

    `young` are chains whose common height lies below their start: nothing of them can be compared yet.
    """

    heights: tuple[Height, ...]
    entities: tuple[EntityRows | EntityUnread | EntityAbsent, ...]
    young: tuple[str, ...] = ()
