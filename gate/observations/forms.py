"""The JSON form of the values in a belt's lists: numbers may be numbers or text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gate.observations.unobserved import Unobserved


class Form(StrEnum):
    """The JSON form of a value; timestamps are distinguished by their zone."""

    NUMBER = "a number"
    TEXT = "a text"
    FLAG = "true or false"
    LIST = "a list"
    MAP = "a map"
    ZULU = "a time that ends with Z"
    OFFSET = "a time with an offset"
    PLAIN = "a time without a zone"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListForms:
    """One list: the form and GraphQL type of each field of which a value was seen."""

    fields: Mapping[str, tuple[str, Form]]


@dataclass(frozen=True, kw_only=True, slots=True)
class FormsSeen:
    """Every list of one deployment, as one role receives it."""

    lists: Mapping[str, ListForms | Unobserved]
