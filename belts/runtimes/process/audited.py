"""The gateways and belts below one directory of a host, as an auditor looks at them."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from belts.database_url import database_url
from belts.reading.codec import fields
from belts.refusal import Refusal
from belts.runtimes.audited import Running
from belts.runtimes.disk import Disk
from belts.runtimes.process import damage
from belts.runtimes.process.database import roles
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import disk, host_identity, secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import idle, ports
from belts.runtimes.process.parts import caddy
from belts.runtimes.process.parts.postgres import DATABASE
from belts.runtimes.process.supervise import caddy_admin, door, hung, live
from belts.runtimes.process.supervise.live import Health
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Part, parse
from belts.spec.edge import DATABASE_URL, EDGE
from belts.spec.engine import GRAPHQL, EmbeddedEngine
from belts.spec.gateway import Caddy, alias_of

OK = 200
READER = "gate"


@dataclass(frozen=True, slots=True)
class Audited:
    """One directory of belts."""

    root: Path

    def names(self) -> tuple[str, ...]:
        return tuple(layout.belt for layout in recorded.belts(self.root))

    def url(self, gateway: str) -> str | None:
        asked = self._caddy(gateway)
        return None if asked is None else f"{caddy.url(asked)}{GRAPHQL}"

    def running(self, gateway: str) -> Running | None:
        asked, layout = self._caddy(gateway), self._layout(gateway)
        if asked is None:
            return None
        wanted = caddy.rendered(layout, asked)
        return Running(
            as_rendered=_runs(layout) == wanted,
            stored_as_rendered=caddy.stored(layout) == wanted,
            strangers=ports.strangers(layout, asked.port),
        )

    def sharing(self, gateway: str) -> tuple[str, ...]:
        alias = alias_of(self._layout(gateway).home)
        others = [layout for layout in recorded.belts(self.root) if layout.belt != gateway]
        return tuple(layout.belt for layout in others if _reads(layout, alias))

    def watched(self, gateway: str) -> Mapping[int, int | None] | None:
        asked = self._asked(gateway, "status-endpoint")
        return None if asked is None else {chain.id: chain.lag_limit for chain in asked.chains}

    def announces(self, gateway: str) -> bool:
        return self._asked(gateway, "webhook-sender") is not None

    def unread(self) -> tuple[str, ...]:
        return tuple(words for layout in recorded.belts(self.root) for words in damage.of_belt(layout))

    def unfinished(self, belt: str) -> tuple[str, ...]:
        parts = live.read(self.root, belt).values()
        return tuple(seen.unfinished for seen in parts if seen.unfinished)

    def apart(self, belt: str, stated: Mapping[str, str]) -> tuple[str, ...]:
        if not stated:
            return ()
        asked = recorded.look(self._layout(belt))
        unread = {each.part for each in asked.unread}
        here = {each.part: each.body for each in asked.requests if each.part not in unread}
        parts = sorted((here.keys() | stated.keys()) - unread)
        found = ((part, _apart(here.get(part), stated.get(part))) for part in parts)
        return (
            *self._elsewhere(belt, stated),
            *(
                f"{belt}: what was asked of its {part} is not what its stack says: {words}"
                for part, words in found
                if words
            ),
        )

    def _elsewhere(self, belt: str, stated: Mapping[str, str]) -> Iterator[str]:
        """That the stack is another host's: an update there is the next to change it."""
        own = host_identity.told(self.root)
        for host in sorted({_host(text) for text in stated.values()} - {"", own}):
            yield f"{belt}: its stack is of the host {host}, and this one is {own}"

    def hung(self, belt: str) -> tuple[str, ...]:
        return hung.alarms(self._layout(belt))

    def down(self, belt: str) -> tuple[str, ...]:
        parts = live.read(self.root, belt).items()
        return tuple(part for part, seen in sorted(parts) if seen.health is Health.DOWN)

    def idle(self) -> tuple[str, ...]:
        found = (idle.words(layout) for layout in recorded.belts(self.root))
        return tuple(words for words in found if words is not None)

    def disk(self) -> Disk | None:
        return disk.look(recorded.belts(self.root))

    def database(self, belt: str) -> str | None:
        """Through the role that may only read, with the secret that the host keeps."""
        layout = self._layout(belt)
        held, asked = secrets.known(layout), self._asked(belt, "postgres")
        if asked is None and self._asked(belt, EDGE) is not None:
            return held.get(DATABASE_URL)
        password = held.get(READER)
        if password is None or asked is None:
            return None
        login = roles.login(READER, held.generation(READER))
        where = str(sockets.for_host(layout))
        return database_url(
            login=login, password=password, host=where, port=asked.ports[0], database=DATABASE
        )

    def seals(self, belt: str) -> str | None:
        asked = self._asked(belt, "engine")
        return secrets.known(self._layout(belt)).get("admin") if isinstance(asked, EmbeddedEngine) else None

    def _caddy(self, gateway: str) -> Caddy | None:
        asked = self._asked(gateway, "caddy")
        return asked if isinstance(asked, Caddy) else None

    def _asked(self, name: str, part: str) -> Any:
        """What was asked of the host for one part; None where nothing was."""
        found = [each.body for each in recorded.of_belt(self._layout(name)) if each.part == part]
        return found[0] if found else None

    def _layout(self, name: str) -> Layout:
        return Layout(root=self.root, belt=name)


def _host(stated: str) -> str:
    """Whom what a stack says is for; what cannot be read is told as that."""
    try:
        return parse(stated).host
    except Refusal:
        return ""


def _apart(here: Part | None, stated: str | None) -> str | None:
    """In what the two differ. Values are not told: a stack's may be those of another release."""
    if stated is None:
        return "the stack has none"
    if here is None:
        return "nothing was asked"
    try:
        wanted = parse(stated).body
    except Refusal as refusal:
        return f"what the stack says cannot be read ({refusal.brief})"
    if type(wanted) is not type(here):
        return "it is of another kind"
    names = [
        each.name for each in fields(type(here)) if getattr(here, each.name) != getattr(wanted, each.name)
    ]
    return f"another {', '.join(names)}" if names else None


def _runs(layout: Layout) -> Any:
    """The config that Caddy runs, as it says itself; None where it says something else than a config."""
    answer = door.ask(layout.of_part(caddy.PROGRAM), caddy_admin.SOCKET.name, "GET", "/config/")
    if isinstance(answer, str):
        raise Refused(
            f"its admin endpoint does not answer ({answer})",
            expected=f"the config that the Caddy of {layout.belt} runs",
            seen=answer,
            now=f"`python -m belts heal {layout.belt}`",
        )
    return json.loads(answer.text) if answer.status == OK else None


def _reads(layout: Layout, alias: Path) -> bool:
    """Whether a gateway reads this alias: by the config in its file, or as its home is a link to this one."""
    try:
        config = json.dumps(caddy.stored(layout) or {})
    except (OSError, ValueError):
        config = ""  # `unread` tells it
    linked = os.path.realpath(alias_of(layout.home)) == os.path.realpath(alias)
    return str(alias) + "/" in config or linked
