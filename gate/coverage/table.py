"""The table of entity, chain and column: each cell once, equal ones grouped."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gate.coverage.cells import ALL_CHAINS, Cells, Covered
from gate.coverage.compared import Against, Comparison, comparison
from gate.coverage.proved import SOME_ROWS, Proofs, Shown
from gate.coverage.stock import Stock, chains_of, stocks
from gate.observations import Observations, Unobserved
from gate.observations.state import Held
from gate.policy import Policy

ONLY_CANDIDATE = "only the candidate has this column"
ELSEWHERE = "another point says how"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of one cell; `told` is what was seen of this chain alone."""

    covered: Covered
    why: str = ""
    accepted: str = ""
    told: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """All cells, and the chains and entity columns that they are made of."""

    cells: tuple[Cells, ...]
    chains: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]


def table(seen: Observations, policy: Policy, remembered: Held | Unobserved | None = None) -> Table:
    """Every column of every entity of the candidate, on each of its chains."""
    chains = chains_of(seen, policy)
    compared = comparison(seen, policy, remembered)
    proofs = Proofs(seen=seen, policy=policy, chains=chains)
    making = _Making(compared=compared, proofs=proofs, policy=policy, chains=chains)
    found = stocks(seen, chains, compared.chained(), compared.strays(chains))
    return Table(
        cells=tuple(cells for stock in found for cells in making.cells(stock)),
        chains=chains,
        columns={stock.entity: stock.columns for stock in found},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Making:
    """The sources of the cells."""

    compared: Comparison
    proofs: Proofs
    policy: Policy
    chains: tuple[str, ...]

    def cells(self, stock: Stock) -> Iterator[Cells]:
        """The cells of one entity: chains with equal columns form one group for each kind of cell."""
        known = {chain: self._of_chain(stock, chain) for chain in stock.chains}
        alike: dict[tuple[tuple[Known, tuple[str, ...]], ...], list[str]] = {}
        for chain, columns in known.items():
            alike.setdefault(_kinds(columns), []).append(chain)
        for kinds, where in alike.items():
            for kind, names in kinds:
                told = dict.fromkeys(known[chain][names[0]].told for chain in where)
                yield Cells(
                    entity=stock.entity,
                    chains=tuple(where),
                    columns=names,
                    covered=kind.covered,
                    why=kind.why,
                    accepted=kind.accepted,
                    told=tuple(filter(None, told)),
                )

    def _of_chain(self, stock: Stock, chain: str) -> dict[str, Known]:
        against, shown = self.compared.of(stock.entity, chain), self.proofs.of(stock.entity, chain)
        cells = {column: _cell(stock, column, against, shown) for column in stock.columns}
        return {column: self._accepted(known, stock.entity, chain, column) for column, known in cells.items()}

    def _accepted(self, known: Known, entity: str, chain: str, column: str) -> Known:
        """Adds the policy's reason if it accepts by name that the cell was not checked."""
        if known.covered is not Covered.NEITHER or known.accepted:
            return known
        where = self.chains if chain == ALL_CHAINS else (chain,)
        covering = (entry for entry in self.policy.unproved if entry.covers(entity, where, column))
        return replace(known, accepted=next((entry.reason for entry in covering), ""))


def _kinds(columns: dict[str, Known]) -> tuple[tuple[Known, tuple[str, ...]], ...]:
    """The columns by what is known of them, ignoring what was seen of a single chain."""
    kinds: dict[Known, list[str]] = {}
    for column, known in columns.items():
        kinds.setdefault(replace(known, told=""), []).append(column)
    return tuple((kind, tuple(names)) for kind, names in kinds.items())


def _cell(stock: Stock, column: str, against: Against, shown: Shown) -> Known:
    """One cell: first what is wrong, then what was checked, then why nothing was."""
    if stock.unseen:
        return Known(covered=Covered.NEITHER, why=stock.unseen)
    key = column in stock.key
    excuse = "" if key else against.excused.get(column, "")
    if column in against.unlike or column in shown.unlike:
        return Known(covered=Covered.UNLIKE, why=ELSEWHERE)
    if column in against.columns and not excuse:
        return Known(covered=Covered.COMPARED)
    if column in shown.columns or (key and shown.columns):
        return Known(covered=Covered.PROVED, told=shown.told)
    if excuse:
        return Known(covered=Covered.NEITHER, why="the policy lets it differ", accepted=excuse)
    reasons = [against.why or ONLY_CANDIDATE, SOME_ROWS if column in shown.partly else shown.why]
    return Known(covered=Covered.NEITHER, why=", and ".join(reasons), told=against.told)
