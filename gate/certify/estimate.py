"""Estimates before any work is done whether the deadline is too short for it."""

from datetime import timedelta

from belts.refusal import told
from gate.endpoints import Endpoints
from gate.looking import alone
from gate.policy import Policy
from gate.probes.database.work import least_seconds

MINUTE = 60
READINGS = 1.5
"""How often the rows of a belt are read in turn: compared, and recorded in parallel on another core.

A preview records nothing but counts it too: what it passes must not fail for lack of time in the update.
"""


async def too_long(endpoints: Endpoints, policy: Policy, *, ends: float, deadline: timedelta) -> str:
    """The message if the work does not fit into the remaining time; empty if it may."""
    async with alone(endpoints, policy, ends=ends) as here:
        needed, left = READINGS * await least_seconds(here), here.remaining
    if needed <= left:
        return ""
    return told(
        "the alias stays where it is: nothing was begun, as it could not be ended",
        expected=f"a proof within the policy's deadline of {words(deadline.total_seconds())}",
        seen=f"it needs about {words(needed)}, by a sample of the rows",
        now="raise `deadline` in the policy to twice that, then run the same again",
    )


def words(seconds: float) -> str:
    """A time span in words."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min"
