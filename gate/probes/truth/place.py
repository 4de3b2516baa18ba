"""Compares a row's own chain, block, log index and time with those of its log.

A key may not contain the chain: if two chains were swapped, their rows have the same keys.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from gate.observations.rows import Value
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.policy.entities import EntityPolicy
from gate.policy.groundtruth import GroundTruth
from gate.policy.place import NONE
from gate.probes.database.catalog import NUMBERS, Kind, Table
from gate.probes.database.plan import BLOCK_NAMES, CHAIN_NAMES, TIME_NAMES, named
from gate.probes.unseen import UnseenError

INDEX_NAMES = ("logindex",)

Same = Callable[[str | None, int], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The columns that hold it, if there are any."""

    chain: str | None = None
    block: str | None = None
    log_index: str | None = None
    time: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are set."""
        return tuple(filter(None, (self.chain, self.block, self.log_index, self.time)))

    def wrong(self, chain: int, log: LogSeen, row: Mapping[str, str | None]) -> tuple[Value, ...]:
        """The columns that differ from the log's place; `serving` of a value holds what the chain says."""
        return tuple(
            Value(column=column, serving=str(expected), candidate=row[column])
            for column, expected, same in self._each(chain, log)
            if not same(row[column], expected)
        )

    def _each(self, chain: int, log: LogSeen) -> Iterator[tuple[str, int, Same]]:
        if self.chain:
            yield self.chain, chain, _same_number
        if self.block:
            yield self.block, log.block, _same_number
        if self.log_index:
            yield self.log_index, log.log_index, _same_number
        if self.time and log.time is not None:
            yield self.time, log.time, _same_time


def place_of(table: Table, truth: GroundTruth, entity: EntityPolicy) -> Place:
    """The columns by the policy, else by their names; columns compared with event arguments are excluded."""
    said = truth.place
    return Place(
        chain=_column(table, truth, said.chain or entity.chain, CHAIN_NAMES, NUMBERS),
        block=_column(table, truth, said.block or entity.block, BLOCK_NAMES, NUMBERS),
        log_index=_column(table, truth, said.log_index, INDEX_NAMES, NUMBERS),
        time=_column(table, truth, said.time or entity.timestamp, TIME_NAMES, NUMBERS | {Kind.MOMENT}),
    )


def _column(
    table: Table, truth: GroundTruth, said: str | None, names: Sequence[str], kinds: frozenset[Kind]
) -> str | None:
    if said == NONE:
        return None
    if said is not None:
        if table.column(said) is None:
            raise UnseenError(
                f"the policy names the column {said}, which {table.name} has not", Cause.UNDECIDABLE
            )
        return said
    found = named(table, names, kinds)
    return None if found in truth.compared else found


def _same_number(column: str | None, expected: int) -> bool:
    try:
        return column is not None and Decimal(column) == expected
    except InvalidOperation:
        return False


def _same_time(column: str | None, expected: int) -> bool:
    """True for seconds, milliseconds, or a timestamp of Postgres or GraphQL."""
    if column is None:
        return False
    try:
        return Decimal(column) in {expected, expected * 1000}
    except InvalidOperation:
        pass
    try:
        moment = datetime.fromisoformat(column)
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() == expected
