"""Combines the policy's entry for an event with the candidate's table: what is asked and compared."""

from gate.amounts import amount
from gate.observations.unobserved import Cause
from gate.policy.entities import EntityPolicy
from gate.policy.groundtruth import GroundTruth
from gate.policy.template import Template, template
from gate.probes.database.catalog import NUMBERS, Catalog, Column, Kind, Table
from gate.probes.database.plan import fields_of
from gate.probes.unseen import UnseenError
from gate.proof.decoding import UnreadableError
from gate.proof.footprint import Asked, source_of
from gate.proof.form import Field, Form, Written, rows, written_text

INDEX_NAMES = ("logindex",)
HASH_NAMES = ("transactionhash", "txhash")
OF_KIND = {
    Kind.INTEGER: Written.NUMBER,
    Kind.LONG: Written.NUMBER,
    Kind.NUMBER: Written.NUMBER,
    Kind.FLOAT: Written.FLOAT,
    Kind.BOOLEAN: Written.BOOLEAN,
    Kind.MOMENT: Written.SECOND,
}


def asked_of(truth: GroundTruth, tables: Catalog, policy: EntityPolicy) -> Asked:
    """What a chain is asked for an entry of the policy; raises if the candidate cannot hold it."""
    table = tables.table(truth.entity)
    if table is None:
        raise UnseenError(f"the candidate has no entity {truth.entity}", Cause.UNDECIDABLE)
    form = form_of(truth, table, policy)
    try:
        rows(form)
    except UnreadableError as unreadable:
        raise UnseenError(str(unreadable), Cause.UNDECIDABLE) from None
    return Asked(source=source_of(truth), form=form, start=truth.start)


def form_of(truth: GroundTruth, table: Table, policy: EntityPolicy) -> Form:
    """How an entry's logs appear as rows of a table: its key, named columns, and the place of rows."""
    key = template(truth.row_id)
    wanted = {column: template(f"{{{argument}}}") for argument, column in truth.columns}
    wanted |= {column: template(text) for column, text in truth.values}
    for name in (*wanted, *(name for name, _ in truth.where)):
        if table.column(name) is None:
            raise UnseenError(f"{truth.entity} has no column {name}", Cause.UNDECIDABLE)
    for name, text in _places(table, policy, key).items():
        wanted.setdefault(name, template(text))
    return Form(
        chain=truth.chain,
        event=truth.event,
        entity=truth.entity,
        key=Field(column=key_column(table, policy), template=key, written=written_text(truth.event, key)),
        fields=tuple(
            Field(column=name, template=text, written=_written(truth, column, text))
            for name, text in sorted(wanted.items())
            if (column := table.column(name)) is not None
        ),
        where=truth.where,
    )


def key_column(table: Table, policy: EntityPolicy) -> str:
    """The one column that identifies a row within its chain; the key may contain the chain as well."""
    chain = fields_of(table, policy).chain
    keys = [name for name in table.key if name != chain] or list(table.key)
    if not keys and table.column("id") is not None:
        return "id"
    if len(keys) != 1:
        words = f"a key of {amount(len(keys), 'column')}" if keys else "no key"
        raise UnseenError(f"{table.name} has {words}, and `rowId` forms one", Cause.UNDECIDABLE)
    return keys[0]


def _places(table: Table, policy: EntityPolicy, key: Template) -> dict[str, str]:
    """The columns for a row's place, by the names that handlers usually give them.

    A row's chain is always its log's. Its block is so only if each log has a row of its own: a row that later
    events change may hold the block of the last one.
    """
    fields = fields_of(table, policy)
    found = {} if fields.chain is None else {fields.chain: "{chainId}"}
    if key.holds("logIndex"):
        if fields.block is not None:
            found[fields.block] = "{blockNumber}"
        for column in table.columns:
            name = column.name.replace("_", "").lower()
            if name in INDEX_NAMES and column.kind in NUMBERS:
                found[column.name] = "{logIndex}"
            if name in HASH_NAMES and column.kind is Kind.TEXT:
                found[column.name] = "{transactionHash}"
    return {name: text for name, text in found.items() if name not in table.key or name == fields.chain}


def _written(truth: GroundTruth, column: Column, text: Template) -> Written:
    if column.type == "bytea":
        return Written.BYTES
    return OF_KIND.get(column.kind) or written_text(truth.event, text)
