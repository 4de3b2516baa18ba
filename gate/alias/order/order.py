"""What the alias resource asks for, as it comes on stdin: the belts by name, and where everything is.

Secrets are in it, so it is never an argument, never printed and never written.
"""

import getpass
import json
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

from belts.reading.mistakes import MistakesError
from belts.refusal import Refusal
from belts.runtimes.runtime import Place
from belts.spec.identity import Identity, IdentityUnreadable
from belts.spec.identity import read as read_identity
from belts.spec.runtime import Runtime
from gate.alias.order import elsewhere as elsewheres
from gate.alias.order import ledger_address
from gate.alias.order.dial import Wire
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.order.version import ELSEWHERE, VERSION
from gate.alias.order.wanted import Wanted
from gate.alias.sight import DatabaseProbe, IdentityProbe, Sight
from gate.alias.store import Store
from gate.endpoints import Belt as Doors
from gate.journal.journal import FOLDER
from gate.ledger import Author
from gate.redact import secrets_of, secrets_of_url
from gate.seals import seals_of
from gate.secret import Address, Secret

Places: TypeAlias = Callable[[Path, Runtime], Place]
"""The belts below a directory."""
Stores: TypeAlias = Callable[..., Store]
"""The alias in a directory, by its gateway and the kind of its place; or `elsewhere`, remembered there."""


class OrderRefused(Refusal):
    """The order cannot be carried out as it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A belt that its stack declares: who it is, where it answers, and the doors to look through."""

    belt: str
    dial: str
    identity: Identity
    doors: Doors

    @property
    def probe(self) -> DatabaseProbe | None:
        """What sees it; None for a belt whose database nobody may read."""
        return None if self.doors.database is None else DatabaseProbe(belt=self.belt, url=self.doors.database)

    async def seen(self) -> Sight:
        """What it is now, which must be what its stack declares."""
        return await self.wanted.seen()

    @property
    def wanted(self) -> Wanted:
        """The belt as the one that is to serve."""
        if self.probe is None:
            raise OrderRefused(
                "the alias stays where it is",
                expected=f"a database URL of {self.belt}, to see that it is the belt that was judged",
                seen="none",
                now="give its stack one, then run `pulumi up` again",
            )
        return Wanted(belt=self.belt, dial=self.dial, declared=self.identity, probe=self.probe)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Which belt is to serve behind which gateway, measured by which policy, recorded in which ledger."""

    author: Author
    place: Place
    alias: Store
    url: Address
    policy: Path
    upstream: Candidate
    belts: tuple[Candidate, ...]
    unreadable: Mapping[str, str]
    """Belts whose stacks tell nothing that can be used, and why, by name."""
    deadline: timedelta
    """How long all of it may take: the gate, what it remembers, the write, and the look after it."""
    ledger_url: Secret | None = field(repr=False)
    elsewhere: Elsewhere | None = None
    """Where the alias lives, and how it is moved, where that is no directory of the gateway's host."""
    decommission: bool = False
    lift: str | None = None
    """The bar that the config lifts, by its name."""

    def belt(self, name: str) -> Candidate:
        """A belt that the order describes, by its name."""
        for belt in (self.upstream, *self.belts):
            if belt.belt == name:
                return belt
        raise OrderRefused(
            "the alias stays where it is",
            expected=f"the endpoints of {name}, which serves",
            seen=self.unreadable.get(name) or "none",
            now=f"bring its stack up with `pulumi up --stack {name}`",
        )

    @property
    def wanted(self) -> Wanted:
        """The belt that is to serve, and how it is told by what it answers."""
        return self._told_apart(self.upstream)

    @property
    def others(self) -> dict[str, Wanted]:
        """The belts beside it, by name; those whose database nobody may read are not among them."""
        return {belt.belt: self._told_apart(belt) for belt in self.belts if belt.probe is not None}

    def _told_apart(self, belt: Candidate) -> Wanted:
        seals = seals_of(belt.identity, belt.doors.admin_secret)
        wire = None
        if seals is not None:
            host = self.url.parts.netloc
            wire = Wire(belt=belt.belt, graphql=belt.doors.graphql, dial=belt.dial, seals=seals, host=host)
        return replace(belt.wanted, wire=wire)

    @property
    def probe(self) -> dict[str, IdentityProbe]:
        """What sees the belts, by name; those whose database nobody may read are not among them."""
        found = {belt.belt: belt.probe for belt in (self.upstream, *self.belts)}
        return {name: probe for name, probe in found.items() if probe is not None}

    def journal(self, belt: str) -> Path:
        """Where this gateway writes down how far a belt is, if that belt runs on its host."""
        return self.place.beside(self.author.gateway) / FOLDER / f"{belt}.jsonl"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be told."""
        belts = (self.upstream.doors, *(belt.doors for belt in self.belts))
        try:
            ledger = self.ledger
        except Refusal:  # whoever needs it says what is wrong with it
            ledger = None
        own = () if self.elsewhere is None else self.elsewhere.secrets
        return (*secrets_of(belts), *(secrets_of_url(ledger.reveal()) if ledger else ()), *own)

    @property
    def ledger(self) -> Secret | None:
        """The ledger's address; None while this gateway's own has never been made."""
        if self.ledger_url is not None:
            return self.ledger_url
        return ledger_address.of_place(self.place, self.author.gateway)


def from_stdin(place: Places, alias: Stores) -> Order | None:
    """The order on stdin; None, and the words for it on stderr, where it is none."""
    try:
        return parse(sys.stdin.read(), place, alias)
    except OrderRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return None


def parse(text: str, place: Places, alias: Stores) -> Order:
    """The order in a text, or `OrderRefused`."""
    try:
        order = json.loads(text)
        elsewhere = elsewheres.of(order)
        if order["version"] != (VERSION if elsewhere is None else ELSEWHERE):
            raise _no_order(f"an order of version {order['version']!r}")
        runtime = Runtime(order["runtime"])
        given = {} if elsewhere is None else {"elsewhere": elsewhere}
        return Order(
            author=Author(gateway=order["gateway"], stack=order["stack"], who=_who()),
            place=place(Path(order["hosts"]), runtime),
            alias=alias(Path(order["directory"]), order["gateway"], runtime, **given),
            url=Address(order["url"]),
            policy=Path(order["policy"]),
            upstream=_candidate(order["upstream"]),
            belts=tuple(_candidate(belt) for belt in order["belts"] if "unreadable" not in belt),
            unreadable={belt["belt"]: belt["unreadable"] for belt in order["belts"] if "unreadable" in belt},
            deadline=timedelta(seconds=float(order["deadline"])),
            ledger_url=Secret(order["ledger"]) if order.get("ledger") else None,
            decommission=order.get("decommission") is True,
            lift=str(order["lift"]) if order.get("lift") else None,
            elsewhere=elsewhere,
        )
    except IdentityUnreadable as unreadable:
        raise _no_order(unreadable.seen) from None
    except MistakesError as mistakes:
        raise _no_order(mistakes.seen) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_order(f"what is none ({type(error).__name__})") from None


def _no_order(seen: str) -> OrderRefused:
    return OrderRefused(
        "the alias stays where it is",
        expected=f"an order of version {VERSION} on stdin",
        seen=seen,
        now="run `pulumi up` with the release that runs here: it writes the order",
    )


def _candidate(belt: Mapping[str, Any]) -> Candidate:
    return Candidate(
        belt=belt["belt"],
        dial=belt["dial"],
        identity=read_identity(belt["identity"]),
        doors=Doors(
            graphql=Address(belt["graphql"]),
            admin_secret=Secret(belt["adminSecret"]) if belt.get("adminSecret") else None,
            database=Secret(belt["database"]) if belt.get("database") else None,
            metrics=Address(belt["metrics"]) if belt.get("metrics") else None,
            dial=belt["dial"],
            sources=_sources(belt["sources"]),
        ),
    )


def _who() -> str:
    """Who runs this, as the ledger remembers it."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return f"somebody@{socket.gethostname()}"


def _sources(told: Mapping[str, Any] | None) -> Mapping[int, tuple[Address, ...]] | None:
    """What a belt indexes each chain from; None where nobody says it."""
    return None if told is None else {int(chain): tuple(map(Address, urls)) for chain, urls in told.items()}
