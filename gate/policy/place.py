"""The columns of a row that hold the place of its log, found by name unless the policy names them."""

from dataclasses import dataclass, fields

from belts.reading.node import Node

NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacePolicy:
    """A column for each part of the place; `None` is detected, `none` means that no column holds it."""

    chain: str | None = None
    block: str | None = None
    log_index: str | None = None
    time: str | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The parts that are declared to be in no column."""
        return tuple(KEYS[each.name] for each in fields(self) if getattr(self, each.name) == NONE)


KEYS = {"chain": "chain", "block": "block", "log_index": "logIndex", "time": "time"}
DEFAULT_PLACE = PlacePolicy()


def place(node: Node) -> PlacePolicy:
    """Reads the columns by what they hold."""
    found = node.fields(*KEYS.values())
    return PlacePolicy(
        **{
            name: found.optional(key, lambda entry: entry.text("a column's name, or `none`"), None)
            for name, key in KEYS.items()
        }
    )
