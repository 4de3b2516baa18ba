"""One promotion, something that happens at one moment of it, and what has to be true afterwards."""

import random
from dataclasses import dataclass

from tests.live.gate.moments import consumers, truth
from tests.live.gate.moments.kinds import Kind
from tests.live.gate.moments.pair import BELTS, Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """The touches of a promotion that nothing happened to."""

    touches: tuple[str, ...]

    def drawn(self, draw: random.Random) -> int:
        """The number of a touch: as often before anything is written, while it moves, and after it."""
        written = self.touches.index("mkdir leases")
        moved = max(n for n, touch in enumerate(self.touches) if touch.startswith("mkdir leases"))
        first, last = draw.choice([(0, written), (written, moved), (moved, len(self.touches))])
        # Touches of one name in a row are one step, however many there are of them.
        steps = [n for n in range(first, last) if n == 0 or self.touches[n] != self.touches[n - 1]]
        return draw.choice(steps) + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """How one trial went: where it was halted, how the move ended, what served then, and what was wrong."""

    touch: str
    """Empty where it was over before that touch, and nothing happened to it."""
    struck: str
    ended: int
    said: str
    served: str
    failed: int
    wanted: str
    next: str
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"at {self.touch!r} {self.struck}: ended {self.ended}, {self.served} served, "
            f"{self.failed} unanswered; then {self.wanted}: {self.next}; {'; '.join(self.wrong) or 'true'}"
        )


def tried(pair: Pair, kind: Kind, moment: int, draw: random.Random) -> Told:
    """Everything that went otherwise than it must is in words; the belts stand again in the end."""
    pair.promotable()
    before = kind.serving = pair.serves
    to = pair.other(before)
    pair.certify(to)
    with consumers.asking(pair.url) as asked:
        going = pair.begun(to, halt=moment)
        halted = going.halted()
        touches = going.touches
        try:
            if halted:
                kind.strike(going)
            code = going.ended()
        finally:
            kind.mend()
        try:
            pair.stands()
            wrong = truth.untrue(pair)
            served, wanted = pair.serves, draw.choice(BELTS)
            done = pair.up(wanted)
            wrong += [] if done.code == 0 else [f"the next update: {done.said}"]
            wrong += truth.settled(pair, wanted)
        finally:
            kind.end()
    if kind.spares and asked.failed:
        wrong.append(f"{len(asked.failed)} not answered, such as {asked.failed[0]}")
    wrong += [f"mixed: {each}" for each in asked.mixed[:3]]
    return Told(
        touch=f"{len(touches)} {touches[-1]}" if halted else "",
        struck=str(kind),
        ended=code,
        said=going.said,
        served=served,
        failed=len(asked.failed),
        wanted=wanted,
        next=done.said.strip().splitlines()[0] if done.said.strip() else str(done.code),
        wrong=tuple(wrong),
    )
