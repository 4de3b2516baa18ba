"""A waiting line: each client's turns in order, and the clients one after the other."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from belts.engine.clients.accounts import Account

Turn = TypeVar("Turn")


class Line(Generic[Turn]):
    """One line; a client stands in it once, with all its turns."""

    def __init__(self) -> None:
        self._clients: OrderedDict[Account, deque[Turn]] = OrderedDict()
        self._number = 0
        self._trusted: Account | None = None

    def __len__(self) -> int:
        return self._number

    def __contains__(self, account: Account) -> bool:
        return account in self._clients

    @property
    def head(self) -> Account:
        """The client whose turn is next."""
        return next(iter(self._clients))

    @property
    def trusted(self) -> Account | None:
        """The trusted client, if it waits here."""
        return self._trusted if self._trusted in self._clients else None

    def clients(self) -> Iterator[Account]:
        """The waiting clients, in order."""
        return iter(self._clients)

    def firsts(self) -> Iterator[Turn]:
        """The next turn of each client."""
        return (turns[0] for turns in self._clients.values())

    def add(self, account: Account, turn: Turn) -> None:
        """Adds a turn behind the client's others; a new client goes behind all others."""
        self._clients.setdefault(account, deque()).append(turn)
        if account.trusted:
            self._trusted = account
        self._number += 1

    def take(self, account: Account | None = None) -> Turn:
        """Takes the next turn, or the next of this client; its client goes to the end."""
        account = account or self.head
        turns = self._clients.pop(account)
        turn = turns.popleft()
        self._number -= 1
        if turns:
            self._clients[account] = turns
        return turn

    def leave(self, account: Account) -> tuple[Turn, ...]:
        """Removes and returns all turns of one client."""
        turns = self._clients.pop(account)
        self._number -= len(turns)
        return tuple(turns)

    def remove(self, account: Account, turn: Turn) -> None:
        """Removes one turn, if it is here."""
        turns = self._clients.get(account)
        if turns is None or turn not in turns:
            return
        turns.remove(turn)
        self._number -= 1
        if not turns:
            del self._clients[account]
