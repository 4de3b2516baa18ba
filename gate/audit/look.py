"""Looks at everything that the audit compares; what cannot be looked at says why. Nothing is changed."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from belts.files import read_json
from belts.runtimes.lease import Lease, Unreadable
from belts.runtimes.process import lease_files
from belts.runtimes.process.database import roles
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import ports
from belts.runtimes.process.host import Host
from belts.runtimes.process.parts import caddy
from belts.runtimes.process.parts.postgres import DATABASE
from belts.runtimes.process.supervise import door, live
from belts.runtimes.process.supervise.live import Health
from belts.runtimes.process.wire import recorded
from belts.spec.gateway import Caddy
from belts.spec.identity import Identity
from gate.agent import HEADERS
from gate.alias import directory as alias
from gate.alias.order.ledger_address import address
from gate.alias.sight import DatabaseProbe, Sight, UnprovedError, same
from gate.alias.state import Served
from gate.alias.store import AliasRefused
from gate.audit import exported
from gate.audit.scene import (
    Answer,
    BeltSeen,
    Booked,
    Damaged,
    Directory,
    Outbox,
    Running,
    Scene,
    Stated,
    Unseen,
)
from gate.certify import sealing
from gate.connections import client_options
from gate.exchange import post
from gate.ledger import Author, LedgerError, reading
from gate.secret import Secret

OURS = re.compile(r"v[0-9]{8}|current|next|owner\.json|moving\.lock")
QUESTION = {"query": "{ __typename }"}
PATIENCE_SECONDS = 5.0
READER = "gate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Where to look: the host's belts, the gateway among them, its stack and the project's directory."""

    root: Path
    gateway: str
    stack: str
    project: Path
    environment: Mapping[str, str]
    lag: int
    patience: timedelta

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root, belt=self.gateway)

    @property
    def directory(self) -> Path:
        return self.layout.home / "alias"


async def look(ground: Ground) -> Scene:
    """One look at everything."""
    told = _alias(ground)
    door_, state = await asyncio.gather(_door(ground), asyncio.to_thread(_state, ground))
    leases = _leases(ground)
    watched = _watched(ground, told, leases)
    belts = await asyncio.gather(*(_belt(ground, belt) for belt in watched))
    return Scene(
        gateway=ground.gateway,
        at=datetime.now(UTC),
        door=door_,
        alias=told,
        directory=_directory(ground),
        ledger=await asyncio.to_thread(_ledger, ground),
        state=state,
        caddy=_caddy(ground),
        leases=leases,
        belts=dict(zip(watched, belts, strict=True)),
        lag=ground.lag,
        patience=ground.patience,
    )


def _alias(ground: Ground) -> Served | Damaged | None:
    try:
        return alias.read(ground.directory)
    except AliasRefused as refusal:
        lines = [line.strip() for line in str(refusal).splitlines()]
        seen = next((line for line in lines if line.startswith("seen:")), lines[0])
        return Damaged(words=seen.removeprefix("seen:").strip())


def _request(ground: Ground, part: str) -> Any:
    """What was asked of the host for one part of the gateway; None where nothing was."""
    found = [request.body for request in recorded.of_belt(ground.layout) if request.part == part]
    return found[0] if found else None


async def _door(ground: Ground) -> Answer | Unseen:
    """One question on a fresh connection, as a consumer asks it."""
    try:
        body = _request(ground, "caddy")
    except (Refused, OSError) as error:
        return Unseen(why=_line(error))
    if body is None:
        return Unseen(why=f"{ground.layout.home} keeps no gateway")
    url = f"http://127.0.0.1:{body.port}/v1/graphql"
    try:
        async with httpx.AsyncClient(**client_options(), timeout=PATIENCE_SECONDS, headers=HEADERS) as client:
            answer = await post(client, url, QUESTION, seconds=PATIENCE_SECONDS)
    except httpx.HTTPError as error:
        return Unseen(why=f"nobody answers at port {body.port} ({type(error).__name__})")
    return Answer(belt=answer.headers.get("x-belt"), status=answer.status)


def _directory(ground: Ground) -> Directory | Unseen:
    try:
        if not ground.directory.is_dir():
            return Directory(others=_others(ground))
        names = sorted(path.name for path in ground.directory.iterdir())
        owner = read_json(ground.directory / alias.OWNER) or {}
        return Directory(
            owner=str(owner["gateway"]) if "gateway" in owner else None,
            strange=tuple(name for name in names if not OURS.fullmatch(name)),
            others=_others(ground),
        )
    except (OSError, ValueError, TypeError) as error:
        return Unseen(why=_line(error))


def _others(ground: Ground) -> tuple[str, ...]:
    """Other gateways of this host whose Caddy reads this very directory."""
    others = [layout for layout in recorded.belts(ground.root) if layout.belt != ground.gateway]
    return tuple(layout.belt for layout in others if _reads(layout, ground.directory))


def _reads(layout: Layout, directory: Path) -> bool:
    """Whether a gateway reads this alias: by the config in its file, or as its home is a link to this one."""
    config = json.dumps(read_json(layout.of_part(caddy.PROGRAM) / "config.json") or {})
    return str(directory) + "/" in config or (layout.home / "alias").resolve() == directory.resolve()


def _ledger(ground: Ground) -> Booked | Unseen:
    author = Author(gateway=ground.gateway, stack=ground.stack, who="the auditor")
    try:
        place = Host(ground.root)
        url = address(place, ground.gateway, ground.environment)
        key = sealing.key(place, ground.gateway)
        with reading(url.reveal(), author, key=key) as book:
            last, serving, waiting = book.last(), book.serving(), book.waiting()
            unsealed, open_tables = book.unsealed(), book.may_write_tables()
        told = _request(ground, "webhook-sender") is not None
    except (LedgerError, Refused, OSError, ValueError) as error:
        return Unseen(why=_line(error))
    return Booked(
        belt=serving.belt if serving else None,
        identity=serving.identity if serving else None,
        unended=last.seq if last is not None and last.result is None else None,
        last=last.seq if last is not None else None,
        unsealed=unsealed,
        open_tables=open_tables,
        outbox=Outbox(waiting=waiting.announcements, attempts=waiting.attempts, since=waiting.since)
        if told
        else None,
    )


def _state(ground: Ground) -> Stated | Unseen:
    found = exported.export(ground.project, ground.stack)
    return found if isinstance(found, Unseen) else exported.stated(found)


def _caddy(ground: Ground) -> Running | Unseen:
    """The config that runs and the one in the file, beside the only one that the host would write."""
    home = ground.layout.of_part(caddy.PROGRAM)
    try:
        body = _request(ground, "caddy")
        if not isinstance(body, Caddy):
            return Unseen(why=f"{ground.layout.home} keeps no gateway")
        wanted = caddy.rendered(ground.layout, body)
        answer = door.ask(home, caddy.ADMIN.name, "GET", "/config/")
        if isinstance(answer, str):
            return Unseen(why=f"its admin endpoint does not answer ({answer})")
        running = json.loads(answer.text) if answer.status == httpx.codes.OK else None
        return Running(
            as_rendered=running == wanted,
            file_as_rendered=read_json(home / "config.json") == wanted,
            strangers=ports.strangers(ground.layout, body.port),
        )
    except (Refused, OSError, ValueError) as error:
        return Unseen(why=_line(error))


def _leases(ground: Ground) -> dict[str, tuple[Lease | Unreadable, ...]]:
    """Of every belt that has a home here; the gateway itself is none."""
    homes = [layout for layout in recorded.belts(ground.root) if layout.belt != ground.gateway]
    return {layout.belt: lease_files.of_belt(layout.home) for layout in homes}


def _watched(
    ground: Ground, told: Served | Damaged | None, leases: Mapping[str, tuple[Lease | Unreadable, ...]]
) -> tuple[str, ...]:
    """The belts of this host that serve, soak, or were left."""
    named = {
        belt
        for belt, held in leases.items()
        if any(isinstance(one, Lease) and one.gateway == ground.gateway for one in held)
    }
    if isinstance(told, Served):
        named |= {told.serves.belt} | ({told.left.belt} if told.left else set())
    return tuple(sorted(named & leases.keys()))


async def _belt(ground: Ground, belt: str) -> BeltSeen:
    layout = Layout(root=ground.root, belt=belt)
    stack = await asyncio.to_thread(exported.export, ground.project, belt)
    identity = stack if isinstance(stack, Unseen) else exported.declared(stack)
    sight = await _sight(layout)
    down = tuple(
        part for part, seen in sorted(live.read(ground.root, belt).items()) if seen.health is Health.DOWN
    )
    return BeltSeen(
        sight=sight,
        declared=identity.digest if isinstance(identity, Identity) else identity,
        same=_same(belt, identity, sight),
        down=down,
    )


async def _sight(layout: Layout) -> Sight | Unseen:
    """The belt's database, through the role that may only read, with the secret that the host keeps."""
    try:
        held = secrets.known(layout)
        password, login = held.get(READER), roles.login(READER, held.generation(READER))
        taken = [request.body.ports for request in recorded.of_belt(layout) if request.part == "postgres"]
        if password is None or not taken:
            return Unseen(why="its host keeps no database for it")
        url = f"postgresql://{login}:{quote(password, safe='')}@127.0.0.1:{taken[0][0]}/{DATABASE}"
        return await DatabaseProbe(belt=layout.belt, url=Secret(url))()
    except UnprovedError as error:
        return Unseen(why=_line(error))
    except (Refused, OSError, ValueError) as error:
        return Unseen(why=_line(error))


def _same(belt: str, identity: Identity | Unseen | None, sight: Sight | Unseen) -> bool | None:
    """Whether the database is the one that the stack declares."""
    if not isinstance(identity, Identity) or isinstance(sight, Unseen):
        return None
    try:
        same(belt, identity, sight)
    except UnprovedError:
        return False
    return True


def _line(error: BaseException) -> str:
    """The first line of a fault, and never nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
