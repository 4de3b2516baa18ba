"""The aggregate predicates of `where`: which a table has, and over which columns."""

from collections.abc import Mapping
from dataclasses import dataclass

from belts.engine.postgres.catalog import Column
from belts.engine.postgres.types import BOOLEAN, DOUBLE, INT, PgType
from belts.engine.schema.model import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """One function; `columns` None means any columns or none (a count)."""

    returns: PgType
    columns: Mapping[str, Column] | None = None
    arguments: int = 1


_BOOLEAN = ("bool_and", "bool_or")
_ONE = ("avg", "max", "min", "stddev_samp", "sum", "var_samp")
_TWO = ("corr", "covar_samp")


def predicates_of(table: Table) -> dict[str, Predicate]:
    """The predicates that fit a table, by name."""
    found = {"count": Predicate(returns=INT)}
    flags = {name: column for name, column in table.columns.items() if column.type == BOOLEAN}
    doubles = {name: column for name, column in table.columns.items() if column.type == DOUBLE}
    if flags:
        found |= {name: Predicate(returns=BOOLEAN, columns=flags) for name in _BOOLEAN}
    if doubles:
        found |= {name: Predicate(returns=DOUBLE, columns=doubles) for name in _ONE}
        found |= {name: Predicate(returns=DOUBLE, columns=doubles, arguments=2) for name in _TWO}
    return found
