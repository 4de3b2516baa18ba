"""How much worse than one swap an alias that lives elsewhere may be moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from belts.reading.duration import shown
from belts.reading.node import Node
from gate.amounts import amount

DEFAULT_LONGEST_MIXED = timedelta(seconds=10)
DEFAULT_MOST_FAILED = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasPolicy:
    """What a writer may have been seen to do at a move, and be used again for a promotion.

    Both belts may have answered for `longest_mixed`, and `most_failed` of the gate's requests have failed.
    """

    longest_mixed: timedelta = DEFAULT_LONGEST_MIXED
    most_failed: int = DEFAULT_MOST_FAILED


NO_ALIAS = AliasPolicy()


def alias(node: Node) -> AliasPolicy:
    """The section `alias`."""
    fields = node.fields("longestMixed", "mostFailed")
    return AliasPolicy(
        longest_mixed=fields.optional("longestMixed", Node.span, DEFAULT_LONGEST_MIXED),
        most_failed=fields.optional("mostFailed", Node.whole, DEFAULT_MOST_FAILED),
    )


def loosened(policy: AliasPolicy) -> Iterator[str]:
    """What of it asks less than the default."""
    if policy.longest_mixed > DEFAULT_LONGEST_MIXED:
        most, instead = shown(policy.longest_mixed), shown(DEFAULT_LONGEST_MIXED)
        yield f"alias: both belts may answer for {most} at a move instead of {instead}"
    if policy.most_failed > DEFAULT_MOST_FAILED:
        yield f"alias: {amount(policy.most_failed, 'request')} may fail at a move instead of none"
