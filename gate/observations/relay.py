"""The providers that the candidate's relay dials."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.secret import Address


@dataclass(frozen=True, kw_only=True, slots=True)
class Relay:
    """Addresses by chain; empty if the candidate has no relay, or is given only by URLs.

    In the latter case its operator lists them in the endpoints file.
    """

    dialled: Mapping[int, tuple[Address, ...]]
