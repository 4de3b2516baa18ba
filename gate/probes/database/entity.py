"""Comparing one entity: how its rows are brought to one height, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gate.observations.rows import Basis, EntityAbsent, EntityRows, EntityUnread, Kind
from gate.observations.unobserved import Cause
from gate.policy.model import Mode, Policy
from gate.probes.database import history, relation, trace
from gate.probes.database.catalog import Table
from gate.probes.database.comparing import Compared, Question, compare
from gate.probes.database.excuses import excuses
from gate.probes.database.facts import Clock, Facts
from gate.probes.database.fingerprint import Hash
from gate.probes.database.hashing import shared
from gate.probes.database.plan import Plan, fields_of, plan
from gate.probes.database.relation import Relation
from gate.probes.database.session import Snapshot
from gate.probes.unseen import UnseenError

SEGMENTS = 4096  # for each chain, about: some hundred kilobytes of sums, whatever the number of rows
STORED = frozenset({Basis.AT_BLOCK, Basis.BY_TIMESTAMP})


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One entity on both belts, and how it is to be compared."""

    table: Table
    other: Table
    plan: Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One compared entity. `question` and `compared` are kept for a second look at rows that must not
    change.

    Where `begun` names blocks, the unequal rows were compared too early: by the history of one belt none of
    them existed yet, and in each of these blocks the history of one begins.
    """

    rows: EntityRows
    work: Work
    question: Question
    compared: Compared
    begun: Mapping[int, int]


Outcome = Measured | EntityUnread | EntityAbsent


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What is the same for every entity of one run. States are compared no lower than at what has `begun`."""

    facts: Facts
    policy: Policy
    clock: Clock
    at: datetime
    begun: Mapping[int, int] = field(default_factory=dict)

    @property
    def _state_heights(self) -> dict[int, int]:
        return self.facts.state_heights(self.begun)

    async def planned(self, table: Table) -> Plan:
        """By what an entity is compared."""
        policy = self.policy.entity(table.name)
        known = await self.facts.known(table, fields_of(table, policy))
        return plan(table, policy, known, chains=len(self.facts.common.heights))

    async def outcome(self, work: Work) -> Outcome:
        """Compares one entity; one that cannot be read does not take the others with it."""
        try:
            async with self.facts.pair.serving.savepoint(), self.facts.pair.candidate.savepoint():
                return await self._measured(work)
        except UnseenError as unseen:
            return EntityUnread(entity=work.table.name, why=unseen.unobserved)

    async def _measured(self, work: Work) -> Measured:
        """Compares one entity as planned."""
        table, other, how = work.table, work.other, work.plan
        if not table.key or table.key != other.key:
            raise UnseenError(
                f"{table.name} does not have the same primary key on both belts", Cause.UNDECIDABLE
            )
        columns = shared(table, other)
        doubt = await self._doubt(table, how)
        ours, theirs, reason = await self._relations(table, other, how)
        question = Question(
            serving=ours,
            candidate=theirs,
            hashed=Hash(
                key=relation.key_of(table),
                columns=columns,
                implied=frozenset(table.key) | ({how.fields.chain} if how.fields.chain else frozenset()),
                excuses=excuses(self.policy, table, how.fields, at=self.at),
            ),
            grows=self.policy.mode is Mode.EXPANSION and bool(self.policy.entity(table.name).may_differ),
            events=trace.events(
                self.facts.pair.candidate, theirs, self.facts.newcomers, chained=how.fields.chained
            ),
        )
        compared = await compare(self.facts.pair, question)
        names = {column.name for column in columns}
        rows = EntityRows(
            entity=table.name,
            basis=how.basis,
            reason=f"{how.reason}{reason}",
            groups=compared.groups,
            totals=compared.totals,
            differences=compared.differences,
            covered=compared.covered,
            first=compared.first,
            left_out=tuple(column.name for column in other.columns if column.name not in names),
            absent_columns=tuple(column.name for column in table.columns if column.name not in names),
            traced_to=self.facts.newcomers.shown if compared.totals.traced else (),
            doubt=doubt,
        )
        begun = await self._begun(table, how, compared)
        return Measured(rows=rows, work=work, question=question, compared=compared, begun=begun)

    async def again_by_state(self, work: Work, why: str) -> Outcome:
        """Compares by state what turned out to change."""
        if self.facts.histories(work.table.name) is None:
            raise UnseenError(
                f"{why}, and without history it can only be compared by state at equal progress:"
                " say so in the policy",
                Cause.UNDECIDABLE,
            )
        by_state = replace(work.plan, basis=Basis.BY_STATE, reason=f"detected: {why}")
        return await self.outcome(replace(work, plan=by_state))

    async def _relations(self, table: Table, other: Table, how: Plan) -> tuple[Relation, Relation, str]:
        """The rows of both belts at one height, and what has to be said about the height."""
        match how.basis:
            case Basis.AT_BLOCK:
                return *self._watched(table, *self._at_block(table, other, how)), ""
            case Basis.BY_TIMESTAMP:
                until = await self._second()
                relations = self._by_timestamp(table, other, how, until)
                return *self._watched(table, *relations), f", up to second {until}"
            case Basis.BY_STATE:
                blocks = self._state_heights
                shown = ", ".join(f"{block} on {chain}" for chain, block in blocks.items())
                why = ", later than the rest: at their height one belt's history lacked rows"
                said = f", state at block {shown}{why if self.begun else ''}"
                return *self._by_state(table, other, how, blocks), said
            case Basis.EQUAL_PROGRESS:
                return *self._whole(table, other, how), ""

    def _watched(self, table: Table, ours: Relation, theirs: Relation) -> tuple[Relation, Relation]:
        """Where history tells what was written, nobody needs the rows' places on disk for that."""
        if self.facts.histories(table.name) is None:
            return ours, theirs
        return replace(ours, stored=False), replace(theirs, stored=False)

    def _at_block(self, table: Table, other: Table, how: Plan) -> tuple[Relation, Relation]:
        common = self.facts.common
        bits = (common.span // SEGMENTS).bit_length()
        ours, theirs = (
            relation.at_block(
                snapshot,
                entity,
                how.fields,
                heights=common.blocks,
                foreign=self.facts.foreign,
                bits=bits,
                aligned=common.ahead >> bits <= SEGMENTS,
            )
            for snapshot, entity in self._sides(table, other)
        )
        return ours, theirs

    def _by_timestamp(self, table: Table, other: Table, how: Plan, until: int) -> tuple[Relation, Relation]:
        ours, theirs = (
            relation.by_timestamp(snapshot, entity, how.fields, until=until, foreign=self.facts.foreign)
            for snapshot, entity in self._sides(table, other)
        )
        return ours, theirs

    def _by_state(
        self, table: Table, other: Table, how: Plan, blocks: dict[int, int]
    ) -> tuple[Relation, Relation]:
        histories = self.facts.histories(table.name)
        if histories is None:
            raise UnseenError(f"a belt keeps no history of {table.name}", Cause.UNSUPPORTED)
        ours, theirs = (
            history.state(
                snapshot,
                entity,
                kept,
                how.fields,
                heights=blocks,
                foreign=self.facts.foreign,
                buckets=_buckets(table),
            )
            for (snapshot, entity), kept in zip(self._sides(table, other), histories, strict=True)
        )
        return ours, theirs

    def _whole(self, table: Table, other: Table, how: Plan) -> tuple[Relation, Relation]:
        ours, theirs = (
            relation.whole(snapshot, entity, how.fields, foreign=self.facts.foreign, buckets=_buckets(table))
            for snapshot, entity in self._sides(table, other)
        )
        return ours, theirs

    def _sides(self, table: Table, other: Table) -> tuple[tuple[Snapshot, Table], tuple[Snapshot, Table]]:
        return (self.facts.pair.serving, table), (self.facts.pair.candidate, other)

    async def _doubt(self, table: Table, how: Plan) -> str:
        """Why rows that differ by state need not be wrong; raises where their state is not settled at all."""
        histories = self.facts.histories(table.name)
        if how.basis is not Basis.BY_STATE or histories is None:
            return ""
        blocks = self._state_heights
        doubt = ""
        for snapshot, kept in zip(
            (self.facts.pair.serving, self.facts.pair.candidate), histories, strict=True
        ):
            order = await history.order(snapshot, kept, blocks)
            if order.mixed or order.orphans:
                raise UnseenError(
                    f"{order.mixed + order.orphans} rows of {table.name}, as {order.example}, were written"
                    " from several chains in an order of their own, and have no one state at a height",
                    Cause.UNDECIDABLE,
                )
            if order.several:
                doubt = (
                    f"{order.several} rows, such as {order.example}, are written from several chains:"
                    " what they hold depends on the order in which a belt meets the chains"
                )
        return doubt

    async def _begun(self, table: Table, how: Plan, compared: Compared) -> Mapping[int, int]:
        """Where the histories of the unequal rows begin, if by them none of these existed yet on its belt.

        What has to be passed for rows that were looked at before stays among it.
        """
        histories = self.facts.histories(table.name)
        if how.basis is not Basis.BY_STATE or histories is None:
            return {}
        blocks = self._state_heights
        places: list[tuple[int, int]] = []
        sides = (self.facts.pair.serving, Kind.EXTRA), (self.facts.pair.candidate, Kind.MISSING)
        for (snapshot, kind), kept in zip(sides, histories, strict=True):
            keys = [row.key for row in compared.differences if row.kind is kind]
            places += (await history.begun(snapshot, kept, blocks, keys)).values() if keys else ()
        if not places or len(places) < compared.totals.unequal:
            return {}
        places += self.begun.items()
        return {chain: max(block for at, block in places if at == chain) for chain, _ in places}

    async def _second(self) -> int:
        """The last second that lies at or below the height of every chain."""
        seconds = []
        for height in self.facts.common.heights:
            second = await self.clock.second(height.chain, height.block)
            if second is None:
                raise UnseenError(
                    f"nobody says when block {height.block} of chain {height.chain} was made",
                    Cause.UNDECIDABLE,
                )
            seconds.append(second)
        return min(seconds)


def _buckets(table: Table) -> int:
    """As many buckets as let one of them hold a few hundred rows; a power of two."""
    wanted = max(1, min(table.estimate // 512, SEGMENTS * 16))
    return int(1 << (int(wanted).bit_length() - 1))
