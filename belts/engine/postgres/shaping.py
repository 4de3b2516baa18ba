"""How rows become JSON inside Postgres, for any number and length of keys."""

from collections.abc import Callable
from typing import NamedTuple

from belts.engine.postgres.sql import ident, literal

# Postgres cuts a column's name at 63 bytes, and allows 100 arguments of a function and 1,664 columns of a
# row.
_KEY = 63
_ARGUMENTS = 50
_COLUMNS = 1_600
_ROW = '"r!"'
_WHOLE = '"j!"'
ANSWER, CURSOR = '"a!"', '"c!"'
_LIMITED = '"l!"'


class Pair(NamedTuple):
    """A response key and the expression of its value."""

    key: str
    value: str


def array_of(pairs: list[Pair], source: Callable[[str], str]) -> str:
    """The rows of `source` as a JSON array; `source` receives the output list."""
    if _as_columns(pairs):
        return f"(SELECT coalesce(json_agg({_ROW}), '[]'::json) FROM ({source(_columns(pairs))}) AS {_ROW})"
    inner = source(f"{_text_object(pairs)} AS {_WHOLE}")
    return f"(SELECT coalesce(json_agg({_ROW}.{_WHOLE}), '[]'::json) FROM ({inner}) AS {_ROW})"


def object_of(pairs: list[Pair], source: Callable[[str], str]) -> str:
    """The one row of `source` as a JSON object, or NULL."""
    if _as_columns(pairs):
        return f"(SELECT row_to_json({_ROW}) FROM ({source(_columns(pairs))}) AS {_ROW})"
    return f"({source(_text_object(pairs))})"


def row_of(pairs: list[Pair]) -> str:
    """An object of expressions in the select list itself."""
    if len(pairs) > _ARGUMENTS:
        return _text_object(pairs)
    return f"json_build_object({', '.join(f'{literal(pair.key)}, {pair.value}' for pair in pairs)})"


def _as_columns(pairs: list[Pair]) -> bool:
    return 0 < len(pairs) <= _COLUMNS and all(len(pair.key) <= _KEY for pair in pairs)


def _columns(pairs: list[Pair]) -> str:
    return ", ".join(f"{pair.value} AS {ident(pair.key)}" for pair in pairs)


def _text_object(pairs: list[Pair]) -> str:
    parts = ", ".join(
        f"{literal(chr(34) + pair.key + chr(34) + ':')} || coalesce(to_json({pair.value})::text, 'null')"
        for pair in pairs
    )
    return f"('{{' || array_to_string(ARRAY[{parts}]::text[], ',') || '}}')::json"


def capped(sql: str, most: int, *, beside: str = "") -> str:
    """The same answer, or NULL if it is larger than `most` bytes; and in the last column, its size.

    Postgres knows the size before it sends anything: an oversized answer takes no memory but its own.
    """
    size = f"pg_column_size({_LIMITED}.{ANSWER})"
    others = f"{_LIMITED}.{beside}, " if beside else ""
    # Without the OFFSET, Postgres would inline the subquery, and compute the answer once per mention.
    return (
        f"SELECT CASE WHEN {size} <= {most} THEN {_LIMITED}.{ANSWER} END, {others}{size}"
        f" FROM ({sql} OFFSET 0) AS {_LIMITED}"
    )
