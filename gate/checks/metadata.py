"""The engine's metadata restricts consumers no more than it does today."""

from collections.abc import Iterator, Mapping

from belts.envio.release import VIEWS
from gate.amounts import amount
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import MetadataSeen, Observations, Unobserved, both
from gate.observations.graphql import Role
from gate.observations.metadata import Declared, Permission, Tracked
from gate.observations.plain import same_name, uneven
from gate.policy import Policy

METADATA = Part(
    claim=Claim.SCHEMA,
    name="metadata",
    sentence="the engine serves each table as it does today: same names, ways and rights, no new filter",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_metadata", "candidate_metadata"),
    acceptable=True,
    without="whether rows are filtered, columns renamed or relationships led elsewhere for somebody",
)
ADVICE = "Let Envio set the candidate's metadata as it does at a first start, or waive the exact change."


def points(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Compares the candidate's metadata with the serving belt's, or judges it alone if no belt serves yet."""
    roles = (Role.PUBLIC, *policy.served.roles)
    if seen.first:
        yield from _alone(seen.candidate_metadata, roles)
        return
    found = both(seen.serving_metadata, seen.candidate_metadata)
    if isinstance(found, Unobserved):
        yield unseen(METADATA, found, expected=METADATA.sentence)
        return
    broken, waived = [], []
    for change in changes(*found, roles):
        waiver = next((one for one in policy.waivers.schema if one.change == change), None)
        if waiver is not None and waiver.holds(seen.began):
            waived.append(f"{change} Waived until {waiver.expires}: {waiver.reason}")
        else:
            broken.append(failed(METADATA, expected=METADATA.sentence, observed=change, advice=ADVICE))
    yield from broken
    if not broken:
        observed = f"{amount(len(found[0].tables), 'table', 'is', 'are')} served as today"
        yield passed(METADATA, expected=METADATA.sentence, observed=observed, waived=waived)


def _alone(metadata: MetadataSeen | Unobserved, roles: tuple[str, ...]) -> Iterator[Point]:
    """Judges metadata with nothing to compare with: it may put no restriction between a table and a role."""
    if isinstance(metadata, Unobserved):
        yield unseen(METADATA, metadata, expected=METADATA.sentence)
        return
    served = [(table, role) for table in metadata.tables for role in roles if role in table.permissions]
    found = dict.fromkeys(words for table, role in served for words in uneven(metadata, table.name, role))
    if found or not served:
        yield untold(
            METADATA,
            expected="tables that are served as they lie there, as no belt serves yet to compare with",
            observed="; ".join(found) if found else "metadata gives nobody anything",
            advice=f"Let Envio set the metadata, or accept `{METADATA.path}` in the policy.",
            evidence=tuple(found),
        )
        return
    tables = {table.name for table, _ in served}
    observed = f"{amount(len(tables), 'table', 'is served as it lies', 'are served as they lie')} there"
    yield passed(METADATA, expected=METADATA.sentence, observed=observed)


def changes(today: MetadataSeen, then: MetadataSeen, roles: tuple[str, ...]) -> Iterator[str]:
    """The changes that a consumer may notice; additions are none, and the schema reports removals."""
    for more in sorted(set(today.more) - set(then.more)):
        yield f"Metadata lost {more}."
    for table in today.tables:
        now = then.of(table.name)
        if now is not None:
            yield from _table(then, table, now)
            for role in roles:
                yield from _permission(
                    table.name, role, table.permissions.get(role), now.permissions.get(role)
                )


def _table(then: MetadataSeen, today: Tracked, now: Tracked) -> Iterator[str]:
    name = today.name
    if not same_name(now.table, today.table):
        yield f"Metadata of {name}: the table changed from {today.table} to {now.table}."
    if sum(one.name == name for one in then.tables) > 1:
        yield f"Metadata of {name}: it is tracked more than once."
    if {one.source for one in then.tables if one.name in VIEWS} - {now.source}:
        yield f"Metadata of {name}: it comes from another source than the belt's progress."
    yield from _columns(name, dict(today.columns), dict(now.columns))
    if today.roots != now.roots:
        yield f"Metadata of {name}: its root fields have other names."
    for more in sorted(set(today.more) - set(now.more)):
        yield f"Metadata of {name}: it lost {more}."
    for field, way in sorted(today.relationships.items()):
        other = now.relationships.get(field)
        if other is not None and not _same_way(way, other):
            yield f"Metadata of {name}: {field} leads to {_shown(other)} in place of {_shown(way)}."


def _columns(name: str, today: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Columns whose field is named differently today, except for the spelling of another Envio release."""
    for column, field in sorted(now.items()):
        if today.get(column) != field and not same_name(column, field):
            yield f"Metadata of {name}: the column {column} is called {field}."
    for column, field in sorted(today.items()):
        if not same_name(column, field) and column not in now:
            yield f"Metadata of {name}: the column {column} is no longer called {field}."


def _same_way(one: Declared, other: Declared) -> bool:
    """True if two relationships lead to the same rows; a chain that only one of them joins on is ignored."""
    kept = [pair for pair in other.mapping if not _within_chain(pair, one)]
    return (
        one.many == other.many
        and same_name(one.remote, other.remote)
        and sorted(map(_plain_pair, one.mapping)) == sorted(map(_plain_pair, kept))
    )


def _within_chain(pair: tuple[str, str], one: Declared) -> bool:
    return pair[0] == pair[1] and same_name(pair[0], "chainId") and pair not in one.mapping


def _plain_pair(pair: tuple[str, str]) -> tuple[str, str]:
    ours, theirs = pair
    return ours.replace("_", "").lower(), theirs.replace("_", "").lower()


def _shown(way: Declared) -> str:
    pairs = ", ".join(f"{ours} = {theirs}" for ours, theirs in way.mapping)
    return f"{way.remote or 'a foreign key'} by {pairs}"


def _permission(name: str, role: str, today: Permission | None, now: Permission | None) -> Iterator[str]:
    """What a role may no longer read."""
    of = f"Metadata of {name} for {role}"
    if today is not None and now is None and role != Role.PUBLIC:
        yield no_permission(name, role)
    if today is None or now is None:
        return  # the schema and `served` report that the public lost a table
    if now.filter != today.filter and now.filter:
        yield f"{of}: another filter of rows."
    if now.columns is not None and (
        today.columns is None or not _plain_set(today.columns) <= _plain_set(now.columns)
    ):
        yield f"{of}: fewer columns."
    if now.limit is not None and (today.limit is None or now.limit < today.limit):
        yield f"{of}: the row limit changed from {today.limit or 'none'} to {now.limit}."
    if today.aggregates and not now.aggregates:
        yield f"{of}: no aggregates."
    for kind, before, after in (
        ("root fields", today.roots, now.roots),
        ("subscriptions", today.subscriptions, now.subscriptions),
    ):
        if after is not None and (before is None or not set(before) <= set(after)):
            yield fewer(name, role, kind)


def no_permission(name: str, role: str) -> str:
    """The change by which a role loses a whole table; waivers match these exact words."""
    return f"Metadata of {name} for {role}: no permission any more."


def fewer(name: str, role: str, kind: str = "subscriptions") -> str:
    """The change by which a role loses ways to query a table; waivers match these exact words."""
    return f"Metadata of {name} for {role}: fewer {kind}."


def _plain_set(columns: tuple[str, ...]) -> set[str]:
    return {column.replace("_", "").lower() for column in columns}
