"""Names the differences between rows and logs of a few ranges: missing, invented or changed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from psycopg import sql

from gate.observations.history import Difference, Unlike
from gate.observations.truth import LogSeen
from gate.policy.template import Hole
from gate.probes.database.session import Snapshot
from gate.proof.form import Form, Row
from gate.proof.rows import View, chain_of, condition, field_text, pattern, place_of
from gate.proof.spans import Span

MOST_ROWS = 200_000
"""Rows of differing ranges that are held in memory: a belt can hold more than any chain does."""

Called = Mapping[str, list[tuple[Row, LogSeen]]]
"""The rows that logs require, by key."""


async def held(snapshot: Snapshot, view: View, chain: int, spans: Sequence[Span]) -> dict[str, list[Row]]:
    """The candidate's rows of some ranges by key, from one scan."""
    form, found = view.forms[chain], dict[str, list[Row]]()
    place, of_chain = place_of(form), chain_of(form)
    parts = [condition(form)]
    if of_chain is not None:
        parts.append(sql.SQL("{} = {}").format(of_chain, sql.Literal(str(chain))))
    if place is not None:
        ranges = [
            sql.SQL("{} BETWEEN {} AND {}").format(place, sql.Literal(span.first), sql.Literal(span.last))
            for span in spans
        ]
        parts.append(sql.SQL("({})").format(sql.SQL(" OR ").join(ranges)))
    query = sql.SQL("SELECT {} FROM {} t WHERE {} LIMIT {}").format(
        sql.SQL(", ").join(map(field_text, (form.key, *form.fields))),
        snapshot.table(view.table.name),
        sql.SQL(" AND ").join(parts),
        sql.Literal(MOST_ROWS),
    )
    async with snapshot.stream("proof_rows", query) as rows:
        async for key, *values in rows:
            found.setdefault(str(key), []).append((str(key), tuple(map(str, values))))
    return found


def differences(form: Form, called: Called, rows: Mapping[str, Sequence[Row]]) -> list[Difference]:
    """All differences, in the order of blocks."""
    found = [*_missing(form, called, rows), *_invented(form, called, rows), *_changed(form, called, rows)]
    return sorted(found, key=lambda one: (one.block is None, one.block or 0, one.log_index or 0, one.key))


def _missing(form: Form, called: Called, rows: Mapping[str, Sequence[Row]]) -> Iterator[Difference]:
    for key, wanted in called.items():
        for _, log in wanted[len(rows.get(key, ())) :]:
            yield Difference(
                chain=form.chain,
                entity=form.entity,
                kind=Unlike.MISSING,
                key=plain(form, key),
                block=log.block,
                log_index=log.log_index,
            )


def _invented(form: Form, called: Called, rows: Mapping[str, Sequence[Row]]) -> Iterator[Difference]:
    for key, there in rows.items():
        for row in there[len(called.get(key, ())) :]:
            yield Difference(
                chain=form.chain,
                entity=form.entity,
                kind=Unlike.INVENTED,
                key=plain(form, key),
                block=_said(form, row, "blockNumber"),
                log_index=_said(form, row, "logIndex"),
            )


def _changed(form: Form, called: Called, rows: Mapping[str, Sequence[Row]]) -> Iterator[Difference]:
    for key, wanted in called.items():
        for (row, log), other in zip(wanted, rows.get(key, ()), strict=False):
            for field, told, kept in zip(form.fields, row[1], other[1], strict=True):
                if told != kept:
                    yield Difference(
                        chain=form.chain,
                        entity=form.entity,
                        kind=Unlike.CHANGED,
                        key=plain(form, key),
                        block=log.block,
                        log_index=log.log_index,
                        column=field.column,
                        told=told,
                        held=kept,
                    )


def called_for(rows: Iterable[tuple[Row, LogSeen]]) -> dict[str, list[tuple[Row, LogSeen]]]:
    """The rows that logs require, by key."""
    found: dict[str, list[tuple[Row, LogSeen]]] = {}
    for row, log in rows:
        found.setdefault(row[0], []).append((row, log))
    return found


def plain(form: Form, key: str) -> str:
    """A key without the length prefix of arbitrary texts."""
    return key.partition(":")[2] if form.key.written.name == "EXACT" else key


def _said(form: Form, row: Row, name: str) -> int | None:
    """A number of its log that a row holds, in a column or in its key."""
    for field, value in zip(form.fields, row[1], strict=True):
        if field.template.only == Hole(name=name):
            return int(value) if value.isdigit() else None
    if not form.key.template.holds(name):
        return None
    match = re.match(pattern(form.key.template, name), plain(form, row[0]))
    return int(match[1]) if match else None
