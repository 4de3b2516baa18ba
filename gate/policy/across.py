"""The kinds of columns in rows that several chains write, which tell whether their values can be checked.

Belts meet their chains in different orders. What a column adds up to does not depend on that, what the last
event wrote does.
"""

from dataclasses import dataclass

from belts.reading.node import Node

KINDS = ("sum", "min", "max", "once")


@dataclass(frozen=True, kw_only=True, slots=True)
class AcrossChains:
    """The columns of an entity by kind.

    `sums` start at 0 and every event adds to them. `extremes` are a minimum or maximum over events. `once` is
    written once, with the same value by any event. `order` depends on the order in which a belt meets the
    chains: it may differ, and `reason` says why that is acceptable.
    """

    sums: tuple[str, ...] = ()
    extremes: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    reason: str = ""

    @property
    def told(self) -> frozenset[str]:
        """The columns whose value does not depend on the order."""
        return frozenset((*self.sums, *self.extremes, *self.once))


def across_chains(node: Node) -> AcrossChains:
    """Reads the kinds: at least one column, and none of two kinds."""
    fields = node.fields(*KINDS, "order")
    named = {kind: _names(fields.at(kind)) for kind in KINDS}
    order = fields.at("order")
    left_out, reason = _order(order) if order.given else ((), "")
    columns = [*(column for names in named.values() for column in names), *left_out]
    if not columns:
        node.wrong("at least one column under sum, min, max, once or order")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        node.wrong("every column under one kind only", f"{', '.join(twice)} under several")
    return AcrossChains(
        sums=named["sum"],
        extremes=(*named["min"], *named["max"]),
        once=named["once"],
        order=left_out,
        reason=reason,
    )


def _order(node: Node) -> tuple[tuple[str, ...], str]:
    fields = node.fields("columns", "reason")
    columns = _names(fields.at("columns"))
    if not columns:
        fields.at("columns").wrong("a list of at least one column")
    return columns, fields.at("reason").text("a reason, in words")


def _names(node: Node) -> tuple[str, ...]:
    return tuple(entry.text("a column's name") for entry in node.each())
