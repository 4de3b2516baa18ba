"""The belt that is to serve, as a move of the alias receives it."""

from dataclasses import dataclass

from belts.spec.identity import Identity
from gate.alias.decide.plan import Target
from gate.alias.order.dial import Wire
from gate.alias.sight import IdentityProbe, Sight, same


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What its stack declares, and the probe that identifies it."""

    belt: str
    dial: str
    declared: Identity
    probe: IdentityProbe
    wire: Wire | None = None
    """How its answers identify it; None if its key is unknown."""

    @property
    def target(self) -> Target:
        return Target(belt=self.belt, identity=self.declared.digest, dial=self.dial)

    async def seen(self) -> Sight:
        """What it is now; raises if its stack declares something else."""
        sight = await self.probe()
        same(self.belt, self.declared, sight)
        return sight
