"""Arguments that are numbers and paths: `limit`, `offset`, the `path` of JSON columns, a stream's cursor."""

from belts.engine.errors import invalid, unparsable
from belts.engine.metadata.reading import kind
from belts.engine.plan.jsonpath import path_steps
from belts.engine.plan.nodes import Given, Leaf
from belts.engine.postgres.scalars import encode
from belts.engine.postgres.sql import Bind, Session, Variables, constant
from belts.engine.postgres.types import BIGINT, builtin


def cursor_bind(_variables: Variables, session: Session) -> str:
    """The position of a stream, which the session carries beside its variables."""
    return session["cursor"]


def read_limit(leaf: Leaf, variables: Variables) -> str:
    """Reads a number of rows."""
    value = leaf.of(variables)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise invalid(
            f"expected a non-negative 32-bit integer for type 'Int', but found {_described(value)}", leaf.path
        )
    return encode(builtin("int4"), value, leaf.path)


def read_offset(leaf: Leaf, variables: Variables) -> str:
    """Reads a number of rows to skip, which may be larger, and then a string."""
    value = leaf.of(variables)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) < 20 else 2**63
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(
            "expected a 32-bit integer, or a 64-bit integer represented as a string for type 'Int', "
            f"but found {_described(value)}",
            leaf.path,
        )
    if value < 0:
        raise unparsable("OFFSET must not be negative", leaf.path)
    return encode(BIGINT, value, leaf.path)


def _described(value: object) -> str:
    return "an integer" if isinstance(value, int) and not isinstance(value, bool) else kind(value)


def json_path(leaf: Leaf) -> Bind | None:
    """The steps of a path into a JSON column as an array; None for the path to the whole."""

    def read(variables: Variables) -> list[str]:
        value = leaf.of(variables)
        if not isinstance(value, str):
            raise invalid("expected a string for type 'String', but found another value", leaf.path)
        return path_steps(value, leaf.path)

    if isinstance(leaf, Given):
        steps = read({})
        return constant(encode(builtin("text", array=True), steps, leaf.path)) if steps else None

    def bind(variables: Variables, _session: Session) -> str:
        return encode(builtin("text", array=True), read(variables), leaf.path)

    return bind
