"""Whether a belt contradicts itself, regardless of other belts and chains."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from gate.observations.unobserved import Unobserved


class Standing(Enum):
    """Where a rule comes from, which decides what it means if it is broken."""

    DECLARED = "it holds for every belt, or the policy declares it"
    ON_SERVING = "it was found, and holds on the serving belt"
    SHARED = "it was found, and the serving belt breaks it too"
    FOUND = "it was found, and no serving belt shows whether it has to hold"


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """One way in which a rule is broken: a description, the number of rows, and some of them."""

    words: str
    rows: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One thing that has to hold inside a belt, and the number of rows that it was checked on.

    `meant` is the policy's reason why it may be broken. `declare` is what the policy would say of it, and
    `paste` the lines for it, if they are known.
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
    """One rule that could not be checked."""

    about: str
    why: Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """All rules of one kind. `nothing` says why there are none; `notes` are shown and decide nothing."""

    rules: tuple[Rule | Unread, ...] = ()
    nothing: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """All rules by kind, checked in one snapshot."""

    events: Rules | Unobserved
    rows: Rules | Unobserved
    bounds: Rules | Unobserved
    history: Rules | Unobserved
    references: Rules | Unobserved
