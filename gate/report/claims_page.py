"""Writes `docs/claims.md`: what each claim needs, and what is lost without it."""

from collections.abc import Iterator, Sequence

from gate.checks.check import Check
from gate.claims import Access, Part

HEAD = """# The claims

A candidate passes when every claim does. Each claim is made of parts; a part that nobody could decide leaves
its claim undecided, and the gate ends with *could not tell*. This page is made from the checks themselves by
`python -m gate claims`.

With GraphQL, the databases, RPC and the metrics of both belts everything can be proved. Where one of them
cannot be given, the last column says what nobody can tell without it. A part that is marked *may be accepted*
may be left undecided by naming it under `accept` in the policy, with a reason; a part that is marked *core*
never can.
"""


def page(checks: Sequence[Check]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for check in checks for line in _claim(check))]).rstrip() + "\n"


def _claim(check: Check) -> Iterator[str]:
    """One claim: its statement, and a row for each part."""
    doors = list(Access)
    yield f"## {check.claim}"
    yield ""
    yield check.statement
    yield ""
    yield f"| part | what holds | {' | '.join(door.value for door in doors)} | | without it nobody can tell |"
    yield f"| --- | --- | {' | '.join('---' for _ in doors)} | --- | --- |"
    yield from (_part(part, doors) for part in check.parts)
    yield ""


def _part(part: Part, doors: Sequence[Access]) -> str:
    """One part: a mark under each access that it needs."""
    marks = " | ".join("needed" if door in part.needs else "" for door in doors)
    kind = "may be accepted" if part.acceptable else "core"
    return f"| `{part.path}` | {part.sentence} | {marks} | {kind} | {part.without} |"
