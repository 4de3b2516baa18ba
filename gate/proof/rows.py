"""Sums up the candidate's rows of one entity by chain and by range of blocks, in one scan."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from gate.observations.unobserved import Cause
from gate.policy.template import Hole, Template
from gate.probes.database.catalog import Catalog, Table
from gate.probes.database.relation import cast, plain
from gate.probes.database.session import Snapshot
from gate.probes.unseen import UnseenError
from gate.proof.form import BETWEEN, NULL, Field, Form, Written
from gate.proof.sums import Sums

BELOW, NOWHERE = 0, -1
"""The buckets of rows below the first block, and of rows without a place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """The rows of an entity that one form describes, on every chain that is proved.

    `edges` are, by chain, the first blocks of its ranges, plus the block above the last of them. `named` are
    all chains for which the policy names an event of these rows, proved or not.
    """

    table: Table
    forms: Mapping[int, Form]
    edges: Mapping[int, Sequence[int]]
    named: Collection[int]

    @classmethod
    def of(cls, form: Form, tables: Catalog) -> "View":
        """The rows of one chain, not divided into ranges."""
        table = tables.table(form.entity)
        if table is None:
            raise UnseenError(f"the candidate has no entity {form.entity}", Cause.UNDECIDABLE)
        return cls(table=table, forms={form.chain: form}, edges={}, named=())

    @property
    def form(self) -> Form:
        """The form of any chain."""
        return next(iter(self.forms.values()))

    @property
    def placed(self) -> bool:
        """True if rows name their block."""
        return place_of(self.form) is not None


async def counted(snapshot: Snapshot, view: View) -> dict[tuple[str | None, int], Sums]:
    """The sums of a view's rows by chain and bucket; bucket 1 is the first range."""
    chain = chain_of(view.form) or sql.Literal(str(next(iter(view.forms))))
    rows = sql.SQL(
        "SELECT {chain} AS c, {bucket} AS b, sha256(convert_to({text}, 'UTF8')) AS h FROM {table} t"
        " WHERE {where} OFFSET 0"
    ).format(
        chain=chain,
        bucket=_bucket(chain, place_of(view.form) or sql.SQL("NULL::int8"), view),
        text=row_text(view.form),
        table=snapshot.table(view.table.name),
        where=condition(view.form),
    )
    query = sql.SQL("SELECT c, b, count(*), sum({}), sum({}) FROM ({}) r GROUP BY 1, 2").format(
        _number(1), _number(9), rows
    )
    return {
        (chain, int(bucket)): Sums(int(count), int(high), int(low))
        for chain, bucket, count, high, low in await snapshot.rows(query)
    }


async def others(snapshot: Snapshot, view: View) -> dict[str | None, int]:
    """How many rows of the entity are of other events, by chain; empty if all are of the form's."""
    if not view.form.where:
        return {}
    chain = chain_of(view.form) or sql.Literal(str(next(iter(view.forms))))
    query = sql.SQL("SELECT {}, count(*) FROM {} t WHERE ({}) IS NOT TRUE GROUP BY 1").format(
        chain, snapshot.table(view.table.name), condition(view.form)
    )
    return {found: int(rows) for found, rows in await snapshot.rows(query)}


def _number(begin: int) -> sql.Composed:
    return sql.SQL("('x' || encode(substr(r.h, {}, 8), 'hex'))::bit(64)::int8").format(sql.Literal(begin))


def _bucket(chain: sql.Composable, place: sql.Composable, view: View) -> sql.Composable:
    """The number of a row's range; if rows name no block, a chain has only one."""
    if not view.placed:
        return sql.SQL("1")
    cases = [
        sql.SQL("WHEN {} THEN width_bucket({}, {}::int8[])").format(
            sql.Literal(str(number)), place, sql.Literal(list(edges))
        )
        for number, edges in view.edges.items()
    ]
    return sql.SQL("coalesce(CASE {} {} END, {})").format(
        chain, sql.SQL(" ").join(cases), sql.Literal(NOWHERE)
    )


def condition(form: Form) -> sql.Composable:
    """True for the rows of the form's event."""
    parts = [
        sql.SQL("t.{}::text = {}").format(sql.Identifier(column), sql.Literal(value))
        for column, value in form.where
    ]
    return sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")


def row_text(form: Form) -> sql.Composable:
    """A row as one text, exactly as `form.row_text` writes the row that a log requires."""
    parts: list[sql.Composable] = [field_text(field) for field in (form.key, *form.fields)]
    between = sql.SQL(" || {} || ").format(sql.Literal(BETWEEN))
    return sql.Composed([piece for part in parts for piece in (between, part)][1:])


def field_text(field: Field) -> sql.Composable:
    """One column in the one text that equal values have, never NULL."""
    column = plain(field.column)
    forms = {
        Written.EXACT: sql.SQL("length({0}::text)::text || ':' || {0}::text"),
        Written.LOWER: sql.SQL('lower({}::text COLLATE "C")'),
        Written.NUMBER: sql.SQL("trim_scale({}::numeric)::text"),
        Written.FLOAT: sql.SQL("trim_scale({}::numeric)::text"),
        Written.BOOLEAN: sql.SQL("{}::text"),
        Written.SECOND: sql.SQL("trim_scale(extract(epoch from {})::numeric)::text"),
        Written.BYTES: sql.SQL("'0x' || encode({}, 'hex')"),
    }
    return sql.SQL("coalesce({}, {})").format(forms[field.written].format(column), sql.Literal(NULL))


def chain_of(form: Form) -> sql.Composable | None:
    """The chain of a row as text, from its column or its key; `None` if neither holds it."""
    field = _holding(form, "chainId")
    if field is not None:
        return sql.SQL(
            "trim_scale({}::numeric)::text" if field.written is Written.NUMBER else "{}::text"
        ).format(plain(field.column))
    return _in_key(form, "chainId")


def place_of(form: Form) -> sql.Composable | None:
    """The block of a row, from its column or its key; `None` if neither holds it."""
    field = _holding(form, "blockNumber")
    if field is not None:
        return cast(field.column, "int8")
    digits = _in_key(form, "blockNumber")
    return None if digits is None else sql.SQL("{}::int8").format(digits)


def _holding(form: Form, name: str) -> Field | None:
    """The column that holds one value of the log unchanged."""
    return next((field for field in form.fields if field.template.only == Hole(name=name)), None)


def _in_key(form: Form, name: str) -> sql.Composable | None:
    """A number within the keys of rows, by its position in their form; NULL for a key of another form."""
    if not form.key.template.holds(name):
        return None
    key = sql.SQL("{}::text").format(plain(form.key.column))
    return sql.SQL("substring({} from {})").format(key, sql.Literal(pattern(form.key.template, name)))


def pattern(template: Template, name: str) -> str:
    """A regular expression for Postgres and Python whose one group is a number of the log."""
    numbers = {"chainId", "blockNumber", "logIndex", "blockTimestamp"}
    parts = []
    for part in template.parts:
        if not isinstance(part, Hole):
            parts.append(re.escape(part))
        elif part.name == name:
            parts.append("([0-9]{1,18})")
        else:
            parts.append("[0-9]+" if part.name in numbers else ".+")
    return f"^{''.join(parts)}$"
