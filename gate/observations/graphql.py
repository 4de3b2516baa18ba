"""What a GraphQL endpoint answers, to whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gate.observations.unobserved import Unobserved


class Role(StrEnum):
    """As whom a GraphQL endpoint is asked."""

    PUBLIC = "public"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Whether an endpoint answers a plain question; `admin` is `None` where no admin secret was given."""

    public: float | Unobserved
    admin: float | Unobserved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowLimit:
    """How many rows one list gave when more were asked for.

    `cut` says that there were more rows than it gave, so that a limit is what held them back. `short`, that
    it stayed shorter than the serving belt's list, and not by a limit.
    """

    asked: int
    given: int
    cut: bool
    short: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaSeen:
    """One deployment's schema by role, as introspection gives it. A role that was not asked is `None`."""

    public: Mapping[str, Any] | Unobserved = field(repr=False)
    admin: Mapping[str, Any] | Unobserved | None = field(repr=False, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowLimits:
    """The row limit of every list of one deployment, as the public role meets it."""

    lists: tuple[tuple[str, RowLimit | Unobserved], ...]

    def of(self, name: str) -> RowLimit | Unobserved | None:
        """What was seen of one list, or `None` where the deployment has no such list."""
        return dict(self.lists).get(name)
