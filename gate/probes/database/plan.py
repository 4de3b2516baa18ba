"""Chooses how the rows of one entity are brought to one height, from the policy or else from the tables."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gate.observations.rows import Basis
from gate.observations.unobserved import Cause
from gate.policy.entities import Compare, EntityPolicy
from gate.probes.database.catalog import NUMBERS, Kind, Table, unspelt
from gate.probes.database.relation import Fields
from gate.probes.unseen import UnseenError

# The usual names of columns for a row's origin, without underscores and in lower case.
CHAIN_NAMES = ("chainid", "chain", "networkid", "network")
BLOCK_NAMES = ("blocknumber", "block", "blockheight", "blocknum", "createdatblocknumber", "createdatblock")
TIME_NAMES = ("blocktimestamp", "timestamp", "time", "createdattimestamp", "createdat", "blocktime")

BASES = {
    Compare.AT_BLOCK: Basis.AT_BLOCK,
    Compare.BY_TIMESTAMP: Basis.BY_TIMESTAMP,
    Compare.BY_STATE: Basis.BY_STATE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What both belts show of an entity: whether they keep history, and a rewritten row if there is one.

    `keyed` means that every key begins with the id of a chain of its belt.
    """

    history: bool
    rewritten: str
    keyed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """On which basis an entity is compared, and why; `fields` are reported so that a wrong guess shows."""

    basis: Basis
    fields: Fields
    reason: str


def fields_of(table: Table, policy: EntityPolicy, *, keyed: bool = False) -> Fields:
    """The columns that say where a row belongs; `keyed` if keys carry the chain that no column has."""
    for name in (policy.chain, policy.block, policy.timestamp):
        if name is not None and table.column(name) is None:
            raise UnseenError(
                f"the policy names the column {name} of {table.name}, which has no such column",
                Cause.BAD_ANSWER,
            )
    chain = policy.chain or named(table, CHAIN_NAMES, NUMBERS | {Kind.TEXT})
    return Fields(
        chain=chain,
        keyed=keyed and chain is None,
        block=policy.block or named(table, BLOCK_NAMES, NUMBERS),
        timestamp=policy.timestamp or named(table, TIME_NAMES, NUMBERS | {Kind.MOMENT}),
    )


def plan(table: Table, policy: EntityPolicy, known: Known, *, chains: int) -> Plan:
    """Chooses the basis, and reports what was found if the policy overrides it."""
    chosen = _chosen(table, policy, known, chains=chains)
    if not policy.overrides:
        return chosen
    found = _chosen(table, EntityPolicy(name=table.name), known, chains=chains)
    if (found.basis, found.fields) == (chosen.basis, chosen.fields):
        return chosen
    words = f"{policy.overrides} by the policy; the tables show {found.basis}, {_shown(found.fields)}"
    return replace(chosen, reason=words)


def _chosen(table: Table, policy: EntityPolicy, known: Known, *, chains: int) -> Plan:
    """Chooses the basis; the block of a rewritten row does not show whether it is complete."""
    fields = fields_of(table, policy, keyed=known.keyed)
    places_rows = fields.block is not None and (fields.chained or chains == 1)
    if policy.compare is not None:
        return _demanded(table, policy.compare, fields, known, places_rows=places_rows)
    if places_rows and not known.rewritten:
        return Plan(basis=Basis.AT_BLOCK, fields=fields, reason=f"detected: {_shown(fields)}")
    if fields.timestamp is not None and not known.rewritten:
        return Plan(basis=Basis.BY_TIMESTAMP, fields=fields, reason=f"detected: {_shown(fields)}")
    why = f"row {known.rewritten} was rewritten" if known.rewritten else "its rows say no block and no time"
    return Plan(basis=_state(known), fields=fields, reason=f"detected: {why}")


def _demanded(table: Table, compare: Compare, fields: Fields, known: Known, *, places_rows: bool) -> Plan:
    basis = BASES[compare]
    if basis is Basis.AT_BLOCK and not places_rows:
        raise UnseenError(
            f"the policy compares {table.name} at a block, and it has no column for the block or the chain",
            Cause.UNDECIDABLE,
            advice=f"Name its columns under `entities.{table.name}`, or take `compare` away there",
        )
    if basis is Basis.BY_TIMESTAMP and fields.timestamp is None:
        raise UnseenError(
            f"the policy compares {table.name} by timestamp, and it has no column for one",
            Cause.UNDECIDABLE,
            advice=f"Name it as `entities.{table.name}.timestamp`, or take `compare` away there",
        )
    if basis is not Basis.BY_STATE and known.rewritten:
        raise UnseenError(
            f"the policy compares {table.name} {basis}, but its row {known.rewritten} was rewritten later:"
            " compare it by state",
            Cause.UNDECIDABLE,
            advice=f"Say `compare: byState` under `entities.{table.name}` in the policy",
        )
    return Plan(
        basis=_state(known) if basis is Basis.BY_STATE else basis,
        fields=fields,
        reason=f"from the policy: {_shown(fields)}",
    )


def _state(known: Known) -> Basis:
    return Basis.BY_STATE if known.history else Basis.EQUAL_PROGRESS


def named(table: Table, names: Iterable[str], kinds: frozenset[Kind]) -> str | None:
    """The column with one of these names, in order of likelihood, and of one of these kinds."""
    called = {unspelt(column.name): column for column in reversed(table.columns)}
    found = (called[name] for name in names if name in called)
    return next((column.name for column in found if column.kind in kinds), None)


def _shown(fields: Fields) -> str:
    named = {
        "chain": fields.chain or ("at the head of the key" if fields.keyed else None),
        "block": fields.block,
        "time": fields.timestamp,
    }
    return ", ".join(f"{what} {name}" for what, name in named.items() if name) or "no such columns"
