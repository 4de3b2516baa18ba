"""A provider of a chain that says which ranges of blocks it was asked for, and may be held at a moment."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.live.gate.relay import Question, Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The ranges of blocks that one chain's provider was asked for; a held one does not answer for any."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """It answers until it is held."""
        self.free.set()

    def twist(self, question: Question, upstream: Callable[[], Reply]) -> Reply:
        body = question.json
        for one in body if isinstance(body, list) else [body]:
            if one["method"] == "eth_getLogs" and "fromBlock" in one["params"][0]:
                wanted = one["params"][0]
                self.ranges.append((int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)))
                if not self.free.wait(HELD_S):
                    return Reply(silent=True)
        return upstream()

    def below(self, block: int) -> list[tuple[int, int]]:
        """What it was asked for that begins no higher than a block."""
        return [one for one in self.ranges if one[0] <= block]


HELD_S = 120.0
