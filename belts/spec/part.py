"""What every part has besides its own fields."""

from dataclasses import dataclass

from belts.reading.codec import walk
from belts.reading.kinds import Port


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a belt or a gateway. A subclass also names its programs and its memory."""

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports it listens on: the values of its `Port` fields."""
        return tuple(value for _, each, value in walk(self) if isinstance(each.kind, Port))
