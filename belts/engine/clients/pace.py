"""How often the engine polls for one client: many subscriptions are looked at in turn, not all at once.

All polls together are so many a second at most, however many ask for them. A client that listens to little is
polled for at its interval; one that listens to much is polled for as often as its share lets it be.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from belts.engine.clients.accounts import Account

POLLS = 250
"""Polls a second, of all clients together: a tenth of what one engine can answer."""
_LOOKED_AT = 16


class Pace:
    """When the next poll may be, for each client."""

    def __init__(self) -> None:
        self._listening: Counter[Account] = Counter()

    @property
    def listening(self) -> int:
        """How many clients listen to something."""
        return len(self._listening)

    def joined(self, account: Account) -> None:
        """This client listens to one thing more."""
        self._listening[account] += 1

    def left(self, account: Account, now: float) -> None:
        """This client listens to one thing less; what was booked for more than it does is given back."""
        self._listening[account] -= 1
        booked = now + self._listening[account] * len(self._listening) / POLLS
        account.next_poll = min(account.next_poll, booked)
        if self._listening[account] <= 0:
            del self._listening[account]

    def delay(self, account: Account, now: float) -> float:
        """Books the next poll for this client, and says in how many seconds it is."""
        if account.trusted:
            return 0.0
        at = max(now, account.next_poll)
        account.next_poll = at + max(1, len(self._listening)) / POLLS
        return at - now


def lightest(accounts: Iterable[Account]) -> Account:
    """Of several who listen to the same, the one whose next poll may be soonest: none waits for another."""
    return min(islice(accounts, _LOOKED_AT), key=lambda each: (not each.trusted, each.next_poll))
