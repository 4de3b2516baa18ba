"""Bytes of clients' requests kept until they have ended: bodies, operations, subscriptions."""

from collections.abc import Iterator
from contextlib import contextmanager

from belts.engine.clients.accounts import Account
from belts.engine.clients.kept import Kept
from belts.engine.clients.turns import Busy

SHARE = 4
"""An address may keep at most one part in this many of the total."""
LITTLE = 16_384
"""A client that keeps no more than this is not refused because of others."""


class Full(Busy):
    """The engine has no room for any client."""

    status = 503


class Held:
    """All kept bytes."""

    def __init__(self, most: int, kept: Kept | None = None) -> None:
        self.most = most
        self.kept = kept or Kept(most)
        self.bytes = 0

    def hold(self, account: Account) -> "Hold":
        """A new hold for one request of this client; it keeps nothing yet."""
        return Hold(self, account)


class Hold:
    """What one request keeps, until it ends."""

    __slots__ = ("_account", "_ended", "_held", "bytes")

    def __init__(self, held: Held, account: Account) -> None:
        self._held = held
        self._account = account
        self._ended = False
        self.bytes = 0

    def keep(self, size: int) -> None:
        """Sets how much it keeps, if allowed; bytes of trusted clients are not counted.

        Bytes after the end are not counted either, since nothing would release them.
        """
        account, held = self._account, self._held
        if account.trusted or self._ended:
            return
        grown = size - self.bytes
        if grown > 0:
            _demand(account.held + grown, held.most // SHARE, "of this address")
            if account.held + grown > LITTLE:
                _demand(held.bytes + grown, held.most, "of all clients")
                _demand(held.kept.bytes + grown, held.kept.most, "and not read, of all clients", Full)
        self._count(grown)

    @contextmanager
    def beside(self, size: int) -> Iterator[None]:
        """Keeps this much more for the duration of the block."""
        self.keep(self.bytes + size)
        try:
            yield
        finally:
            self._count(-min(size, self.bytes))  # it may have ended meanwhile, and keeps nothing then

    def end(self) -> None:
        """Releases everything."""
        self._ended = True
        self._count(-self.bytes)

    def _count(self, grown: int) -> None:
        self.bytes += grown
        self._account.held += grown
        self._held.bytes += grown
        self._held.kept.count(grown)


def _demand(size: int, most: int, whose: str, kind: type[Busy] = Busy) -> None:
    if size > most:
        raise kind(
            f"too much is kept of what has not ended {whose}: expected at most {most} bytes, seen {size}",
            code="held-limit-exceeded",
        )
