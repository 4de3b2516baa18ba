"""Decides which columns of an entity may differ in which rows.

These are the columns that the policy waives, those an expansion changes, and those that depend on the order
in which a belt meets the chains.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import sql

from gate.amounts import agree, amount
from gate.policy.model import Mode, Policy
from gate.policy.waivers import DataWaiver
from gate.probes.database.catalog import Table
from gate.probes.database.fingerprint import Exemption, Why
from gate.probes.database.relation import Fields, is_chain, plain, text_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Tangled:
    """The keys of rows that several chains write, according to either belt's history.

    The state of `mixed` rows at the heights never existed, because something above the heights was written
    before something below. `lost` rows lack a part of their history. The values of `several` depend on the
    order of the chains, except in columns that do not. `open` maps each column that holds an extreme to the
    rows in which a write above the heights hides it.
    """

    mixed: frozenset[str] = frozenset()
    open: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Every row of which something may be undecidable."""
        return self.mixed | self.lost | self.several

    @property
    def words(self) -> str:
        """Why the state of these rows at the heights is unknown; empty if there are none."""
        shared = self.mixed | self.several
        told = []
        if shared:
            told.append(
                f"{amount(len(shared), 'row')}, such as {min(shared)}, {agree(len(shared), 'is', 'are')}"
                f" written from several chains: what {agree(len(shared), 'it holds', 'they hold')} depends"
                " on the order in which a belt meets the chains"
            )
        if self.lost:
            told.append(
                f"of {amount(len(self.lost), 'row')}, such as {min(self.lost)}, a part of the history is"
                " gone: its checkpoints are missing"
            )
        return "; ".join(told)

    def __or__(self, other: "Tangled") -> "Tangled":
        return Tangled(
            mixed=self.mixed | other.mixed,
            open={
                column: self.open.get(column, frozenset()) | other.open.get(column, frozenset())
                for column in self.open.keys() | other.open.keys()
            },
            lost=self.lost | other.lost,
            several=self.several | other.several,
        )


def exemptions(
    policy: Policy, table: Table, fields: Fields, tangled: Tangled, *, at: datetime
) -> tuple[Exemption, ...]:
    """All columns that may differ in an entity at a moment. The key never may: it identifies the row."""
    return tuple(
        exemption
        for exemption in (
            *_waived(policy, table, fields, at),
            *_expanded(policy, table, fields),
            *_ordered(policy, table, tangled),
        )
        if exemption.columns
    )


def _waived(policy: Policy, table: Table, fields: Fields, at: datetime) -> Iterable[Exemption]:
    for waiver in policy.waivers.data:
        if waiver.entity == table.name and waiver.holds(at) and _can_be_placed(waiver, fields):
            yield Exemption(columns=_columns(waiver.columns, table), where=_where(waiver, table, fields))


def _expanded(policy: Policy, table: Table, fields: Fields) -> Iterable[Exemption]:
    """Columns that new contracts change: on the named chains if rows have one, else where they write."""
    if policy.mode is not Mode.EXPANSION:
        return
    for may_differ in policy.entity(table.name).may_differ:
        columns = _columns(may_differ.columns, table)
        if not may_differ.chains:
            yield Exemption(columns=columns, why=Why.NEW_CONTRACTS)
        elif fields.chained:
            chains = [is_chain(fields.chain_of(table), chain) for chain in may_differ.chains]
            yield Exemption(columns=columns, where=sql.SQL("({})").format(sql.SQL(" OR ").join(chains)))


def _ordered(policy: Policy, table: Table, tangled: Tangled) -> Iterable[Exemption]:
    """Columns that depend on the order of the chains. The set of rows does not, nor do sums."""
    across, everything = policy.entity(table.name).across, {column.name for column in table.columns}
    if across is None:
        yield from _of_rows(_columns(everything, table), table, tangled.all)
        return
    yield Exemption(columns=_columns(across.order, table))
    yield Exemption(columns=_columns(everything - across.told - {*across.order}, table), why=Why.ORDER)
    for column, keys in sorted(tangled.open.items()):
        yield from _of_rows(_columns((column,), table), table, keys)
    yield from _of_rows(_columns(everything, table), table, tangled.lost)


def _of_rows(columns: frozenset[str], table: Table, keys: Collection[str]) -> Iterable[Exemption]:
    if keys:
        where = sql.SQL("{} = ANY({})").format(text_key(table.key), sql.Literal(sorted(keys)))
        yield Exemption(columns=columns, where=where, why=Why.ORDER)


def _columns(names: Iterable[str], table: Table) -> frozenset[str]:
    return frozenset(names) - frozenset(table.key)


def _can_be_placed(waiver: DataWaiver, fields: Fields) -> bool:
    """False for a waiver limited to a chain or to blocks if rows do not say where they belong."""
    bounded = waiver.first_block > 0 or waiver.last_block is not None
    return not (bounded and fields.block is None) and not (waiver.chain is not None and not fields.chained)


def _where(waiver: DataWaiver, table: Table, fields: Fields) -> sql.Composable | None:
    conditions: list[sql.Composable] = []
    if waiver.chain is not None:
        conditions.append(is_chain(fields.chain_of(table), waiver.chain))
    if fields.block is not None and waiver.first_block > 0:
        conditions.append(sql.SQL("{} >= {}").format(plain(fields.block), sql.Literal(waiver.first_block)))
    if fields.block is not None and waiver.last_block is not None:
        conditions.append(sql.SQL("{} <= {}").format(plain(fields.block), sql.Literal(waiver.last_block)))
    return sql.SQL("({})").format(sql.SQL(" AND ").join(conditions)) if conditions else None
