"""The cells that were proved with the logs of the chains."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from gate.amounts import amount
from gate.coverage.cells import ALL_CHAINS
from gate.observations import Observations, Truth, Unobserved
from gate.observations.history import ChainHistory, EntityHistory
from gate.observations.truth import ContractSeen, Proof, WindowSeen
from gate.policy import Policy
from gate.policy.groundtruth import GroundTruth
from gate.policy.proof import Extent

NO_ENTRY = "no entry under `groundTruth` names it"
NO_COLUMN = "no entry under `groundTruth` says what it holds"
SOME_ROWS = "the entries under `groundTruth` that say what it holds are not of all its rows"
OPEN = "it is named under `groundTruth`, and not proved yet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a chain's logs say of one entity: the proved columns, and why not the others.

    `pending` means that entries name it but are not proved yet, which the ground truth reports.
    """

    columns: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()
    why: str = NO_ENTRY
    pending: bool = False
    partly: frozenset[str] = frozenset()
    told: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proofs:
    """Everything that was proved."""

    seen: Observations
    policy: Policy
    chains: tuple[str, ...]

    def of(self, entity: str, chain: str) -> Shown:
        """What is known of an entity on a chain; on all chains together, only what is proved on each."""
        if chain != ALL_CHAINS:
            return self._on(entity, chain)
        every = [self._on(entity, one) for one in self.chains]
        if not every:
            return Shown()
        return Shown(
            columns=frozenset.intersection(*(one.columns for one in every)),
            unlike=frozenset().union(*(one.unlike for one in every)),
            why=next((one.why for one in every if one.pending), every[0].why),
            pending=any(one.pending for one in every),
            partly=frozenset().union(*(one.partly for one in every)),
        )

    def _on(self, entity: str, chain: str) -> Shown:
        entries = [one for one in self.policy.ground_truth if (one.entity, str(one.chain)) == (entity, chain)]
        if not entries:
            return Shown()
        if self.policy.proof is Extent.SAMPLING:
            return self._sampled(entries)
        return self._proved(entity, chain)

    def _proved(self, entity: str, chain: str) -> Shown:
        history = self.seen.history
        if isinstance(history, Unobserved):
            return _pending()
        found = next((one for one in history.chains if str(one.chain) == chain), None)
        if not isinstance(found, ChainHistory) or not _whole(found):
            return _pending()
        views = [one for one in found.entities if one.entity == entity]
        if not views or any(one.unread is not None or not (one.logs or one.rows) for one in views):
            return _pending()
        columns = frozenset(name for view in views for name in view.columns)
        wrong = [view for view in views if view.ranges or view.strange]
        if wrong:
            return Shown(unlike=columns, why=NO_COLUMN)
        whole = frozenset(
            name for name in columns if _all_rows([view for view in views if name in view.columns])
        )
        return Shown(columns=whole, why=NO_COLUMN, partly=columns - whole)

    def _sampled(self, entries: Sequence[GroundTruth]) -> Shown:
        """Judges by the windows of every entry; gaps between windows are not noticed."""
        truth = self.seen.truth
        if not isinstance(truth, Truth):
            return _pending()
        contracts = [_contract(truth, entry) for entry in entries]
        windows = [one for contract in contracts for one in _windows(contract)]
        if any(map(_is_wrong, windows)):
            wrong = frozenset(name for contract in contracts if contract for name in contract.compared)
            return Shown(unlike=wrong, why=NO_COLUMN)
        if not all(_has_logs(contract) for contract in contracts):
            return _pending()
        columns = [
            frozenset(contract.compared) if not entry.where else frozenset[str]()
            for contract, entry in zip(contracts, entries, strict=True)
            if contract is not None
        ]
        every = frozenset.union(*columns)
        whole = frozenset.intersection(*columns)
        logs = sum(window.logs for window in windows if isinstance(window.logs, int))
        words = (
            f"sampled: {amount(logs, 'log')} in {amount(len(windows), 'window')} on chain {entries[0].chain}"
        )
        return Shown(columns=whole, why=NO_COLUMN, partly=every - whole, told=words)


def _pending() -> Shown:
    return Shown(why=OPEN, pending=True)


def _whole(chain: ChainHistory) -> bool:
    return not chain.open and not chain.disputes and 0 <= chain.wanted <= chain.height


def _all_rows(views: Sequence[EntityHistory]) -> bool:
    """True if the events of some views write all rows of the entity on a chain, and none of them twice."""
    if any(not view.where for view in views):
        return True
    apart = all(_apart(one, other) for one, other in combinations(views, 2))
    return apart and sum(view.held for view in views) == views[0].held + views[0].others


def _apart(one: EntityHistory, other: EntityHistory) -> bool:
    """True if no row can belong to both: they require different values of the same column."""
    wanted = dict(other.where)
    return any(column in wanted and wanted[column] != value for column, value in one.where)


def _contract(truth: Truth, entry: GroundTruth) -> ContractSeen | None:
    wanted = (entry.contract, entry.event.text, entry.entity)
    return next(
        (
            contract
            for chain in truth.chains
            if chain.chain == entry.chain
            for contract in chain.contracts
            if (contract.contract, contract.event, contract.entity) == wanted
        ),
        None,
    )


def _windows(contract: ContractSeen | None) -> Iterable[WindowSeen]:
    if contract is None or isinstance(contract.windows, Unobserved):
        return ()
    return contract.windows


def _is_wrong(window: WindowSeen) -> bool:
    return bool(window.missing and not isinstance(window.missing, Unobserved)) or bool(
        window.unknown or window.wrong or window.dispute
    )


def _has_logs(contract: ContractSeen | None) -> bool:
    """True if something was checked, and all of it could be."""
    found = list(_windows(contract))
    told = all(
        isinstance(one.logs, int) and isinstance(one.proof, Proof) and not isinstance(one.missing, Unobserved)
        for one in found
    )
    return told and any(one.logs for one in found)
