"""Which columns of an entity may differ, for which rows: what the policy waives, and what an expansion
changes.
"""

from collections.abc import Iterable
from datetime import datetime

from psycopg import sql

from gate.policy.model import Mode, Policy
from gate.policy.waivers import DataWaiver
from gate.probes.database.catalog import Table
from gate.probes.database.fingerprint import Excuse
from gate.probes.database.relation import Fields, is_chain, plain


def excuses(policy: Policy, table: Table, fields: Fields, *, at: datetime) -> tuple[Excuse, ...]:
    """Everything that may differ in an entity at a moment. The key never may: it says which row is which."""
    return tuple(
        excuse
        for excuse in (*_waived(policy, table, fields, at), *_expanded(policy, table))
        if excuse.columns
    )


def _waived(policy: Policy, table: Table, fields: Fields, at: datetime) -> Iterable[Excuse]:
    for waiver in policy.waivers.data:
        if waiver.entity == table.name and waiver.holds(at) and _can_be_placed(waiver, fields):
            yield Excuse(columns=_columns(waiver.columns, table), where=_where(waiver, table, fields))


def _expanded(policy: Policy, table: Table) -> Iterable[Excuse]:
    if policy.mode is Mode.EXPANSION:
        for may_differ in policy.entity(table.name).may_differ:
            yield Excuse(columns=_columns(may_differ.columns, table))


def _columns(names: Iterable[str], table: Table) -> frozenset[str]:
    return frozenset(names) - frozenset(table.key)


def _can_be_placed(waiver: DataWaiver, fields: Fields) -> bool:
    """A waiver for some chain or some blocks covers nothing where rows do not say where they belong."""
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
