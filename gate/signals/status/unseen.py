"""The value of something that could not be seen.

It is public, so its words are only ours: no address, no key, and nothing of what was answered.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unseen:
    """Not seen, and why."""

    reason: str
