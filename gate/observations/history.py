"""The whole history: all logs of every event on the chains, compared with the candidate's rows."""

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
    """A log without its row, a row without its log, or a value that differs from the log's.

    `told` is what the chain says, `held` what the candidate holds; `log_index` is unknown for a row without
    a log that does not carry it.
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
    """One entity's rows on one chain, compared with all logs of the events that write them.

    `columns` are those whose values were compared. `ranges` is how many ranges of blocks differ, of which
    `differences` lists some; `confirmed` says why they are believed, `doubt` why they are not. `strange` are
    rows that belong to no range.

    `where` limits the rows to those of these events; `held` of the entity's rows on the chain are among
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
    """Blocks that are not final yet, by hash: from `first` to `last`, with `left` more not asked for.

    `logs` were compared. `differences` lasted for two looks while their block was valid: `confirmed` says why
    they are believed, `doubt` why they are not. `undone` blocks differ too, but are no longer the chain's, or
    it is unknown whether the candidate follows them. `why` says why nothing could be checked, `dispute` how
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

    `reached` is the candidate's own block, `behind` the seconds of the chain between it and what is wanted;
    `None` if unknown or not asked.

    `known` is how far the chain itself was asked, ahead of a belt that is still filling. `strange` says how
    the belt's own registry of contracts differs from what the chain's logs register.

    `again` is how many pieces of stored ranges were asked for again, `disputes` how providers contradict each
    other or themselves, `notes` what was stored and is not believed.
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
    """A chain of which nothing could be checked."""

    chain: int
    why: Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Every expected chain. `sampled` means that the policy asks for samples, so nothing was checked here."""

    chains: tuple[ChainHistory | ChainUnproved, ...] = ()
    sampled: bool = False
    seconds: float | None = None
