"""Reads from the status endpoint where the serving belt is on its chains, and where these are.

Only the endpoint knows the providers. Its journal shows how long something has not moved.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from belts.refusal import Refusal
from belts.runtimes.runtime import Place
from gate.agent import HEADERS
from gate.audit.snapshot import ChainSeen, Unseen
from gate.connections import client_options
from gate.exchange import exchange
from gate.journal.journal import FOLDER, Journal, JournalUnreadable
from gate.journal.standing import GAP, Stood, halted, stood
from gate.observations.watched import Stretch, Watched

PATH = "/_belt"
SECONDS = 10.0


async def look(place: Place, gateway: str) -> tuple[ChainSeen, ...] | Unseen | None:
    """Every chain whose head is watched beside the gateway; None if none is to be watched."""
    try:
        limits, url = place.audited().watched(gateway), place.audited().url(gateway)
    except (Refusal, OSError, ValueError) as error:
        return Unseen(why=error.brief if isinstance(error, Refusal) else str(error) or type(error).__name__)
    if limits is None or url is None:
        return None
    said = await _said(urlunsplit(urlsplit(url)._replace(path=PATH)))
    if isinstance(said, Unseen):
        return said
    belt, chains = said
    kept = await asyncio.to_thread(_kept, place, gateway, belt)
    return tuple(_seen(chain, limit, chains.get(str(chain)), kept) for chain, limit in sorted(limits.items()))


async def _said(url: str) -> tuple[str, Mapping[str, Any]] | Unseen:
    """The endpoint's answer and the belt that it is about; empty if no belt serves."""
    try:
        async with httpx.AsyncClient(**client_options(), timeout=SECONDS, headers=HEADERS) as client:
            answer = await exchange(client, client.build_request("GET", url), seconds=SECONDS)
        told = (
            json.loads(answer.body)
            if answer.status in {httpx.codes.OK, httpx.codes.SERVICE_UNAVAILABLE}
            else None
        )
        if told is None:
            return Unseen(why=f"the status endpoint does not answer (status {answer.status})")
        return (str(told["belt"]), dict(told["chains"])) if answer.ok else ("", {})
    except httpx.HTTPError as error:
        return Unseen(why=f"the status endpoint cannot be asked ({type(error).__name__})")
    except (ValueError, KeyError, TypeError, RecursionError):
        return Unseen(why="the status endpoint answers otherwise than this version's")


def _kept(place: Place, gateway: str, belt: str) -> tuple[Stretch, ...]:
    """What was recorded of this seed of the belt; empty if it cannot be read, or is old."""
    try:
        stretches = Journal(place.beside(gateway) / FOLDER, belt).read() if belt else ()
    except JournalUnreadable:
        return ()
    seeded = place.seeded(belt) if belt else 0
    return tuple(stretch for stretch in stretches if stretch.seeded == seeded)


def _seen(chain: int, limit: int | None, told: Any, kept: tuple[Stretch, ...]) -> ChainSeen:
    now = datetime.now(UTC)
    row = told if isinstance(told, Mapping) else {}
    unseen = row.get("unseen")
    stands, halts = stood(Watched(kept), now).get(chain), halted(Watched(kept), now).get(chain)
    return ChainSeen(
        chain=chain,
        limit=limit,
        committed=_whole(row.get("committed")),
        head=_whole(row.get("head")),
        why={str(what): str(why) for what, why in unseen.items()} if isinstance(unseen, Mapping) else {},
        lasted=_lasted(chain, kept, now),
        stands=_time(stands, row.get("committed")),
        halts=_time(halts, row.get("head")),
    )


def _lasted(chain: int, kept: tuple[Stretch, ...], now: datetime) -> int | None:
    """How far behind it recently was in two consecutive looks: one look alone proves little."""
    row = kept[-1].of(chain) if kept and now - kept[-1].end <= GAP else None
    return None if row is None else row.lag


def _time(known: Stood | None, at: object) -> Any:
    return known.time if known is not None and known.height == at else None


def _whole(value: Any) -> int | None:
    return value if type(value) is int else None
