"""What the databases of Envio's generations have that others have not, as it was measured on real ones."""

import re
from dataclasses import dataclass, replace

Column = tuple[str, str]
"""A column's name as the schema has it, and its type; one that ends in `?` may be NULL."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """One kind of database. Entities are kept `by_chain` with the chain in their keys, or across chains.

    `own_orders` says that each chain counts its own checkpoints, `partitioned` that entities that are kept by
    chain lie in one partition for each chain.
    """

    name: str
    checkpoint: str = "envio_checkpoint_id"
    number: str = "BIGINT"
    history: str = "BIGINT"
    serial: str = "BIGINT"
    events: str = "BIGINT"
    sorted_columns: bool = False
    enums: tuple[str, ...] = ()
    addresses: bool = False
    ecosystem: bool = False
    batches: bool = False
    by_chain: bool = False
    snake_case: bool = False
    partitioned: bool = False
    own_orders: bool = False

    def __str__(self) -> str:
        return self.name

    def spelt(self, name: str) -> str:
        """A column of an entity as the database calls it."""
        return re.sub(r"([A-Z])", r"_\1", name).lower() if self.snake_case else name

    def columns(self, own: tuple[Column, ...]) -> tuple[Column, ...]:
        """The columns of an entity's table: its own, in the order of the release, and those added to them."""
        found = tuple(column for column in own if not (self.by_chain and column[0] == "chainId"))
        found = tuple(sorted(found)) if self.sorted_columns else found
        return (*found, ("chainId", "INTEGER")) if self.by_chain else found

    @property
    def key(self) -> tuple[str, ...]:
        """The key of an entity."""
        return ("id", self.spelt("chainId")) if self.by_chain else ("id",)


OLDEST = Generation(
    name="2",
    checkpoint="checkpoint_id",
    number="INTEGER",
    history="INTEGER",
    serial="INTEGER",
    events="INTEGER",
    sorted_columns=True,
    enums=("contract_type", "entity_type"),
    batches=True,
)
ALPHA = Generation(name="early alpha", number="INTEGER", serial="INTEGER", events="INTEGER", batches=True)
LATE_ALPHA = Generation(name="late alpha")
THREE = Generation(name="3", addresses=True, ecosystem=True)
BY_CHAIN = replace(THREE, name="3 by chain", by_chain=True)
SNAKE = replace(THREE, name="3 in snake case", snake_case=True)
SNAKE_BY_CHAIN = replace(SNAKE, name="3 by chain in snake case", by_chain=True)
NEWEST = replace(BY_CHAIN, name="3 partitioned", partitioned=True, own_orders=True)
GENERATIONS = (OLDEST, ALPHA, LATE_ALPHA, THREE, SNAKE, SNAKE_BY_CHAIN, BY_CHAIN, NEWEST)
