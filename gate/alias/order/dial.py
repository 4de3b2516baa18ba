"""Checks that the address that the gateway would dial leads to the belt that was judged."""

from dataclasses import dataclass

from gate.alias.sight import UnprovedError
from gate.observations.dial import Sealed
from gate.seals import Seals, at, at_dial
from gate.secret import Address


@dataclass(frozen=True, kw_only=True, slots=True)
class Wire:
    """Both ways to one belt: the gate's, and the gateway's dial by the name `host`."""

    belt: str
    graphql: Address
    dial: str
    seals: Seals
    host: str

    async def tied(self) -> Seals | None:
        """The seals that every answer through the alias has to carry; None for a belt without seals.

        Raises `UnprovedError` if something else answers at the dial, which consumers would then receive.
        """
        dialled = await at_dial(self.dial, self.seals, host=self.host)
        if dialled is Sealed.FITS:
            return self.seals
        if dialled is Sealed.NONE and await at(self.graphql, self.seals) is Sealed.NONE:
            return None
        raise UnprovedError(
            f"something else than {self.belt} answers where the gateway would dial",
            expected=f"{self.belt} itself at {self.dial}",
            seen=dialled.value,
            now=f"`pulumi up --stack {self.belt}`, then promote it; see what else listens there",
        )
