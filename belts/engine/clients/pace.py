"""How often the engine polls for one client: many subscriptions are polled in turn, not all at once.

All polls together are limited per second, however many subscriptions there are. A client with few is polled
at its interval; one with many as often as its share allows.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from belts.engine.clients.accounts import Account

POLLS = 250
"""Polls per second, of all clients together: a tenth of what one engine can answer."""
_LOOKED_AT = 16


class Pace:
    """The time of the next poll for each client."""

    def __init__(self) -> None:
        self._listening: Counter[Account] = Counter()

    @property
    def listening(self) -> int:
        """How many clients have subscriptions."""
        return len(self._listening)

    def joined(self, account: Account) -> None:
        """Counts one more subscription of this client."""
        self._listening[account] += 1

    def left(self, account: Account, now: float) -> None:
        """Counts one subscription less; releases what was booked for more than it has."""
        self._listening[account] -= 1
        booked = now + self._listening[account] * len(self._listening) / POLLS
        account.next_poll = min(account.next_poll, booked)
        if self._listening[account] <= 0:
            del self._listening[account]

    def delay(self, account: Account, now: float) -> float:
        """Books the next poll for this client, and returns in how many seconds it is."""
        if account.trusted:
            return 0.0
        at = max(now, account.next_poll)
        account.next_poll = at + max(1, len(self._listening)) / POLLS
        return at - now


def lightest(accounts: Iterable[Account]) -> Account:
    """Of several clients of one subscription, the one whose next poll may be soonest, so that none waits."""
    return min(islice(accounts, _LOOKED_AT), key=lambda each: (not each.trusted, each.next_poll))
