"""Reads how much of a chain's history has to be proved, and the conditions on its logs."""

from enum import StrEnum

from belts.reading.mistakes import Mistake
from belts.reading.node import Node
from gate.policy.groundtruth import EventSignature, GroundTruth, Registration
from gate.policy.signature import EXPECTED, SignatureError, event_signature
from gate.policy.template import EXPECTED as TEMPLATE
from gate.policy.template import PLACES, template

ADDRESS = "0x[0-9a-fA-F]{40}"
ANY = "any"
KEYS = ("from", "topics", "registeredBy", "where", "values")
"""The keys of a `groundTruth` entry that concern the proof of the whole history."""


class Extent(StrEnum):
    """The whole history of every named event, or random ranges of blocks."""

    WHOLE = "whole"
    SAMPLING = "sampling"


def contract(fields: Node) -> str:
    """The contract's address; empty if any contract counts, or those that another one registers."""
    node = fields.at("contract")
    if node.value == ANY or (not node.given and fields.at("registeredBy").given):
        return ""
    if fields.at("registeredBy").given:
        node.wrong("nothing beside `registeredBy`, which says where the addresses come from")
    return node.text(f"0x and 40 hex digits, or `{ANY}`", pattern=ADDRESS).lower()


def start(node: Node) -> int:
    """The first block that is checked."""
    return node.whole(expected="a block")


def topics(node: Node, event: EventSignature) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The values of indexed arguments that the handler filters by."""
    indexed = [name for name, flag in zip(event.arguments, event.indexed, strict=True) if flag and name]
    found = []
    for key, entry in node.items():
        if key not in indexed:
            entry.wrong(
                f"one of the event's indexed arguments: {', '.join(indexed) or 'it has none'}", str(key)
            )
        values = entry.each() if isinstance(entry.value, list) else [entry]
        texts = tuple(str(each.value) if type(each.value) is int else each.text().lower() for each in values)
        if not texts:
            entry.wrong("at least one value")
        found.append((str(key), texts))
    return tuple(found)


def registration(node: Node) -> Registration:
    """The event that registers contracts, and its argument that holds their addresses."""
    fields = node.fields("contract", "event", "argument")
    address = fields.at("contract").text("0x and 40 hex digits", pattern=ADDRESS).lower()
    event, argument = fields.at("event"), fields.at("argument")
    try:
        signature = event_signature(event.text(EXPECTED))
    except SignatureError:
        event.wrong(EXPECTED)
        signature = event_signature("Registered(address contract)")
    name = argument.text("the argument with the new contract's address")
    kinds = dict(zip(signature.arguments, signature.types, strict=True))
    if name and kinds.get(name) != "address":
        argument.wrong(f"an argument of {signature.text} that is an address")
    return Registration(contract=address, event=signature, argument=name)


def where(node: Node) -> tuple[tuple[str, str], ...]:
    """Which rows of the entity belong to the event, if not all do."""
    return tuple((str(key), _plain(entry)) for key, entry in node.items())


def values(node: Node, event: EventSignature) -> tuple[tuple[str, str], ...]:
    """The contents of columns, formed from the log."""
    found = []
    for key, entry in node.items():
        text = entry.text(TEMPLATE)
        unknown = [hole.name for hole in template(text).holes if hole.name not in (*event.arguments, *PLACES)]
        if unknown:
            entry.wrong(f"names of {event.text}'s arguments, or of {', '.join(PLACES)}", ", ".join(unknown))
        found.append((str(key), text))
    return tuple(found)


def mismatches(entries: tuple[GroundTruth, ...]) -> list[Mistake]:
    """Mistakes for events with indistinguishable rows that declare different contents."""
    first: dict[object, GroundTruth] = {}
    found = []
    for index, entry in enumerate(entries):
        before = first.setdefault((entry.chain, entry.entity, entry.where), entry)
        if before.compared != entry.compared:
            found.append(
                Mistake(
                    path=f"policy.groundTruth[{index}]",
                    expected=f"the same `columns` and `values` as the other entry of {entry.entity} on chain"
                    f" {entry.chain} has, or `where`, which tells their rows apart",
                    got=", ".join(sorted(entry.compared)) or "none",
                )
            )
    return found


def _plain(node: Node) -> str:
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    return str(node.value) if type(node.value) is int else node.text("a value")
