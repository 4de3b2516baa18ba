"""The enum types of a belt's database, which GraphQL shows as scalars without their values."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EnumsSeen:
    """Every enum type by name, with its values in their order."""

    types: tuple[tuple[str, tuple[str, ...]], ...]
