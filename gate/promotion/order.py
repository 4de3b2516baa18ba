"""What the alias resource asks for, as it comes on stdin: the belts by name, and where everything is.

Secrets are in it, so it is never an argument, never printed and never written.
"""

import getpass
import json
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.endpoints import Belt as Doors
from gate.ledger import Occasion
from gate.promotion import ledger_address
from gate.promotion.order_version import VERSION
from gate.promotion.served import identity_digest
from gate.promotion.sight import DatabaseEyes, Eyes, Sight, same
from gate.promotion.writer import Wanted
from gate.redact import secrets_of, secrets_of_url
from gate.secret import Address, Secret


class OrderRefused(Exception):
    """The order cannot be carried out as it is; the text says what is missing, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A belt that its stack declares: who it is, where it answers, and the doors to look through."""

    belt: str
    dial: str
    identity: Mapping[str, Any]
    doors: Doors

    @property
    def digest(self) -> str:
        """Who it is, in one value."""
        return identity_digest(self.identity)

    @property
    def eyes(self) -> DatabaseEyes | None:
        """What sees it; None for a belt whose database nobody may read."""
        return None if self.doors.database is None else DatabaseEyes(belt=self.belt, url=self.doors.database)

    async def seen(self) -> Sight:
        """What it is now, which must be what its stack declares."""
        sight = await self.wanted.eyes()
        same(self.belt, self.identity, sight)
        return sight

    @property
    def wanted(self) -> Wanted:
        """The belt as the one that is to serve."""
        if self.eyes is None:
            raise OrderRefused(
                "the alias stays where it is\n"
                f"  expected: a database URL of {self.belt}, to see that it is the belt that was judged\n"
                "  seen: none\n  now: give its stack one, then run `pulumi up` again"
            )
        return Wanted(belt=self.belt, dial=self.dial, declared=self.identity, eyes=self.eyes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Which belt is to serve behind which gateway, measured by which policy, recorded in which ledger."""

    occasion: Occasion
    hosts: Path
    directory: Path
    url: Address
    policy: Path
    upstream: Candidate
    belts: tuple[Candidate, ...]
    unreadable: Mapping[str, str]
    """Belts whose stacks tell nothing that can be used, and why, by name."""
    ledger_url: Secret | None = field(repr=False)
    decommission: bool = False

    def belt(self, name: str) -> Candidate:
        """A belt that the order describes, by its name."""
        for belt in (self.upstream, *self.belts):
            if belt.belt == name:
                return belt
        raise OrderRefused(
            self.unreadable.get(name)
            or f"the alias stays where it is\n  expected: the endpoints of {name}, which serves\n"
            f"  seen: none\n  now: bring its stack up with `pulumi up --stack {name}`"
        )

    @property
    def eyes(self) -> dict[str, Eyes]:
        """What sees the belts, by name; those whose database nobody may read are not among them."""
        found = {belt.belt: belt.eyes for belt in (self.upstream, *self.belts)}
        return {name: eyes for name, eyes in found.items() if eyes is not None}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be told."""
        belts = (self.upstream.doors, *(belt.doors for belt in self.belts))
        ledger = self.ledger
        return (*secrets_of(belts), *(secrets_of_url(ledger.reveal()) if ledger else ()))

    @property
    def ledger(self) -> Secret | None:
        """The ledger's address; None while this gateway's own has never been made."""
        if self.ledger_url is not None:
            return self.ledger_url
        return ledger_address.of_host(self.hosts, self.occasion.gateway)


def from_stdin() -> Order | None:
    """The order on stdin; None, and the words for it on stderr, where it is none."""
    try:
        return parse(sys.stdin.read())
    except OrderRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return None


def parse(text: str) -> Order:
    """The order in a text, or `OrderRefused`."""
    try:
        order = json.loads(text)
        if order["version"] != VERSION:
            raise OrderRefused(f"expected an order of version {VERSION}, got {order['version']!r}")
        return Order(
            occasion=Occasion(gateway=order["gateway"], stack=order["stack"], who=_who()),
            hosts=Path(order["hosts"]),
            directory=Path(order["directory"]),
            url=Address(order["url"]),
            policy=Path(order["policy"]),
            upstream=_candidate(order["upstream"]),
            belts=tuple(_candidate(belt) for belt in order["belts"] if "unreadable" not in belt),
            unreadable={belt["belt"]: belt["unreadable"] for belt in order["belts"] if "unreadable" in belt},
            ledger_url=Secret(order["ledger"]) if order.get("ledger") else None,
            decommission=order.get("decommission") is True,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OrderRefused(f"the order on stdin is not one ({type(error).__name__})") from None


def _candidate(belt: Mapping[str, Any]) -> Candidate:
    return Candidate(
        belt=belt["belt"],
        dial=belt["dial"],
        identity=belt["identity"],
        doors=Doors(
            graphql=Address(belt["graphql"]),
            admin_secret=Secret(belt["adminSecret"]) if belt.get("adminSecret") else None,
            database=Secret(belt["database"]) if belt.get("database") else None,
            metrics=Address(belt["metrics"]) if belt.get("metrics") else None,
        ),
    )


def _who() -> str:
    """Who runs this, as the ledger remembers it."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return f"somebody@{socket.gethostname()}"
