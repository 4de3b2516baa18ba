"""What stands where something could not be seen.

Everybody may read it, so its words are ours alone: no address, no key, and nothing of what was answered.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unseen:
    """Not seen, and why."""

    reason: str
