"""What every part has beside its own fields."""

from dataclasses import dataclass

from belts.reading.codec import walk
from belts.reading.kinds import Port


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a belt or a gateway. It says too which programs it is made of, and what memory it takes."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Where it listens: the values of its fields that are ports."""
        return tuple(value for _, each, value in walk(self) if isinstance(each.kind, Port))
