"""Literals of an operation's text as JSON values."""

from decimal import Decimal

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)

from belts.engine.errors import unparsable
from belts.engine.plan.nodes import Json


def plain(value: ValueNode) -> Json:  # noqa: PLR0911 -- one return a kind of literal
    """A literal without variables as a JSON value, every digit of its numbers kept."""
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


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError:
        raise unparsable("a number's exponent is too large", "$.query") from None
