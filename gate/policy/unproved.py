"""What is neither compared nor proved, but accepted by name: columns of entities, events of contracts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from belts.reading.mistakes import Mistake
from belts.reading.node import Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Unproved:
    """Columns of an `entity`, or events of a `contract`, on some chains; without a list, all of them.

    A contract is named by its address, or by its name in the indexer's config.
    """

    reason: str
    entity: str = ""
    columns: tuple[str, ...] = ()
    contract: str = ""
    events: tuple[str, ...] = ()
    chains: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The entity or the contract."""
        return self.entity or self.contract

    @property
    def words(self) -> str:
        """Describes the entry, and its part if it is not all."""
        what = ", ".join(self.columns or self.events)
        where = f"on chain {', '.join(map(str, self.chains))}" if self.chains else ""
        name = f"{self.name}:" if what or where else self.name
        return " ".join(part for part in (name, what, where) if part)

    def covers(self, entity: str, chains: Collection[str], column: str) -> bool:
        """True if it covers a column on all of the given chains."""
        return (
            self.entity == entity
            and (not self.columns or column in self.columns)
            and (not self.chains or set(chains) <= {str(chain) for chain in self.chains})
        )

    def means(self, *, chain: int, names: Collection[str], event: str) -> bool:
        """True if it covers an event of a contract with the given names."""
        return (
            bool(self.contract)
            and self.contract.lower() in {name.lower() for name in names}
            and (not self.events or event in self.events)
            and (not self.chains or chain in self.chains)
        )


def unproved(node: Node) -> tuple[Unproved, ...]:
    """Reads the section, in the order of the file."""
    return tuple(map(_entry, node.each()))


def strangers(entries: Collection[Unproved], expected: Collection[int]) -> list[Mistake]:
    """Mistakes for chains that are not expected."""
    return [
        Mistake(
            path=f"policy.unproved[{index}].chains", expected="chains that the policy expects", got=str(chain)
        )
        for index, entry in enumerate(entries)
        for chain in entry.chains
        if chain not in expected
    ]


def loosened(entries: Collection[Unproved]) -> Iterator[str]:
    """Describes what need not be proved."""
    for entry in entries:
        yield f"nobody has to prove {entry.words}: {entry.reason}"


def _entry(node: Node) -> Unproved:
    fields = node.fields("entity", "columns", "contract", "events", "chains", "reason")
    of_entity, of_contract = fields.at("entity").given, fields.at("contract").given
    if of_entity == of_contract:
        node.wrong("an `entity` with `columns`, or a `contract` with `events`, one of the two")
    for name, given in (("columns", of_entity), ("events", of_contract)):
        if fields.at(name).given and not given:
            fields.at(name).wrong(f"nothing: `{name}` stand beside the other of `entity` and `contract`")
    return Unproved(
        entity=_named(fields, "entity", "the name of an entity"),
        columns=_texts(fields.at("columns"), "a column's name"),
        contract=_named(fields, "contract", "a contract's address, or its name in the indexer's config"),
        events=_texts(fields.at("events"), "an event's name"),
        chains=tuple(each.whole(least=1, expected="a chain id") for each in _each(fields.at("chains"))),
        reason=fields.at("reason").text("a reason, in words"),
    )


def _texts(node: Node, expected: str) -> tuple[str, ...]:
    return tuple(each.text(expected) for each in _each(node))


def _each(node: Node) -> list[Node]:
    """The entries of a list; an empty one is a mistake, as it would mean all."""
    if node.value == []:
        node.wrong("at least one, or no list, which means all")
    return list(node.each())


def _named(fields: Node, key: str, expected: str) -> str:
    return fields.optional(key, lambda node: node.text(expected), "")
