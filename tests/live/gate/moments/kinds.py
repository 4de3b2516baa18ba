"""What happens at a moment of a promotion: it strikes while the move stands still, and is mended."""

import random

from belts.runtimes.process.files import ballast
from belts.runtimes.process.files.layout import Layout
from tests.live.gate.moments import volume
from tests.live.gate.moments.pair import Going, Pair


class Kind:
    """One kind of what happens; `spares` tells whether consumers get every answer all the same."""

    spares = True

    def __init__(self, pair: Pair, draw: random.Random) -> None:
        self.pair, self.draw = pair, draw
        self.serving, self.happened = pair.serves, True

    def strike(self, going: Going) -> None:
        """While the move stands still; afterwards it has gone on, or is over."""
        raise NotImplementedError

    def mend(self) -> None:
        """What an operator, or the host itself, does before the next update."""

    def end(self) -> None:
        """What is put back once all has been looked at."""

    def __str__(self) -> str:
        return ""


class Killed(Kind):
    """The writer alone."""

    def strike(self, going: Going) -> None:
        going.killed()


class Full(Kind):
    """Not a byte more can be written on the disk of belts, ledger and alias."""

    def strike(self, going: Going) -> None:
        volume.filled(self.pair.hosts)
        going.goes_on()

    def mend(self) -> None:
        volume.emptied(self.pair.hosts.root.parent)

    def end(self) -> None:
        """As `heal` does: the next one finds the room that the gateway keeps."""
        ballast.fill(Layout(root=self.pair.hosts.root, belt=self.pair.gateway))
