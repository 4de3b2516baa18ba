"""Looks at everything that the audit compares; what cannot be looked at says why. Nothing is changed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from belts import seal
from belts.refusal import Refusal
from belts.runtimes.audited import Audited, Running
from belts.runtimes.lease import Lease, Unreadable
from belts.runtimes.runtime import Place
from belts.spec.identity import Identity
from gate.agent import HEADERS
from gate.alias.byway import lasting
from gate.alias.decide import measures, refutation
from gate.alias.order.ledger_address import address
from gate.alias.sight import DatabaseProbe, Sight, UnprovedError, same
from gate.alias.state import Served
from gate.alias.store import AliasRefused, AliasUntold, Store
from gate.audit import chains, exported
from gate.audit.snapshot import (
    Answer,
    BeltSeen,
    Booked,
    Damaged,
    Directory,
    Outbox,
    Snapshot,
    Unseen,
)
from gate.certify import sealing
from gate.connections import client_options
from gate.exchange import Answer as Exchanged
from gate.exchange import post
from gate.ledger import Author, reading
from gate.observations.dial import Sealed
from gate.seals import seals_of
from gate.secret import Secret

QUESTION = {"query": "{ __typename }"}
PATIENCE_SECONDS = 5.0
Looked = TypeVar("Looked")


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """Where to look: the place and the gateway in it, its alias and stack, and the project's directory."""

    place: Place
    alias: Store
    gateway: str
    stack: str
    project: Path
    environment: Mapping[str, str]
    lag: int
    patience: timedelta
    url: str | None = None
    """Where consumers ask an alias that lives elsewhere; None for one that a Caddy of the place reads."""


async def look(targets: Targets) -> Snapshot:
    """One look at everything."""
    told = _alias(targets)
    export = asyncio.to_thread(exported.export, targets.project, targets.stack)
    door_, state, watched_chains = await asyncio.gather(
        _door(targets, told), export, chains.look(targets.place, targets.gateway)
    )
    leases = _leases(targets)
    watched = _watched(targets, told, leases)
    belts = await asyncio.gather(*(_belt(targets, belt) for belt in watched))
    return Snapshot(
        gateway=targets.gateway,
        at=datetime.now(UTC),
        door=door_,
        alias=told,
        directory=_directory(targets),
        ledger=await asyncio.to_thread(_ledger, targets),
        state=state if isinstance(state, Unseen) else exported.stated(state),
        caddy=_caddy(targets),
        leases=leases,
        belts=dict(zip(watched, belts, strict=True)),
        chains=watched_chains,
        asked=_looked(lambda: _asked(targets.place.audited(), targets.gateway, state)),
        unread=_looked(lambda: targets.place.audited().unread()),
        hung=_looked(lambda: _hung(targets.place.audited())),
        lag=targets.lag,
        patience=targets.patience,
        disk=_looked(lambda: targets.place.audited().disk()),
        elsewhere=targets.url is not None,
        idle=await asyncio.to_thread(_looked, lambda: targets.place.audited().idle()),
    )


def _alias(targets: Targets) -> Served | Damaged | None:
    try:
        return targets.alias.read()
    except AliasRefused as refusal:
        lines = [line.strip() for line in str(refusal).splitlines()]
        seen = next((line for line in lines if line.startswith("seen:")), lines[0])
        return Damaged(
            words=seen.removeprefix("seen:").strip(),
            elsewhere=targets.url is not None,
            untold=isinstance(refusal, AliasUntold),
            now=refusal.now,
        )


async def _door(targets: Targets, told: Served | Damaged | None) -> Answer | Unseen:
    """One question on a fresh connection, as a consumer asks it."""
    try:
        url = targets.url or targets.place.audited().url(targets.gateway)
    except (Refusal, OSError) as error:
        return Unseen(why=_line(error))
    if url is None:
        return Unseen(why=f"no gateway of the name {targets.gateway} runs here")
    challenged = seal.challenge()
    headers = {seal.CHALLENGE: challenged} if targets.url else {}
    try:
        async with httpx.AsyncClient(**client_options(), timeout=PATIENCE_SECONDS, headers=HEADERS) as client:
            answer = await post(client, url, QUESTION, headers=headers, seconds=PATIENCE_SECONDS)
    except httpx.HTTPError as error:
        return Unseen(why=f"nobody answers at {urlsplit(url).netloc} ({type(error).__name__})")
    if targets.url is None:
        return Answer(belt=answer.headers.get("x-belt"), status=answer.status)
    belt = await asyncio.to_thread(_sealed, targets, told, answer, challenged)
    return belt if isinstance(belt, Unseen) else Answer(belt=belt, status=answer.status)


def _sealed(
    targets: Targets, told: Served | Damaged | None, answer: Exchanged, challenged: str
) -> str | Unseen | None:
    """Whose answer it is by its seal, where the belt that should answer seals what it says."""
    named: str | None = answer.headers.get("x-belt")
    if not isinstance(told, Served) or not answer.ok:
        return named
    belt = told.serves.belt
    secret = _looked(lambda: targets.place.audited().seals(belt))
    if isinstance(secret, Unseen):
        return secret
    stack = exported.export(targets.project, belt)
    identity = stack if isinstance(stack, Unseen) else exported.declared(stack)
    seals = seals_of(identity.seed, Secret(secret)) if isinstance(identity, Identity) and secret else None
    if seals is not None:
        return belt if seals.on(answer, challenged) is Sealed.FITS else named if named != belt else None
    return named or Unseen(why=f"nothing on an answer at {urlsplit(targets.url or '').netloc} tells its belt")


def _directory(targets: Targets) -> Directory | Unseen:
    try:
        refuted = refutation.noted(targets.alias)
        return Directory(
            owner=targets.alias.owner(),
            refuted=refuted.belt if refuted else None,
            strange=targets.alias.strange(kept={refutation.NAME, measures.NAME}),
            others=targets.place.audited().sharing(targets.gateway),
        )
    except (Refusal, OSError, ValueError, TypeError) as error:
        return Unseen(why=_line(error))


def _ledger(targets: Targets) -> Booked | Unseen:
    author = Author(gateway=targets.gateway, stack=targets.stack, who="the auditor")
    try:
        place = targets.place
        url = address(place, targets.gateway, targets.environment)
        key = sealing.key(place, targets.gateway)
        with reading(url.reveal(), author, key=key) as book:
            last, serving, waiting = book.last(), book.serving(), book.waiting()
            ever = book.promoted()
            unsealed, open_tables = book.unsealed(), book.may_write_tables()
        told = place.audited().announces(targets.gateway)
    except (Refusal, OSError, ValueError) as error:
        return Unseen(why=_line(error))
    return Booked(
        belt=serving.belt if serving else None,
        identity=serving.identity if serving else None,
        unended=last.seq if last is not None and last.result is None else None,
        last=last.seq if last is not None else None,
        ever=ever,
        unsealed=unsealed,
        open_tables=open_tables,
        outbox=Outbox(waiting=waiting.announcements, attempts=waiting.attempts, since=waiting.since)
        if told
        else None,
    )


def _looked(look: Callable[[], Looked]) -> Looked | Unseen:
    """What the place shows of one thing; what it cannot show keeps nobody from looking at the others."""
    try:
        return look()
    except (Refusal, OSError, ValueError) as error:
        return Unseen(why=_line(error))


def _caddy(targets: Targets) -> Running | Unseen | None:
    """The config that runs and the one that would, beside the only one that the place would render."""
    running = _looked(lambda: targets.place.audited().running(targets.gateway))
    if running is None and targets.url is not None:
        return None
    return Unseen(why=f"no gateway of the name {targets.gateway} runs here") if running is None else running


def _asked(shown: Audited, gateway: str, state: exported.Deployment | Unseen) -> tuple[str, ...]:
    unfinished = [words for belt in shown.names() for words in shown.unfinished(belt)]
    return (*unfinished, *(() if isinstance(state, Unseen) else shown.apart(gateway, exported.asked(state))))


def _hung(shown: Audited) -> tuple[str, ...]:
    return tuple(words for belt in shown.names() for words in shown.hung(belt))


def _leases(targets: Targets) -> dict[str, tuple[Lease | Unreadable, ...]]:
    """Of every belt that has a home here; the gateway itself is none."""
    found: dict[str, list[Lease | Unreadable]] = {
        name: [] for name in targets.place.audited().names() if name != targets.gateway
    }
    for belt, held in targets.place.leases():
        if belt in found:
            found[belt].append(held)
    return {belt: tuple(held) for belt, held in found.items()}


def _watched(
    targets: Targets, told: Served | Damaged | None, leases: Mapping[str, tuple[Lease | Unreadable, ...]]
) -> tuple[str, ...]:
    """The belts of this host that serve, soak, or were left."""
    named = {
        belt
        for belt, held in leases.items()
        if any(isinstance(one, Lease) and one.gateway == targets.gateway for one in held)
    }
    if isinstance(told, Served):
        named |= {told.serves.belt} | ({told.left.belt} if told.left else set())
        named |= {each.belt for each in lasting(told.byways, datetime.now(UTC))}
    return tuple(sorted(named & leases.keys()))


async def _belt(targets: Targets, belt: str) -> BeltSeen:
    stack = await asyncio.to_thread(exported.export, targets.project, belt)
    identity = stack if isinstance(stack, Unseen) else exported.declared(stack)
    shown = targets.place.audited()
    sight = await _sight(shown, belt)
    return BeltSeen(
        sight=sight,
        declared=identity.digest if isinstance(identity, Identity) else identity,
        same=_same(belt, identity, sight),
        down=shown.down(belt),
        apart=() if isinstance(stack, Unseen) else shown.apart(belt, exported.asked(stack)),
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
