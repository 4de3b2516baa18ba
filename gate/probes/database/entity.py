"""Compares one entity: brings its rows to one height, and records the result."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gate.observations.rows import Basis, Cut, EntityAbsent, EntityRows, EntityUnread, Kind
from gate.observations.unobserved import Cause
from gate.policy.model import Policy
from gate.probes.database import history, not_kept, relation, trace
from gate.probes.database.catalog import Table, matched
from gate.probes.database.comparing import Compared, Question, compare
from gate.probes.database.exemptions import Tangled, exemptions
from gate.probes.database.facts import Facts
from gate.probes.database.fingerprint import Hash
from gate.probes.database.hashing import shared
from gate.probes.database.plan import Plan, fields_of, plan
from gate.probes.database.relation import Relation
from gate.probes.database.session import Snapshot
from gate.probes.database.uncut import uncut
from gate.probes.unseen import UnseenError

SEGMENTS = 4096  # per chain, about: some hundred kilobytes of sums, whatever the number of rows
STORED = frozenset({Basis.AT_BLOCK, Basis.BY_TIMESTAMP})


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One entity on both belts, and how it is to be compared."""

    table: Table
    other: Table
    plan: Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One compared entity.

    `question` and `compared` are kept for a second look at rows that must not change. If `begun` names
    blocks, the unequal rows were compared too early: according to one belt's history none of them existed
    yet, and these are the blocks where the history of one begins.
    """

    rows: EntityRows
    work: Work
    question: Question
    compared: Compared
    begun: Mapping[int, int]


Outcome = Measured | EntityUnread | EntityAbsent


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What all entities of one run share. States are compared no lower than at `begun`."""

    facts: Facts
    policy: Policy
    at: datetime
    begun: Mapping[int, int] = field(default_factory=dict)

    @property
    def _state_heights(self) -> dict[int, int]:
        return self.facts.state_heights(self.begun)

    async def planned(self, table: Table) -> Plan:
        """Plans on which basis an entity is compared."""
        policy = self.policy.entity(table.name)
        known = await self.facts.known(table, fields_of(table, policy))
        return plan(table, policy, known, chains=len(self.facts.common.heights))

    async def outcome(self, work: Work) -> Outcome:
        """Compares one entity; a failure to read it does not affect the others."""
        try:
            async with self.facts.pair.serving.savepoint(), self.facts.pair.candidate.savepoint():
                return await self._measured(work)
        except UnseenError as unseen:
            return EntityUnread(entity=work.table.name, why=unseen.unobserved)

    async def _measured(self, work: Work) -> Measured:
        """Compares one entity as planned."""
        how, key = work.plan, matched(work.table, work.other)
        if not key:
            raise UnseenError(
                f"{work.table.name} does not have the same primary key on both belts",
                Cause.UNDECIDABLE,
                advice=f"Give {work.table.name} the key that the serving belt has, and seed the candidate"
                " afresh",
            )
        table, other = replace(work.table, key=key), replace(work.other, key=key)
        if lacking := [name for name in how.fields.columns if other.column(name) is None]:
            raise UnseenError(
                f"the candidate's {table.name} does not have {', '.join(lacking)}, which say where its rows"
                " belong",
                Cause.UNDECIDABLE,
                advice="Bring the column back into the candidate's schema, and seed it afresh",
            )
        columns = shared(table, other)
        tangled = await self._tangled(table, how)
        ours, theirs, reason = await self._relations(table, other, how)
        question = Question(
            serving=ours,
            candidate=theirs,
            hashed=Hash(
                key=relation.key_of(table),
                columns=columns,
                implied=frozenset(table.key) | ({how.fields.chain} if how.fields.chain else frozenset()),
                exemptions=exemptions(self.policy, table, how.fields, tangled, at=self.at),
            ),
            events=trace.events(self.facts.pair.candidate, theirs, self.facts.newcomers, table, self.policy),
        )
        compared = await compare(self.facts.pair, question)
        names = {column.name for column in columns}
        rows = EntityRows(
            entity=table.name,
            basis=how.basis,
            reason=f"{how.reason}{reason}{_spelt(other)}",
            groups=compared.groups,
            totals=compared.totals,
            differences=compared.differences,
            covered=compared.covered,
            undecided=compared.undecided,
            first=compared.first,
            left_out=tuple(column.name for column in other.columns if column.name not in names),
            absent_columns=tuple(column.name for column in table.columns if column.name not in names),
            traced_to=self.facts.newcomers.shown if compared.totals.traced else (),
            untraced=self.facts.newcomers.unknown if compared.totals.extra else "",
            doubt=_doubt(tangled) if compared.totals.undecided else "",
            torn=any(row.key in tangled.lost for row in compared.undecided),
            cut=self._cut(how),
            columns=tuple(other.own(column.name) for column in columns),
            chained=how.fields.chained,
            by_chain=len(key) > 1,
            uncut=await uncut(
                self.facts.pair, (table, other), how.fields, compared.groups, self.facts.common.blocks
            ),
        )
        begun = await self._begun(table, how, compared)
        return Measured(rows=rows, work=work, question=question, compared=compared, begun=begun)

    async def again_by_state(self, work: Work, why: str) -> Outcome:
        """Compares by state an entity whose rows turned out to change."""
        if self.facts.histories(work.table.name) is None:
            raise UnseenError(
                f"{why}, and without history it can only be compared by state at equal progress:"
                " say so in the policy",
                Cause.UNDECIDABLE,
            )
        by_state = replace(work.plan, basis=Basis.BY_STATE, reason=f"detected: {why}")
        return await self.outcome(replace(work, plan=by_state))

    async def _relations(self, table: Table, other: Table, how: Plan) -> tuple[Relation, Relation, str]:
        """The rows of both belts at one height, and a remark about the height."""
        match how.basis:
            case Basis.AT_BLOCK:
                return *self._watched(table, *self._at_block(table, other, how)), ""
            case Basis.BY_TIMESTAMP:
                relations, said = self._by_timestamp(table, other, how)
                return *self._watched(table, *relations), said
            case Basis.BY_STATE:
                blocks = self._state_heights
                shown = ", ".join(f"{block} on {chain}" for chain, block in blocks.items())
                why = ", later than the rest: at their height one belt's history lacked rows"
                said = f", state at block {shown}{why if self.begun else ''}"
                return *self._by_state(table, other, how, blocks), said
            case Basis.EQUAL_PROGRESS:
                return *self._whole(table, other, how), ""

    def _watched(self, table: Table, ours: Relation, theirs: Relation) -> tuple[Relation, Relation]:
        """Skips the rows' places on disk if the history shows what was written."""
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

    def _by_timestamp(self, table: Table, other: Table, how: Plan) -> tuple[tuple[Relation, Relation], str]:
        """Cuts each chain at its own time if rows name their chain."""
        until = self.facts.common.seconds
        if until is None:
            raise UnseenError(f"nobody says when {self.facts.common.unmade} was made", Cause.UNDECIDABLE)
        ours, theirs = (
            relation.by_timestamp(snapshot, entity, how.fields, until=until, foreign=self.facts.foreign)
            for snapshot, entity in self._sides(table, other)
        )
        seconds = (
            ", ".join(f"{second} on {chain}" for chain, second in until.items())
            if how.fields.chained
            else str(min(until.values()))
        )
        return (ours, theirs), f", up to second {seconds}"

    def _by_state(
        self, table: Table, other: Table, how: Plan, blocks: dict[int, int]
    ) -> tuple[Relation, Relation]:
        histories = self.facts.histories(table.name)
        if histories is None:
            raise not_kept.history(table.name)
        across = self.policy.entity(table.name).across
        ours, theirs = (
            history.state(
                snapshot,
                entity,
                kept,
                how.fields,
                heights=blocks,
                foreign=self.facts.foreign,
                buckets=_buckets(table),
                sums=across.sums if across else (),
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

    def _cut(self, how: Plan) -> Cut | None:
        """The common cut of all chains, if rows carry a timestamp but no chain."""
        by_second = how.basis is Basis.BY_TIMESTAMP and not how.fields.chained
        return self.facts.common.cut if by_second else None

    def _sides(self, table: Table, other: Table) -> tuple[tuple[Snapshot, Table], tuple[Snapshot, Table]]:
        return (self.facts.pair.serving, table), (self.facts.pair.candidate, other)

    async def _tangled(self, table: Table, how: Plan) -> Tangled:
        """The rows of either belt whose state depends on the order in which it met the chains."""
        histories = self.facts.histories(table.name)
        if how.basis is not Basis.BY_STATE or histories is None:
            return Tangled()
        found = Tangled()
        blocks, across = self._state_heights, self.policy.entity(table.name).across
        extremes = across.extremes if across else ()
        for snapshot, kept in zip(
            (self.facts.pair.serving, self.facts.pair.candidate), histories, strict=True
        ):
            found |= await history.tangled(snapshot, kept, blocks, extremes=extremes)
        return found

    async def _begun(self, table: Table, how: Plan, compared: Compared) -> Mapping[int, int]:
        """Where the histories of the unequal rows begin, if none of these rows existed yet on one belt.

        Includes what earlier looks have to wait for.
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


def _doubt(tangled: Tangled) -> str:
    """Why it cannot be decided whether a column is right."""
    return tangled.words or "what several chains write depends on the order in which a belt meets them"


def _spelt(other: Table) -> str:
    """Which columns the candidate's database spells differently."""
    if not other.stored:
        return ""
    return f"; the candidate's columns are spelt {', '.join(sorted(own for _, own in other.stored))}"


def _buckets(table: Table) -> int:
    """A power of two so large that one bucket holds a few hundred rows."""
    wanted = max(1, min(table.estimate // 512, SEGMENTS * 16))
    return int(1 << (int(wanted).bit_length() - 1))
