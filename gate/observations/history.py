"""The whole history: what the chains hold of every event, and whether the candidate's rows are just that."""

from dataclasses import dataclass
from enum import StrEnum

from gate.observations.unobserved import Unobserved


class Unlike(StrEnum):
    """How a log and the candidate's rows differ."""

    MISSING = "missing"
    INVENTED = "invented"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One log without its row, one row without its log, or one value that is not the log's.

    `told` is what the chain says, `held` what the candidate holds; `log_index` is unknown for a row that is
    nobody's and does not say it.
    """

    chain: int
    entity: str
    kind: Unlike
    key: str
    block: int | None
    log_index: int | None = None
    column: str = ""
    told: str = ""
    held: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenRange:
    """Blocks of which nothing is proved, and why."""

    first: int
    last: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityHistory:
    """One entity's rows on one chain, beside all logs of the events that write them.

    `columns` are those whose values were compared. `ranges` is how many ranges of blocks differ, of which
    `differences` names some; `confirmed` says by what they are believed, `doubt` why they are not. `strange`
    are rows that belong to no range.

    `where` narrows the rows to those of these events; `held` of the entity's rows on the chain are among
    them, `others` are not.
    """

    entity: str
    events: tuple[str, ...]
    columns: tuple[str, ...]
    logs: int
    rows: int
    ranges: int = 0
    differences: tuple[Difference, ...] = ()
    confirmed: str = ""
    doubt: str = ""
    strange: tuple[str, ...] = ()
    unread: Unobserved | None = None
    where: tuple[tuple[str, str], ...] = ()
    held: int = 0
    others: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Young:
    """Blocks that are not final yet, by their own hashes: from `first` to `last`, `left` more were not asked.

    `logs` were looked for. `differences` stood in two looks while the block stood: `confirmed` says by what
    they are believed, `doubt` why they are not. `undone` blocks differ too, and are not the chain's any more,
    or nobody can see that the candidate follows them. `why` is why nothing could be looked at, `dispute` how
    providers contradict each other about when blocks were made.
    """

    first: int
    last: int
    left: int
    logs: int
    undone: int = 0
    differences: tuple[Difference, ...] = ()
    confirmed: str = ""
    doubt: str = ""
    dispute: str = ""
    why: Unobserved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainHistory:
    """One chain from its first block to `height`; `wanted` is how far it had to be proved.

    `reached` is the candidate's own block, `behind` how many seconds of the chain lie between what is wanted
    and that; `None` where nobody says or asked.

    `known` is how far the chain itself was asked, ahead of a belt that still fills. `strange` says how the
    belt's own registry of contracts differs from what the chain's logs register.

    `again` is how many pieces of kept ranges were asked anew, `disputes` how providers contradict each other
    or themselves, `notes` what was kept and is not believed.
    """

    chain: int
    first: int
    height: int
    wanted: int
    reached: int
    known: int
    logs: int
    ranges: int
    entities: tuple[EntityHistory, ...]
    open: tuple[OpenRange, ...] = ()
    disputes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    again: int = 0
    rooted: bool = False
    behind: int | None = None
    young: Young | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainUnproved:
    """A chain of which nothing could be looked at."""

    chain: int
    why: Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Every expected chain. `sampled` says that the policy asks for samples instead, so nobody looked."""

    chains: tuple[ChainHistory | ChainUnproved, ...] = ()
    sampled: bool = False
    seconds: float | None = None
