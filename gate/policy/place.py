"""Which columns of a row hold the place of its log: found by their names, unless the policy names them."""

from dataclasses import dataclass, fields

from belts.reading.node import Node

NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacePolicy:
    """What the policy says of each: a column, nothing (it is found), or `none` where no column holds it."""

    chain: str | None = None
    block: str | None = None
    log_index: str | None = None
    time: str | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """What no column is said to hold, although one may be called so."""
        return tuple(KEYS[each.name] for each in fields(self) if getattr(self, each.name) == NONE)


KEYS = {"chain": "chain", "block": "block", "log_index": "logIndex", "time": "time"}
DEFAULT_PLACE = PlacePolicy()


def place(node: Node) -> PlacePolicy:
    """The columns by what they hold."""
    found = node.fields(*KEYS.values())
    return PlacePolicy(
        **{
            name: found.optional(key, lambda entry: entry.text("a column's name, or `none`"), None)
            for name, key in KEYS.items()
        }
    )
