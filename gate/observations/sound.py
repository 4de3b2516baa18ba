"""Whether a belt contradicts itself, whatever another belt or a chain says."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from gate.observations.unobserved import Unobserved


class Standing(Enum):
    """Where a rule comes from: that decides what it means if it does not hold."""

    DECLARED = "it holds for every belt, or the policy declares it"
    ON_SERVING = "it was found, and holds on the serving belt"
    SHARED = "it was found, and the serving belt breaks it too"
    FOUND = "it was found, and no serving belt shows whether it has to hold"


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """One way in which a rule does not hold: in words, of how many rows, and some of them."""

    words: str
    rows: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One thing that has to hold inside a belt, and over how many rows it was looked at.

    `meant` is the policy's reason for which it may be broken. `declare` is what the policy would say of it,
    and `paste` the very lines, where they are known.
    """

    about: str
    looked: int
    broken: tuple[Broken, ...] = ()
    standing: Standing = Standing.DECLARED
    meant: str = ""
    declare: str = ""
    paste: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """One rule that could not be looked at."""

    about: str
    why: Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """All rules of one kind. `nothing` says why there is none; `notes` decide nothing, and are shown."""

    rules: tuple[Rule | Unread, ...] = ()
    nothing: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """All rules, by kind; all of them were looked at in one snapshot."""

    events: Rules | Unobserved
    rows: Rules | Unobserved
    bounds: Rules | Unobserved
    history: Rules | Unobserved
    references: Rules | Unobserved
