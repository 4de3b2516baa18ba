"""The cells that were compared with the serving belt's rows, or with what was recorded of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gate.amounts import amount
from gate.coverage.cells import ALL_CHAINS
from gate.observations import Holdings, Observations, Rows, Unobserved
from gate.observations.rows import EntityAbsent, EntityRows, EntityUnread, Group, Kind
from gate.observations.state import EntityHeld, Held
from gate.policy import Policy
from gate.policy.model import Mode

Entity = EntityRows | EntityUnread | EntityAbsent | EntityHeld

NOBODY = "no belt serves yet"
NEW_ENTITY = "the serving belt has no such entity"
NEW_CHAIN = "the serving belt has not this chain"
YOUNG = "the chain is too young to be compared"
NO_ROW = "no row of the serving belt was compared"
NEW_ROWS = "some of its rows come from new contracts, which the serving belt has not"


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """What the comparison says of one entity on one chain: the compared columns, or why there are none.

    `unlike` are columns of rows that differ or are gone, which the comparison reports. `excused` are those
    that the policy lets differ, each with its reason.
    """

    why: str = ""
    columns: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()
    excused: Mapping[str, str] = field(default_factory=dict)
    told: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Everything that was compared, by entity."""

    entities: Mapping[str, Entity]
    heights: frozenset[str]
    missing: str
    seen: Observations
    policy: Policy

    def chained(self) -> dict[str, bool]:
        """Whether the rows of each compared entity name their chain."""
        return {
            name: one.chained
            for name, one in self.entities.items()
            if isinstance(one, EntityRows | EntityHeld)
        }

    def strays(self, chains: Collection[str]) -> dict[str, list[str]]:
        """The chains that compared rows name, other than the belt's."""
        return {
            name: [
                group.chain for group in one.groups if group.chain is not None and group.chain not in chains
            ]
            for name, one in self.entities.items()
            if isinstance(one, EntityRows | EntityHeld)
        }

    def of(self, entity: str, chain: str) -> Against:
        """What is known of an entity on a chain."""
        one = self.entities.get(entity)
        if one is None:
            return Against(why=self.missing)
        if isinstance(one, EntityUnread):
            return Against(why=f"it could not be compared: {one.why.reason}")
        if isinstance(one, EntityAbsent):
            return Against(why="the candidate has no such table")
        if isinstance(one, EntityHeld):
            return _remembered(one, chain)
        return self._rows(one, chain)

    def _rows(self, one: EntityRows, chain: str) -> Against:
        name = None if chain == ALL_CHAINS else chain
        group = next((group for group in one.groups if group.chain == name), None)
        uncut = next((group for group in one.uncut if group.chain == name), None)
        columns, unlike = frozenset(one.columns), _unlike(one, name)
        if name is not None and name not in self.heights and group is None:
            return Against(why=self._uncommon(name))
        if group is not None and group.serving:
            if unlike or group.candidate <= group.serving + group.lost:
                return Against(columns=columns, unlike=unlike, excused=self._excused(one.entity, name))
            return Against(why=NEW_ROWS, told=_of_new(group))
        if unlike:
            return Against(columns=columns, unlike=unlike)
        if uncut is not None and not uncut.serving and not uncut.candidate:
            return Against(columns=columns, excused=self._excused(one.entity, name))
        return Against(why=NO_ROW, told=_of_none(one, uncut))

    def _uncommon(self, chain: str) -> str:
        content = self.seen.content
        young = isinstance(content, Rows) and any(
            words.startswith(f"chain {chain}:") for words in content.young
        )
        return YOUNG if young else NEW_CHAIN

    def _excused(self, entity: str, chain: str | None) -> dict[str, str]:
        """Columns that may differ there, which are not compared, with the policy's reason."""
        found: dict[str, str] = {}
        for waiver in self.policy.waivers.data:
            here = waiver.chain is None or chain is None or str(waiver.chain) == chain
            if waiver.entity == entity and here and waiver.holds(self.seen.began):
                found |= dict.fromkeys(waiver.columns, f"waived until {waiver.expires}: {waiver.reason}")
        says = self.policy.entity(entity)
        for allowed in says.may_differ if self.policy.mode is Mode.EXPANSION else ():
            if not allowed.chains or chain in {str(one) for one in allowed.chains}:
                found |= dict.fromkeys(allowed.columns, f"may differ {allowed.where}: {allowed.reason}")
        if says.across is not None:
            words = f"may differ with the order of the chains: {says.across.reason}"
            found |= dict.fromkeys(says.across.order, words)
        return found


def comparison(seen: Observations, policy: Policy, remembered: Held | Unobserved | None) -> Comparison:
    """What was compared with the serving belt or, if that is gone, with what is `remembered` of it."""
    if not isinstance(seen.holdings, Holdings):
        words = f"the candidate's database could not be read: {seen.holdings.reason}"
        return Comparison(entities={}, heights=frozenset(), missing=words, seen=seen, policy=policy)
    content = seen.content
    found: dict[str, Entity] = {}
    missing = NEW_ENTITY
    if isinstance(content, Rows):
        found = {one.entity: one for one in content.entities}
    elif remembered is None:
        missing = NOBODY if seen.first else f"no rows could be compared: {content.reason}"
    if isinstance(remembered, Held):
        unread = {name for name, one in found.items() if isinstance(one, EntityUnread)}
        found |= {
            one.entity: one for one in remembered.entities if one.entity not in found or one.entity in unread
        }
    elif isinstance(remembered, Unobserved) and not isinstance(content, Rows):
        missing = f"nothing is remembered of the serving belt: {remembered.reason}"
    heights = {str(height.chain) for height in content.heights} if isinstance(content, Rows) else set()
    return Comparison(entities=found, heights=frozenset(heights), missing=missing, seen=seen, policy=policy)


def _unlike(one: EntityRows, chain: str | None) -> frozenset[str]:
    """The columns in which a chain's rows differ; all if a row is gone, or the columns are unknown."""
    totals = one.totals
    if not totals.unequal and not totals.undecided:
        return frozenset()
    rows = [row for row in (*one.differences, *one.undecided) if chain is None or row.chain == chain]
    named = {value.column for row in rows for value in row.values}
    whole = not rows and not (*one.differences, *one.undecided)
    if whole or any(row.kind is not Kind.DIFFERENT or not row.values for row in rows):
        return frozenset(one.columns)
    return frozenset(named)


def _remembered(one: EntityHeld, chain: str) -> Against:
    """An equal sum covers all columns. Why sums differ is unknown, which may be accepted."""
    name = None if chain == ALL_CHAINS else chain
    columns = frozenset(one.columns)
    groups = [group for group in one.groups if group.chain == name]
    if name is not None and not groups:
        known = name in {str(number) for number in one.chains}
        return Against(columns=columns) if known else Against(why="nothing is remembered of this chain")
    if groups and all(group.alike and group.then for group in groups):
        return Against(columns=columns)
    return Against(why="it is not what is remembered, or nobody can tell")


def _of_new(group: Group) -> str:
    return (
        f"{group.candidate - group.serving - group.lost:,} of"
        f" {amount(group.candidate, 'row')}{_on(group.chain)}"
    )


def _of_none(one: EntityRows, uncut: Group | None) -> str:
    if uncut is None:
        return ""
    return (
        f"compared {one.basis} ({one.reason}), 0 of {amount(uncut.serving, 'row')}{_on(uncut.chain)}, of"
        f" which the candidate has {uncut.candidate}"
    )


def _on(chain: str | None) -> str:
    return f" on chain {chain}" if chain else ""
