"""What the candidate's GraphQL is asked, and in which roles."""

from collections.abc import Iterator
from dataclasses import dataclass

from belts.reading.node import Node

DEFAULT_WHOLE = 200_000
DEFAULT_RATE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedPolicy:
    """The roles of consumers, and how much is compared with the database.

    `roles` are those besides the public one. `hidden` entities are read by no role. Up to `whole` rows of an
    entity and chain are all compared; `rate` is how many questions a second are asked.
    """

    roles: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    whole: int = DEFAULT_WHOLE
    rate: int = DEFAULT_RATE


NO_SERVED = ServedPolicy()


def served(node: Node) -> ServedPolicy:
    """Reads the section `served`."""
    fields = node.fields("roles", "hidden", "whole", "rate")
    return ServedPolicy(
        roles=tuple(_role(entry) for entry in fields.at("roles").each()),
        hidden=tuple(entry.text("the name of an entity") for entry in fields.at("hidden").each()),
        whole=fields.optional("whole", lambda entry: entry.whole(least=1), DEFAULT_WHOLE),
        rate=fields.optional("rate", lambda entry: entry.whole(least=1), DEFAULT_RATE),
    )


def loosened(policy: ServedPolicy) -> Iterator[str]:
    """Describes what is weaker than the default."""
    if policy.whole < DEFAULT_WHOLE:
        yield f"served: all rows are compared up to {policy.whole}, by default {DEFAULT_WHOLE}"
    for entity in policy.hidden:
        yield f"{entity}: no consumer reads it"


def _role(node: Node) -> str:
    """Reads a role's name; the public role is always asked, and an administrator sees everything."""
    expected = "a role other than public and admin"
    role = node.text(expected)
    if role in {"public", "admin"}:
        node.wrong(expected)
    return role
