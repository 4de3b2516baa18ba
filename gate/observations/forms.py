"""In which JSON form a belt's lists give their values: numbers may come as numbers or as texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gate.observations.unobserved import Unobserved


class Form(StrEnum):
    """What a value is in JSON; moments are told apart by how they name their zone."""

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
    """One list: the form of each field of which a value was seen, beside its GraphQL type."""

    fields: Mapping[str, tuple[str, Form]]


@dataclass(frozen=True, kw_only=True, slots=True)
class FormsSeen:
    """Every list of one deployment, as one role gets it."""

    lists: Mapping[str, ListForms | Unobserved]
