"""The facts of one release: what was seen of it, and what could not be looked at and why."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = str | int | bool | list[Any] | dict[str, Any] | None
FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing to know of a release. Any value but `right`, if set, means a loss of data."""

    name: str
    says: str
    right: Value = None


EQUAL, UNEQUAL = "equal", "not equal"
"""Whether rows match the logs of their chains exactly; the differences are reported as measured."""

FACTS = (
    Fact(name="package.keys", says="the keys that its configs may have"),
    Fact(name="seed.chains", says="the chain table after its first start", right="every chain"),
    Fact(name="seed.tables", says="its tables and views, with their columns"),
    Fact(name="seed.enums", says="the enum types that it makes"),
    Fact(name="seed.tracked", says="what it tells a Hasura"),
    Fact(name="seed.metrics", says="where its metrics are, what they are called, which version they name"),
    Fact(name="seed.addresses", says="how addresses are written in events"),
    Fact(name="seed.content", says="the rows once it has caught up", right=EQUAL),
    Fact(name="stop.ends", says="how it ends at SIGTERM"),
    Fact(name="stop.leaves", says="what is left of it then", right="nothing"),
    Fact(name="restart.heights", says="the heights after a restart", right="not lower"),
    Fact(name="restart.ready_at", says="the moment of having caught up, after a restart"),
    Fact(name="restart.content", says="the rows after a restart", right=EQUAL),
    Fact(name="history.states", says="past states, told by its history", right="right"),
    Fact(name="change.comment", says="it is started again with another comment in a handler"),
    Fact(name="change.handler", says="… with another handler code"),
    Fact(name="change.source", says="… with another RPC setting"),
    Fact(name="change.description", says="… with another description in its config"),
    Fact(name="change.documentation", says="… with a description in its schema"),
    Fact(name="change.chain_added", says="… with one chain more"),
    Fact(name="change.address_added", says="… with one address of a contract more"),
    Fact(name="change.start_block", says="… with a higher start block of a chain"),
    Fact(name="change.field_added", says="… with one field of an entity more"),
    Fact(name="change.content", says="the rows after all of these", right=EQUAL),
    Fact(name="kill.indexer", says="the rows after kills of the indexer while it catches up", right=EQUAL),
    Fact(name="kill.postgres", says="the rows after kills of its Postgres while it catches up", right=EQUAL),
    Fact(name="reorg.noticed", says="whether blocks that a chain undoes are undone"),
    Fact(name="reorg.others", says="the heights of other chains meanwhile"),
    Fact(name="reorg.raw_events", says="raw events of undone blocks"),
    Fact(name="reorg.content", says="the rows after a reorganisation", right=EQUAL),
)
"""In the order in which they are examined."""
NAMES = tuple(fact.name for fact in FACTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What was seen of one release. `measured` varies between runs, and is not compared."""

    version: str
    seen: Mapping[str, Value] = field(default_factory=dict)
    unlooked: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, Value] = field(default_factory=dict)

    @property
    def wrong(self) -> tuple[Fact, ...]:
        """The facts that show a loss of data by the release itself."""
        return tuple(
            fact
            for fact in FACTS
            if fact.right is not None and fact.name in self.seen and self.seen[fact.name] != fact.right
        )


def complete(facts: Facts) -> Facts:
    """The same facts, with everything that was not looked at marked as such."""
    missing = {name: "nobody looked" for name in NAMES if name not in facts.seen}
    return Facts(
        version=facts.version,
        seen=facts.seen,
        unlooked={**missing, **{name: why for name, why in facts.unlooked.items() if name not in facts.seen}},
        measured=facts.measured,
    )


def written(facts: Facts) -> str:
    """The file's content, in a form that can be compared line by line."""
    told = {
        "format": FORMAT,
        "version": facts.version,
        "seen": dict(facts.seen),
        "unlooked": dict(facts.unlooked),
        "measured": dict(facts.measured),
    }
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def parsed(text: str) -> Facts:
    """Parses such a file; raises `ValueError` if it is not one."""
    told = json.loads(text)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f"no facts of a release in format {FORMAT}")
    return Facts(
        version=told["version"], seen=told["seen"], unlooked=told["unlooked"], measured=told["measured"]
    )


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Each single value of a fact, with its path: lists count as sets of words."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        yield from ((f"{path}[{each}]", "there") for each in value)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)
