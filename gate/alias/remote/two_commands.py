"""The two commands by which an alias that lives elsewhere is set and told, with what they may know."""

import re
from dataclasses import dataclass
from datetime import timedelta

from belts.spec.alias import PLACE, CommandAlias
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.remote.calling import Called, call, filled
from gate.redact import Redactor, secrets_of_url

LONGEST = 4 * 1024
"""Bytes of the longest answer that may still be an address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What `get` answered: an address, or nothing, where `why` is empty; else why nobody could tell."""

    address: str = ""
    why: str = ""

    @property
    def shown(self) -> str:
        """As a person reads it: what is no address may be anything, and is not repeated."""
        if self.why:
            return self.why
        if re.fullmatch(PLACE, self.address):
            return self.address
        return "something that is no address" if self.address else "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoCommands:
    """What a stack says of its alias, with its secrets."""

    elsewhere: Elsewhere
    missing: tuple[str, ...] = ()
    """Secrets that whoever asks was not given; nothing is run without them."""

    @property
    def alias(self) -> CommandAlias:
        """What is no secret of it."""
        return self.elsewhere.alias

    def set(self, belt: str, address: str) -> Called:
        """Asks for the alias to lead there; how it ends proves nothing."""
        words = {"upstream": address, "belt": belt, "url": self.alias.url}
        return self._called(filled(self.alias.setting, words), self.alias.set_limit, most=None)

    def get(self) -> Told:
        """Where it leads now."""
        words = {"url": self.alias.url}
        done = self._called(filled(self.alias.getting, words), self.alias.get_limit, most=LONGEST)
        if not done.succeeded:
            return Told(why=f"`get` does not tell: {self._redacted(done.words)}")
        try:
            text = done.out.decode().strip()
        except UnicodeDecodeError:
            return Told(why="`get` printed what is no text")
        return Told(address=text)

    def complaint(self, done: Called) -> str:
        """How `set` ended, without secrets; empty where it succeeded."""
        return "" if done.succeeded else self._redacted(done.words)

    def _called(self, arguments: list[str], limit: timedelta, *, most: int | None) -> Called:
        if self.missing:
            names = ", ".join(self.missing)
            return Called(code=None, why=f"{names} is missing where this runs", began=False)
        return call(
            arguments, secrets=self.elsewhere.variables, stdin=self.elsewhere.stdin, limit=limit, most=most
        )

    def _redacted(self, text: str) -> str:
        return Redactor([*self.elsewhere.secrets, *secrets_of_url(self.alias.url)]).text(text)
