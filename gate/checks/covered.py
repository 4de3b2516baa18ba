"""Lists what was neither compared nor proved by entity, chain and column; it does not count as passed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from belts.reading.mistakes import meant
from gate.amounts import amount
from gate.claims import Access, Claim, Part
from gate.coverage.cells import ALL_CHAINS, Cells, Covered, sums
from gate.coverage.compared import NO_ROW
from gate.coverage.proved import OPEN
from gate.coverage.table import Table
from gate.finding import Point, passed, untold
from gate.policy import Policy, snippet
from gate.policy.unproved import Unproved

COVERAGE = Part(
    claim=Claim.CONTENT,
    name="coverage",
    sentence="every column of every entity on every chain is compared, or proved on the chain, or accepted"
    " by name",
    needs=frozenset({Access.GRAPHQL, Access.DATABASE, Access.RPC}),
    reads=("holdings",),
    without="without databases nothing is compared or proved: each entity has to be accepted by name",
)


def points(table: Table, policy: Policy) -> Iterator[Point]:
    """One point for each group of uncovered cells, accepted or not, and one for all covered cells."""
    cells = table.cells
    if not cells:
        yield untold(
            COVERAGE,
            expected="entities of the candidate",
            observed="the candidate shows not one entity",
            advice="Check that its GraphQL offers its entities, and give the gate its database.",
        )
        return
    open_ = [one for one in cells if one.open]
    yield from _pending([one for one in open_ if _is_pending(one)])
    for one in open_:
        if not _is_pending(one):
            yield _nobody(one, table, policy)
    for one in cells:
        if one.accepted:
            point = untold(COVERAGE, expected=_wanted(one), observed=_seen(one), advice="")
            yield replace(point, accepted=one.accepted)
    if not open_ and any(one.covered is not Covered.NEITHER for one in cells):
        yield passed(COVERAGE, expected=COVERAGE.sentence, observed=sums(cells))


def notes(table: Table, policy: Policy) -> tuple[str, ...]:
    """Entries under `unproved` that cover nothing any more, or never did."""
    accepted = [one for one in table.cells if one.covered is Covered.NEITHER]
    idle = ", of which nothing is unproved any more"
    return tuple(
        f"`unproved` names {entry.words}{_mistyped(entry, table) or idle}"
        for entry in policy.unproved
        if entry.entity and not any(_meets(entry, one, table) for one in accepted)
    )


def _meets(entry: Unproved, one: Cells, table: Table) -> bool:
    for chain in one.chains:
        where = table.chains if chain == ALL_CHAINS else (chain,)
        if any(entry.covers(one.entity, where, column) for column in one.columns):
            return True
    return False


def _mistyped(entry: Unproved, table: Table) -> str:
    """Suggests what a mistyped entry may have meant."""
    if entry.entity not in table.columns:
        near = meant(entry.entity, sorted(table.columns))
        return f", which the candidate has not{f': {near}' if near else ''}"
    columns = table.columns[entry.entity]
    for name in entry.columns:
        if name not in columns:
            near = meant(name, columns)
            return f", and {entry.entity} has no column {name}{f': {near}' if near else ''}"
    return ""


def where_of(one: Cells) -> str:
    """Names the cells for a report."""
    return f"{one.entity} ({', '.join(one.columns)}) {_on(one)}"


def _on(one: Cells) -> str:
    return f"on {ALL_CHAINS}" if one.chains == (ALL_CHAINS,) else f"on chain {', '.join(one.chains)}"


def _is_pending(one: Cells) -> bool:
    """True if the cells only wait for the ground truth; false for rows that a comparison left out."""
    return OPEN in one.why and NO_ROW not in one.why


def _pending(cells: Sequence[Cells]) -> Iterator[Point]:
    """One point for all cells that wait for the ground truth, which itself reports the details."""
    if cells:
        yield untold(
            COVERAGE,
            expected="the history of what is named under `groundTruth`, proved",
            observed=f"{amount(_number(cells), 'cell', 'waits', 'wait')} for it: {_listed(cells)}",
            advice="See what `ground-truth` says of it; the coverage table has them by column.",
        )


def _number(cells: Sequence[Cells]) -> int:
    return sum(one.number for one in cells)


def _listed(cells: Sequence[Cells]) -> str:
    return "; ".join(dict.fromkeys(f"{one.entity} {_on(one)}" for one in cells))


def _nobody(one: Cells, table: Table, policy: Policy) -> Point:
    return untold(
        COVERAGE,
        expected=_wanted(one),
        observed=_seen(one),
        advice=_advice(one, table, policy),
        paste=snippet.unproved(_entry(one, table)),
    )


def _wanted(one: Cells) -> str:
    return f"{where_of(one)}: compared, or proved on the chain"


def _seen(one: Cells) -> str:
    told = f" ({'; '.join(one.told)})" if one.told else ""
    return f"{where_of(one)}: {one.why}{told}"


def _advice(one: Cells, table: Table, policy: Policy) -> str:
    typo = next(
        (
            f" `unproved` names {entry.name}{_mistyped(entry, table)}."
            for entry in policy.unproved
            if entry.entity and _mistyped(entry, table) and _is_near(entry, one)
        ),
        "",
    )
    if NO_ROW in one.why:
        return (
            "Its rows are young, or a column is no block and no time of theirs: let both belts go on, or say"
            f" `compare: byState` under `entities.{one.entity}`; or accept that nobody compares them.{typo}"
        )
    return (
        "Name the event that writes it under `groundTruth`, with the column in `columns` or `values`; or"
        f" accept by name that nobody proves it.{typo}"
    )


def _is_near(entry: Unproved, one: Cells) -> bool:
    """True if a mistyped entry may have meant these cells."""
    return entry.entity == one.entity or bool(meant(entry.entity, [one.entity]))


def _entry(one: Cells, table: Table) -> Mapping[str, object]:
    """The policy entry that accepts exactly these cells."""
    found: dict[str, object] = {"entity": one.entity}
    named = [int(chain) for chain in one.chains if chain.isdigit()]
    if named and set(one.chains) != set(table.chains):
        found["chains"] = named
    if set(one.columns) != set(table.columns[one.entity]):
        found["columns"] = list(one.columns)
    return found
