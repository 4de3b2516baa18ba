"""Defines a probe: it looks, and fills one field of the observations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gate.claims import Claim
from gate.probes.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """Looks at one thing. What `look` returns becomes the observation named `field`.

    `look` returns an `Unobserved` for every expected fault. If it raises anything, the runner turns that into
    one. `claims` are those that use the observation, so that a partial run looks no further.
    """

    field: str
    claims: frozenset[Claim]
    look: Callable[[World], Awaitable[object]]
