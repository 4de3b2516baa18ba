"""What a GraphQL endpoint answers to each role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gate.observations.unobserved import Unobserved


class Role(StrEnum):
    """The role in which a GraphQL endpoint is asked."""

    PUBLIC = "public"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Whether an endpoint answers a simple query; `admin` is `None` if no admin secret was given."""

    public: float | Unobserved
    admin: float | Unobserved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowLimit:
    """How many rows one list returned when more were requested.

    `cut` means that there were more rows, so that a limit cut them. `short` means that it stayed shorter than
    the serving belt's list without a limit.
    """

    asked: int
    given: int
    cut: bool
    short: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaSeen:
    """One deployment's schema by role, from introspection; `None` for a role that was not asked."""

    public: Mapping[str, Any] | Unobserved = field(repr=False)
    admin: Mapping[str, Any] | Unobserved | None = field(repr=False, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowLimits:
    """The row limit of every list of one deployment for the public role."""

    lists: tuple[tuple[str, RowLimit | Unobserved], ...]

    def of(self, name: str) -> RowLimit | Unobserved | None:
        """What was seen of one list, or `None` if the deployment has no such list."""
        return dict(self.lists).get(name)
