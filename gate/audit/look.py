"""Looks at everything that the audit compares; what cannot be looked at says why. Nothing is changed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from belts.refusal import Refusal
from belts.runtimes.audited import Audited, Running
from belts.runtimes.lease import Lease, Unreadable
from belts.runtimes.runtime import Place
from belts.spec.identity import Identity
from gate.agent import HEADERS
from gate.alias.decide import refutation
from gate.alias.order.ledger_address import address
from gate.alias.sight import DatabaseProbe, Sight, UnprovedError, same
from gate.alias.state import Served
from gate.alias.store import AliasRefused, Store
from gate.audit import exported
from gate.audit.scene import (
    Answer,
    BeltSeen,
    Booked,
    Damaged,
    Directory,
    Outbox,
    Scene,
    Stated,
    Unseen,
)
from gate.certify import sealing
from gate.connections import client_options
from gate.exchange import post
from gate.ledger import Author, reading
from gate.secret import Secret

QUESTION = {"query": "{ __typename }"}
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Where to look: the place and the gateway in it, its alias and stack, and the project's directory."""

    place: Place
    alias: Store
    gateway: str
    stack: str
    project: Path
    environment: Mapping[str, str]
    lag: int
    patience: timedelta


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
        return ground.alias.read()
    except AliasRefused as refusal:
        lines = [line.strip() for line in str(refusal).splitlines()]
        seen = next((line for line in lines if line.startswith("seen:")), lines[0])
        return Damaged(words=seen.removeprefix("seen:").strip())


async def _door(ground: Ground) -> Answer | Unseen:
    """One question on a fresh connection, as a consumer asks it."""
    try:
        url = ground.place.audited().url(ground.gateway)
    except (Refusal, OSError) as error:
        return Unseen(why=_line(error))
    if url is None:
        return Unseen(why=f"no gateway of the name {ground.gateway} runs here")
    try:
        async with httpx.AsyncClient(**client_options(), timeout=PATIENCE_SECONDS, headers=HEADERS) as client:
            answer = await post(client, url, QUESTION, seconds=PATIENCE_SECONDS)
    except httpx.HTTPError as error:
        return Unseen(why=f"nobody answers at {urlsplit(url).netloc} ({type(error).__name__})")
    return Answer(belt=answer.headers.get("x-belt"), status=answer.status)


def _directory(ground: Ground) -> Directory | Unseen:
    try:
        refuted = refutation.noted(ground.alias)
        return Directory(
            owner=ground.alias.owner(),
            refuted=refuted.belt if refuted else None,
            strange=ground.alias.strange(kept={refutation.NAME}),
            others=ground.place.audited().sharing(ground.gateway),
        )
    except (Refusal, OSError, ValueError, TypeError) as error:
        return Unseen(why=_line(error))


def _ledger(ground: Ground) -> Booked | Unseen:
    author = Author(gateway=ground.gateway, stack=ground.stack, who="the auditor")
    try:
        place = ground.place
        url = address(place, ground.gateway, ground.environment)
        key = sealing.key(place, ground.gateway)
        with reading(url.reveal(), author, key=key) as book:
            last, serving, waiting = book.last(), book.serving(), book.waiting()
            unsealed, open_tables = book.unsealed(), book.may_write_tables()
        told = place.audited().announces(ground.gateway)
    except (Refusal, OSError, ValueError) as error:
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
    """The config that runs and the one that would, beside the only one that the place would render."""
    try:
        running = ground.place.audited().running(ground.gateway)
    except (Refusal, OSError, ValueError) as error:
        return Unseen(why=_line(error))
    return Unseen(why=f"no gateway of the name {ground.gateway} runs here") if running is None else running


def _leases(ground: Ground) -> dict[str, tuple[Lease | Unreadable, ...]]:
    """Of every belt that has a home here; the gateway itself is none."""
    found: dict[str, list[Lease | Unreadable]] = {
        name: [] for name in ground.place.audited().names() if name != ground.gateway
    }
    for belt, held in ground.place.leases():
        if belt in found:
            found[belt].append(held)
    return {belt: tuple(held) for belt, held in found.items()}


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
    stack = await asyncio.to_thread(exported.export, ground.project, belt)
    identity = stack if isinstance(stack, Unseen) else exported.declared(stack)
    shown = ground.place.audited()
    sight = await _sight(shown, belt)
    return BeltSeen(
        sight=sight,
        declared=identity.digest if isinstance(identity, Identity) else identity,
        same=_same(belt, identity, sight),
        down=shown.down(belt),
    )


async def _sight(shown: Audited, belt: str) -> Sight | Unseen:
    """The belt's database, through the role that may only read, with the secret that its place keeps."""
    try:
        url = shown.database(belt)
        if url is None:
            return Unseen(why="no database is kept for it where it runs")
        return await DatabaseProbe(belt=belt, url=Secret(url))()
    except (Refusal, OSError, ValueError) as error:
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
    """A fault in one line, and never nothing."""
    if isinstance(error, Refusal):
        return error.brief
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
