"""Literals of an operation's text as JSON values."""

from decimal import Decimal

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)

from belts.engine.errors import unparsable
from belts.engine.plan.nodes import Json


def plain(value: ValueNode) -> Json:  # noqa: PLR0911 -- one return a kind of literal
    """A literal without variables as a JSON value, with all digits of its numbers."""
    match value:
        case IntValueNode(value=digits):
            return int(digits) if len(digits) < 20 else Decimal(digits)
        case FloatValueNode(value=digits):
            return _decimal(digits)
        case StringValueNode(value=text) | EnumValueNode(value=text):
            return text
        case BooleanValueNode(value=flag):
            return flag
        case ListValueNode(values=values):
            return [plain(item) for item in values]
        case ObjectValueNode(fields=fields):
            return {field.name.value: plain(field.value) for field in fields}
        case _:
            return None


def written(value: ValueNode) -> str:
    """A literal in one canonical form: equal forms mean equal values."""
    match value:
        case VariableNode(name=name):
            return f"${name.value}"
        case StringValueNode(value=text, block=block):
            return f"{'b' if block else ''}{text!r}"
        case ListValueNode(values=values):
            return f"[{' '.join(map(written, values))}]"
        case ObjectValueNode(fields=fields):
            return f"{{{' '.join(f'{field.name.value}:{written(field.value)}' for field in fields)}}}"
        case NullValueNode():
            return "null"
        case _:
            return str(value.value)  # type: ignore[attr-defined]  # what is left are scalars


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError:
        raise unparsable("a number's exponent is too large", "$.query") from None
