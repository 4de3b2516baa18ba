"""An alias that lives elsewhere: `set` moves it, `get` decides where it is, and a folder here remembers.

A move is noted durably before `set`. However that ends, `get` alone says what has come of it: the new address
(it is done), the old one (it failed, and is put back), or neither. Then nothing further is tried: the note
stays, and until `get` tells one of the two again, whoever comes next can tell no more.
"""

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from belts.reading.mistakes import MistakesError
from belts.spec.alias import PLACE, CommandAlias, read, written
from gate.alias.order.elsewhere import WRITER, Elsewhere
from gate.alias.remote import intent as intents
from gate.alias.remote.intent import INTENT, PLACES, Intent, Places
from gate.alias.remote.two_commands import Told, TwoCommands
from gate.alias.state import Served
from gate.alias.store import AliasDamaged, AliasUntold, Store, Unset, found

VERSION = 1
PAUSE = 0.25
OUT = "lead it by hand to one of the two, so that `get` tells which, then run `pulumi up` again"
STAYS = "the alias stays where it is"


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """One gateway's alias elsewhere; `local` is the folder that remembers it, which no consumer reads."""

    local: Store
    writer: TwoCommands

    def __str__(self) -> str:
        return f"{self.writer.alias.url}, by {self.writer.alias.setting[0]}"

    def read(self) -> Served | None:
        recorded, intent = self.local.read(), intents.noted(self.local)
        told = self._told()
        if intent is not None:
            return self._decided(intent, told)
        if recorded is None:
            return None
        known = self._known(recorded.serves.belt)
        if told.address != known:
            raise AliasDamaged(
                STAYS,
                expected=f"an alias that leads to {known}, where {recorded.serves.belt} was set",
                seen=f"`get` tells of {told.shown}: somebody else has set it",
                now="`python -m gate audit` tells what disagrees; `pulumi up` judges the way back",
            )
        return recorded

    def record(self) -> Served | None:
        return self.local.record()

    def names(self) -> frozenset[str]:
        intent = intents.noted(self.local)
        either = () if intent is None else (intent.before, intent.after)
        return self.local.names() | {served.serves.belt for served in either if served is not None}

    def leads(self, belt: str) -> bool:
        return self._told().address == self._known(belt)

    def version(self) -> str | None:
        return self.local.version()

    def owner(self) -> str | None:
        return self.local.owner()

    def strange(self, *, kept: Collection[str]) -> tuple[str, ...]:
        return self.local.strange(kept={*kept, WRITER, INTENT, PLACES})

    def swap(self, served: Served) -> None:
        belt = served.serves.belt
        self._move(belt, self._wanted(belt), served)

    def clear(self) -> None:
        """Back to where it led before Belts; what was nowhere cannot be asked for."""
        places = intents.placed(self.local)
        if places is None:
            self.local.clear()
        elif not re.fullmatch(PLACE, places.found):
            raise Unset(
                STAYS,
                expected="an address that the alias led to before its first move",
                seen="none, and no command leads it nowhere",
                now="lead it away by hand, or promote a belt that is right",
            )
        else:
            self._move("", places.found, None)

    def remove(self) -> None:
        """Only what is known of it here: where it leads stays the operator's."""
        self.local.remove()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self.local.alone():
            self._remember()
            intent = intents.noted(self.local)
            if intent is not None:
                self._settled(intent, self._told())
            yield

    def keep(self, name: str, text: str) -> None:
        self.local.keep(name, text)

    def kept(self, name: str) -> str | None:
        return self.local.kept(name)

    def forget(self, name: str) -> None:
        self.local.forget(name)

    def _move(self, belt: str, address: str, after: Served | None) -> None:
        """Sets it, and waits until `get` tells of the address; the record follows, never goes before."""
        before, told = found(self.local), self._told()
        intent = Intent(before=before, after=after, old=told.address, new=address)
        if told.address == address:
            self._settle(intent)
            return
        intents.note(self.local, intent)
        done = self.writer.set(belt, address)
        told = self._awaited(address) if done.began else self.writer.get()
        if told.address == address and not told.why:
            self._settle(intent)
            return
        if not told.why and told.address == intent.old:
            self._put_back(intent, began=done.began)
            complaint = self.writer.complaint(done) or "`set` reported no fault"
            raise Unset(
                STAYS,
                expected=f"`get` to tell of {address} within {self._seconds} s after `set`",
                seen=f"{told.shown}, as before; {complaint}",
                now="run the two commands of `alias` by hand to see why, then `pulumi up` again",
            )
        raise self._untold(intent, told)

    def _put_back(self, intent: Intent, *, began: bool) -> None:
        """What was asked for may still come about: so the last word is to ask for what was there."""
        if began and re.fullmatch(PLACE, intent.old):
            belt = "" if intent.before is None else intent.before.serves.belt
            self.writer.set(belt, intent.old)
            told = self.writer.get()
            if told.why or told.address != intent.old:
                raise self._untold(intent, told)
        self.local.forget(INTENT)

    def _awaited(self, address: str) -> Told:
        """What `get` tells once it tells of the address, or else last."""
        ends = time.monotonic() + self.writer.alias.arrive.total_seconds()
        while True:
            told = self.writer.get()
            if (not told.why and told.address == address) or time.monotonic() >= ends:
                return told
            time.sleep(PAUSE)

    def _decided(self, intent: Intent, told: Told) -> Served | None:
        """What a move that was cut off has come to."""
        if told.address == intent.new:
            return intent.after
        if told.address == intent.old:
            return intent.before
        raise self._untold(intent, told)

    def _settled(self, intent: Intent, told: Told) -> None:
        """The same, for whoever goes on from there; what was cut off may still be under way."""
        self._decided(intent, told)
        if told.address == intent.new:
            self._settle(intent)
        else:
            self._put_back(intent, began=True)

    def _settle(self, intent: Intent) -> None:
        """It leads there: the record says so, and only then the note goes."""
        places = intents.placed(self.local) or Places(found=intent.old)
        if intent.after is None:
            self.local.clear()
        else:
            of = {**places.of, intent.after.serves.belt: intent.new}
            intents.place(self.local, replace(places, of=of))
            self.local.swap(intent.after)
        self.local.forget(INTENT)

    def _told(self) -> Told:
        told = self.writer.get()
        if told.why:
            raise AliasUntold(
                "nobody can tell where the alias leads",
                expected="an address from `get`",
                seen=told.why,
                now="run `get` of the stack's `alias` by hand to see why; nothing is moved meanwhile",
            )
        return told

    def _untold(self, intent: Intent, told: Told) -> AliasUntold:
        """Neither: whatever was tried on top of it would be tried blindly."""
        either = f"{intent.new} or {intent.old or 'nothing'}"
        return AliasUntold(
            "nobody can tell where the alias leads, and nothing further is tried",
            expected=f"`get` to tell of {either}",
            seen=told.shown,
            now=OUT,
        )

    def _wanted(self, belt: str) -> str:
        """Where a belt is to be set to: as the stack says, else where it answers or was set before."""
        places = intents.placed(self.local) or Places()
        told, answers = self.writer.alias.addresses, self.writer.elsewhere.graphql
        address = told.get(belt) or answers.get(belt) or places.of.get(belt)
        if address is None or re.fullmatch(PLACE, address) is None:
            raise Unset(
                STAYS,
                expected=f"an address of {belt} that the alias may be led to",
                seen="none" if address is None else "one with signs that no address has",
                now=f"give one in `alias.addresses.{belt}` of the gateway's stack",
            )
        return address

    def _known(self, belt: str) -> str:
        """Where a belt was set to last; one that was not is where it would be."""
        places = intents.placed(self.local) or Places()
        return places.of.get(belt) or self._wanted(belt)

    def _remember(self) -> None:
        """How to ask where it leads, for the auditor, who knows no stack's config."""
        told = json.dumps({"version": VERSION, "alias": written(self.writer.alias), "names": self._names})
        if self.local.kept(WRITER) != told:
            with suppress(OSError):  # on a full disk the auditor asks as before
                self.local.keep(WRITER, told)

    @property
    def _names(self) -> list[str]:
        given = self.writer.elsewhere
        return [*sorted(given.variables), *([STDIN_VARIABLE] if given.stdin else [])]

    @property
    def _seconds(self) -> str:
        return f"{self.writer.alias.arrive.total_seconds():g}"


STDIN_VARIABLE = "BELTS_ALIAS_STDIN"
"""By this variable the auditor is given what the commands are given on stdin."""


def remembered(local: Store, environment: Mapping[str, str]) -> TwoCommands | None:
    """The writer by which an alias was last moved; None where it is no alias that lives elsewhere.

    Its secrets come from the environment of whoever asks: none of them lies here.
    """
    text = local.kept(WRITER)
    if text is None:
        return None
    try:
        kept = json.loads(text)
        if kept["version"] != VERSION:
            raise _unreadable(local, f"version {kept['version']}")
        alias: CommandAlias = read(kept["alias"])
        names = tuple(map(str, kept["names"]))
    except (ValueError, KeyError, TypeError, MistakesError) as error:
        raise _unreadable(local, type(error).__name__) from None
    given = {name: environment[name] for name in names if name in environment}
    elsewhere = Elsewhere(
        alias=alias,
        variables={name: value for name, value in given.items() if name != STDIN_VARIABLE},
        stdin=given.get(STDIN_VARIABLE, ""),
    )
    return TwoCommands(elsewhere=elsewhere, missing=tuple(name for name in names if name not in given))


def _unreadable(local: Store, seen: str) -> AliasUntold:
    return AliasUntold(
        "nobody can tell where the alias leads",
        expected=f"in {WRITER} at {local} how to ask",
        seen=f"something else ({seen})",
        now="`pulumi up` on the gateway's stack writes it anew",
    )
