"""Turns a log into the row that it requires, in the same text form as a row of the candidate."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Context, Decimal
from enum import Enum, auto

from gate.observations.truth import LogSeen
from gate.policy.groundtruth import EventSignature
from gate.policy.template import Hole, Template
from gate.proof.decoding import Read, UnreadableError, Value, is_hex, is_number, readers

BETWEEN = "\x1f"
NULL = "~"
NUMBERS = frozenset({"chainId", "blockNumber", "logIndex", "blockTimestamp"})
HEX = frozenset({"transactionHash", "address"})
PRECISE = Context(prec=400)


class Written(Enum):
    """How the values of a column are brought to one text on both sides."""

    EXACT = auto()
    """An unchanged text, prefixed with its length: it may contain anything."""
    LOWER = auto()
    """A text in lower case: the case of addresses carries no information."""
    NUMBER = auto()
    FLOAT = auto()
    """To 15 digits, as Postgres turns a float into a number."""
    BOOLEAN = auto()
    SECOND = auto()
    BYTES = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One column of a row, or its key if `column` is empty, and its contents."""

    column: str
    template: Template
    written: Written


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How the logs of one event appear as rows of an entity."""

    chain: int
    event: EventSignature
    entity: str
    key: Field
    fields: tuple[Field, ...]
    where: tuple[tuple[str, str], ...] = ()

    @property
    def timed(self) -> bool:
        """True if a row holds the time of its block."""
        return any(field.template.holds("blockTimestamp") for field in (self.key, *self.fields))

    @property
    def hashed(self) -> bool:
        """True if a row holds the hash of its transaction."""
        holes = (hole for field in (self.key, *self.fields) for hole in field.template.holes)
        return any(hole.name == "transactionHash" for hole in holes)

    @property
    def alike(self) -> tuple[object, ...]:
        """What the forms of several events, on several chains, share if they describe the same rows."""
        fields = tuple((field.column, field.written, field.template.text) for field in self.fields)
        return (self.entity, self.where, self.key.template.text, self.key.written, fields)

    @property
    def name(self) -> tuple[object, ...]:
        """Everything that identifies the rows, and what their texts depend on besides the logs."""
        fields = sorted((f.column, f.template.text, f.written.name) for f in (self.key, *self.fields))
        rows = (self.entity, self.where)
        return (self.chain, self.event.text, self.event.indexed, self.event.arguments, rows, tuple(fields))


Formed = Callable[[LogSeen, bytes], "Value | Decimal"]

Row = tuple[str, tuple[str, ...]]
"""The key and the values of a row, each as text."""


def written_text(event: EventSignature, wanted: Template) -> Written:
    """How a text column is brought to one text."""
    kinds = dict(zip(event.arguments, event.types, strict=True))
    exact = any(hole.as_text or kinds.get(hole.name) == "string" for hole in wanted.holes)
    return Written.EXACT if exact else Written.LOWER


def row_text(row: Row) -> str:
    """A row as one text."""
    return BETWEEN.join((row[0], *row[1]))


def rows(form: Form) -> Callable[[Iterable[LogSeen], Mapping[int, int]], Iterable[Row]]:
    """A function from logs to the rows that they require; raises `UnreadableError` if there is none.

    It takes logs, and the times of their blocks if the form is timed.
    """
    fields = (form.key, *form.fields)
    names = {hole.name for field in fields for hole in field.template.holes} - NUMBERS - HEX
    forming = _Forming(
        chain=form.chain,
        kinds=dict(zip(form.event.arguments, form.event.types, strict=True)),
        read=readers(form.event, names),
    )
    formed = [forming.of(field) for field in fields]

    def of(logs: Iterable[LogSeen], seconds: Mapping[int, int]) -> Iterable[Row]:
        forming.made = seconds
        for log in logs:
            data = bytes.fromhex(log.data[2:])
            key, *values = [each(log, data) for each in formed]
            yield key, tuple(values)

    return of


@dataclass(kw_only=True, slots=True)
class _Forming:
    """Forms texts from the logs of one event; `made` maps blocks to their times."""

    chain: int
    kinds: Mapping[str, str]
    read: Mapping[str, Read]
    made: Mapping[int, int] = dataclass_field(default_factory=dict)

    def of(self, field: Field) -> Callable[[LogSeen, bytes], str]:
        """A function that forms the text of one column."""
        parts = [
            self._hole(part) if isinstance(part, Hole) else _literal(part) for part in field.template.parts
        ]
        finish = _finish(field)
        if len(parts) == 1:
            [part] = parts
            return lambda log, data: finish(part(log, data))
        return lambda log, data: finish("".join(shown(part(log, data)) for part in parts))

    def _hole(self, hole: Hole) -> Formed:
        plain = self.read.get(hole.name) or self._of_place(hole.name)
        if hole.scale:
            if not is_number(self.kinds.get(hole.name, "")):
                raise UnreadableError(f"{hole.name} is no number, and cannot be divided by 1e{hole.scale}")
            return lambda log, data: Decimal(plain(log, data)).scaleb(-hole.scale, PRECISE)
        if hole.as_text:
            if not is_hex(self.kinds.get(hole.name, "")):
                raise UnreadableError(f"{hole.name} is not of bytes, and holds no text")
            return lambda log, data: _held_text(plain(log, data))
        return plain

    def _of_place(self, name: str) -> Read:
        found: dict[str, Read] = {
            "chainId": lambda _, __: self.chain,
            "blockNumber": lambda log, _: log.block,
            "logIndex": lambda log, _: log.log_index,
            "transactionHash": lambda log, _: log.transaction,
            "address": lambda log, _: log.address,
            "blockTimestamp": lambda log, _: self._second(log.block),
        }
        return found[name]

    def _second(self, block: int) -> int:
        if block not in self.made:
            raise UnreadableError(f"when block {block} was made is not known")
        return self.made[block]


def _literal(text: str) -> Formed:
    return lambda _, __: text


def _held_text(value: Value) -> str:
    return bytes.fromhex(str(value)[2:]).rstrip(b"\0").decode(errors="replace").replace("\0", "")


def _finish(field: Field) -> Callable[[Value | Decimal], str]:
    """The one text that equal values of a column have."""
    if field.written is Written.EXACT:
        return lambda value: exact(shown(value))
    if field.written is Written.LOWER or field.written is Written.BYTES:
        return lambda value: lower(shown(value))
    if field.written is Written.FLOAT:
        return lambda value: number(Decimal(f"{float(_numeric(field, value)):.15g}"))
    if field.written is Written.BOOLEAN:
        return lambda value: shown(value).lower()
    return lambda value: number(_numeric(field, value))


def _numeric(field: Field, value: Value | Decimal) -> int | Decimal:
    if isinstance(value, bool | str):
        try:
            return Decimal(value)
        except ArithmeticError:
            words = f"{field.column or 'the key'} is a number, and {field.template.text} is none"
            raise UnreadableError(words) from None
    return value


def number(value: int | Decimal) -> str:
    """A number without exponent and trailing zeros, as `trim_scale` writes it."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def shown(value: Value | Decimal) -> str:
    """A value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, int | Decimal) else value


def exact(text: str) -> str:
    """A text prefixed with its length, so that nothing in it can be mistaken for its end."""
    return f"{len(text)}:{text}"


CAPITALS = {ord("A") + at: ord("a") + at for at in range(26)}


def lower(text: str) -> str:
    """A text with ASCII letters in lower case, like `lower` in the locale C."""
    return text.translate(CAPITALS)
