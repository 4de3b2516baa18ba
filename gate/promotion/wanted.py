"""The belt that is to serve, as a move of the alias is told of it."""

from dataclasses import dataclass

from belts.spec.identity import Identity
from gate.promotion.plan import Target
from gate.promotion.sight import Eyes
from gate.promotion.wire import Wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What its stack declares, and the eyes that see what it is."""

    belt: str
    dial: str
    declared: Identity
    eyes: Eyes
    wire: Wire | None = None
    """How it is told by what it answers; None where nobody knows its key."""

    @property
    def target(self) -> Target:
        return Target(belt=self.belt, identity=self.declared.digest, dial=self.dial)
