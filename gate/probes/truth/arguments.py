"""Decodes an event's arguments as text, and compares them with a row."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.conversions import to_bytes

from gate.observations.rows import Value
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.policy.groundtruth import EventSignature, GroundTruth
from gate.probes.unseen import UnseenError

HASHED = ("string", "bytes", "tuple")  # only the hash of an indexed argument of these types is known


def unequal(truth: GroundTruth, log: LogSeen, row: Mapping[str, str | None]) -> tuple[Value, ...]:
    """The columns that differ from the log's arguments; `serving` of a value holds what the chain says."""
    arguments = decoded(truth.event, log)
    kinds = dict(zip(truth.event.arguments, truth.event.types, strict=True))
    found = []
    for argument, column in truth.columns:
        if argument not in arguments:
            raise UnseenError(
                f"{truth.event.text} has no argument {argument} that can be read", Cause.UNDECIDABLE
            )
        if column not in row:
            raise UnseenError(f"{truth.entity} has no column {column}", Cause.UNDECIDABLE)
        alike = same_text if kinds[argument] == "string" else same
        if not alike(arguments[argument], row[column]):
            found.append(Value(column=column, serving=arguments[argument], candidate=row[column]))
    return tuple(found)


def decoded(event: EventSignature, log: LogSeen) -> dict[str, str]:
    """The arguments of a log by their names."""
    try:
        return dict(_decoded(event, log))
    except (DecodingError, ValueError, IndexError) as error:
        raise UnseenError(
            f"the log {log.log_index} of block {log.block} is no {event.text}: {error!r}", Cause.BAD_ANSWER
        ) from None


def _decoded(event: EventSignature, log: LogSeen) -> Iterator[tuple[str, str]]:
    arguments = list(zip(event.arguments, event.types, event.indexed, strict=True))
    plain = [(name, kind) for name, kind, indexed in arguments if not indexed]
    values = decode([kind for _, kind in plain], to_bytes(hexstr=log.data)) if plain else ()
    for (name, _), value in zip(plain, values, strict=True):
        yield name, _text(value)
    topics = iter(log.topics[1:])
    for name, kind, indexed in arguments:
        if indexed:
            topic = next(topics, None)
            if topic is None:
                raise ValueError("a topic is missing")
            if not kind.endswith("]") and kind not in HASHED and not kind.startswith("("):
                yield name, _in_topic(kind, topic)


@lru_cache(maxsize=1 << 14)
def _in_topic(kind: str, topic: str) -> str:
    """An indexed argument. Many logs share the same few addresses and numbers, so it is cached."""
    return _text(decode([kind], to_bytes(hexstr=topic))[0])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def same_text(argument: str, column: str | None) -> bool:
    """True if a column holds exactly a text. Postgres texts hold no zero bytes."""
    return argument.replace("\0", "") == column


def same(argument: str, column: str | None) -> bool:
    """True if a column holds an argument: numbers by value, everything else ignoring case."""
    if column is None:
        return False
    try:
        return Decimal(argument) == Decimal(column)
    except InvalidOperation:
        return argument.lower() == column.lower()
