"""Work that is done for one client at a time, in turn, the trusted one first."""

import asyncio

from belts.engine.clients.accounts import Account
from belts.engine.clients.line import Line


class Single:
    """A lock that is held until its holder ends it."""

    def __init__(self) -> None:
        self._busy = False
        self._line: Line[asyncio.Future[None]] = Line()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._line)

    @property
    def busy(self) -> bool:
        """Whether it is held."""
        return self._busy

    async def begin(self, account: Account) -> None:
        """Waits for this client's turn; cancelled waiters are skipped."""
        if self._busy:
            await self._wait(account)
        self._busy = True

    async def _wait(self, account: Account) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.add(account, turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._line.remove(account, turn)
            if turn.done() and not turn.cancelled():
                self.end()  # it was this one's turn, which is now the next one's
            raise

    def end(self) -> None:
        """Passes the turn to the next."""
        self._busy = False
        while self.waiting:
            turn = self._line.take(self._line.trusted)
            if not turn.done():
                self._busy = True
                turn.set_result(None)
                return
