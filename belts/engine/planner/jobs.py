"""What the engine and the planning process exchange: built of strings, bytes, numbers and tuples.

Both ends are one program, so they use pickle. But answers from the process that reads clients' texts may
contain only plain values: the reader looks up no class for them.
"""

import copyreg
import io
import pickle
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from belts.engine import errors
from belts.engine.errors import EngineError
from belts.engine.metadata.tracked import Metadata
from belts.engine.plan.nodes import Json
from belts.engine.plan.prepared import Cursor, Part, Prepared
from belts.engine.plan.requests import GraphQLRequest
from belts.engine.postgres.catalog import Catalog
from belts.engine.settings import Limits

HEAD = 4
"""The bytes before each message that give its length."""


class World(NamedTuple):
    """What to plan against from now on."""

    metadata: Metadata
    catalog: Catalog
    limits: Limits
    stringify: bool


class Role(NamedTuple):
    """Builds this role's schema for the jobs that follow."""

    name: str


class Written(NamedTuple):
    """A raw request: the whole body, or the value at one key of it."""

    body: bytes
    key: str | None = None


Asked = GraphQLRequest | Written


class Plan(NamedTuple):
    """Prepares a request in this role; of a batch, what fits into one answer, from `since` on."""

    role: str
    session: Mapping[str, str]
    asked: Asked
    since: int = 0


class Read(NamedTuple):
    """Reads a WebSocket message; the answer gives its type and its operation's id."""

    body: bytes


Job = Plan | Read


class Planned(NamedTuple):
    """The operations, each prepared or refused; `number` is the size of a batch, None without one."""

    items: tuple[Prepared | EngineError, ...]
    number: int | None = None


class Told(NamedTuple):
    """A message without its payload."""

    message: dict[str, Json]


class Done(NamedTuple):
    """The result: the answer or a refusal, the processor seconds, and whether the process exits now."""

    answer: Planned | Told | EngineError
    seconds: float
    leaves: bool = False


def framed(message: World | Role | Job) -> bytes:
    """A message to the process, framed for sending."""
    return _framed(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))


def answered(done: Done) -> bytes:
    """An answer of the process, framed for sending."""
    return _framed(pickle.dumps(_plain(done), protocol=pickle.HIGHEST_PROTOCOL))


def read_answer(data: bytes) -> Done:
    """Decodes an answer."""
    kind, value, seconds, leaves = _PlainOnly(io.BytesIO(data)).load()
    if kind == "refused":
        return Done(_refusal(value), seconds, leaves)
    if kind == "told":
        return Done(Told(value), seconds, leaves)
    items, number = value
    return Done(Planned(tuple(map(_item, items)), number), seconds, leaves)


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(HEAD, "big") + data


def _plain(done: Done) -> tuple[str, Any, float, bool]:
    match done.answer:
        case EngineError() as error:
            return "refused", _refused(error), done.seconds, done.leaves
        case Told(message):
            return "told", message, done.seconds, done.leaves
        case Planned(items, number):
            return "planned", (tuple(map(_plain_item, items)), number), done.seconds, done.leaves


def _plain_item(item: Prepared | EngineError) -> Any:
    if isinstance(item, EngineError):
        return _refused(item)
    parts = tuple((*part[:-1], part.stream and tuple(part.stream)) for part in item.parts)
    return item.subscribes, parts, item.values


def _item(plain: Any) -> Prepared | EngineError:
    if len(plain) != len(Prepared._fields):
        return _refusal(plain)
    subscribes, parts, values = plain
    return Prepared(subscribes, tuple(map(_part, parts)), values)


def _part(plain: Any) -> Part:
    label, sql, arguments, constant, stream = plain
    return Part(label, sql, arguments, constant, stream and Cursor(*stream))


def _refused(error: EngineError) -> tuple[str, str, str, str]:
    return type(error).__name__, error.message, error.code, error.path


def _refusal(plain: tuple[str, str, str, str]) -> EngineError:
    name, message, code, path = plain
    found = EngineError(message, code=code, path=path)
    kind = getattr(errors, name, EngineError)
    # A subclass may have another constructor; the message stays as it was.
    found.__class__ = kind if isinstance(kind, type) and issubclass(kind, EngineError) else EngineError
    return found


class _PlainOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(
            f"the process that plans answers by plain values, not by {module}.{name}"
        )


def _shown(of: dict[Any, Any]) -> "MappingProxyType[Any, Any]":
    return MappingProxyType(of)


def _as_dict(shown: "MappingProxyType[Any, Any]") -> tuple[Any, ...]:
    return _shown, (dict(shown),)


copyreg.pickle(MappingProxyType, _as_dict)
