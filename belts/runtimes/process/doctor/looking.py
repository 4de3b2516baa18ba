"""One look at a belt of this host, which changes nothing of it; what cannot be looked at is reported."""

import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import psutil
import psycopg
from prometheus_client.samples import Sample

from belts import samples
from belts.envio import package, release, sources
from belts.files import read, read_json
from belts.refusal import Refusal
from belts.runtimes.process.doctor import providers
from belts.runtimes.process.doctor.symptoms import Log, Provider, Symptoms
from belts.runtimes.process.files import disk, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.guards import ports
from belts.runtimes.process.keep import hangs, health
from belts.runtimes.process.keep.silence import Seen
from belts.runtimes.process.parts import indexer, postgres
from belts.runtimes.process.seed import seed_note, seeding
from belts.runtimes.process.seed import sources as seeded_sources
from belts.runtimes.process.supervise import control, leftovers, live, readiness, supervisord
from belts.runtimes.process.supervise.live import Health, Live
from belts.runtimes.process.wire import neighbours, recorded
from belts.runtimes.process.wire.request import Request
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres

TAIL_LINES = 10_000
SETTLED_S = 600.0
"""A program that has run for so long is well: what ended it before is over."""
ANSWER_S = 5.0
HEAP_USED, HEAP_LIMIT = "nodejs_heap_size_used_bytes", "belts_heap_limit_bytes"

T = TypeVar("T")


@dataclass(kw_only=True, slots=True)
class _Look:
    """One look: what it stumbles over is kept, and is no reason to end."""

    layout: Layout
    held: Secrets
    unlooked: list[str] = field(default_factory=list)

    def at(self, what: str, look: Callable[[], T], otherwise: T) -> T:
        try:
            return look()
        except (Refusal, OSError, ValueError, KeyError, psycopg.Error, psutil.Error) as why:
            words = why.brief if isinstance(why, Refusal) else str(why) or type(why).__name__
            self.unlooked.append(self.held.redact(f"{what}: {' '.join(words.split())[:300]}"))
            return otherwise


def look(layout: Layout) -> Symptoms:
    """Everything that the causes are told by."""
    unread = _Look(layout=layout, held=Secrets({}))
    held = unread.at("its secrets", lambda: secrets.known(layout), Secrets({}))
    at = _Look(layout=layout, held=held, unlooked=unread.unlooked)
    asked = at.at("what was asked of it", lambda: recorded.look(layout), recorded.Asked())
    at.unlooked += [f"what was asked of its {each.part}: {each.refusal.cause}" for each in asked.unread]
    requests = {request.part: request for request in asked.requests}
    parts: dict[str, Live] = at.at("its parts", lambda: live.read(layout.root, layout.belt), {})
    supervisor = at.at("its supervisor", lambda: supervisord.pid(layout), None)
    database = _Database.of(at, requests)
    wanted = asked.indexer
    known = _sources(at, wanted)
    return Symptoms(
        belt=layout.belt,
        root=str(layout.root),
        supervised=supervisor is not None or not requests,
        down=tuple(_down(parts)),
        silent=at.at("what runs of it", lambda: _silent(layout), {}),
        logs={program: _log(at, program, parts) for program in _programs(requests)},
        database=database.trouble,
        asked_chains=frozenset(wanted.chains) if wanted else frozenset(),
        seeded_chains=database.chains,
        progress=database.progress,
        untracked=database.untracked,
        heap_used=None if wanted is None else _heap_used(wanted.port),
        providers=_providers(at, known),
        by_hypersync=_by_hypersync(at, wanted),
        has_token=bool({**(wanted.environment if wanted else {}), **held.variables}.get(release.TOKEN)),
        pinned_version=_pinned(at, wanted),
        seeded_version=_seeded(at),
        strangers={request.part: _strangers(at, request) for request in requests.values()},
        orphans=tuple(at.at("its processes", lambda: tuple(_orphans(layout, supervisor)), ())),
        disk=at.at("the disk", lambda: disk.look((layout,)), None),
        unlooked=tuple(at.unlooked),
    )


def _programs(requests: Mapping[str, Request]) -> Iterator[str]:
    for request in requests.values():
        yield from request.body.programs


def _down(parts: Mapping[str, Live]) -> Iterator[str]:
    """Programs, by name: one that ended and is tried again is down, one that has just been started is not."""
    for part, seen in sorted(parts.items()):
        down = [name for name, state in seen.programs.items() if state.state not in control.UP]
        yield from down or ([part] if seen.health is Health.DOWN else [])


def _silent(layout: Layout) -> dict[str, str]:
    """By the measure of the keeper; that of Postgres is what it says to whom it lets in."""
    heard = {
        one.name: health.look(one.request, one.name, ANSWER_S)
        for one in hangs.running(layout)
        if one.name not in health.NEVER_RESTARTED
    }
    return {name: why for name, (seen, why) in heard.items() if seen is Seen.SILENT}


def _log(at: _Look, program: str, parts: Mapping[str, Live]) -> Log:
    file = at.layout.log(program)
    states = [seen.programs[program] for seen in parts.values() if program in seen.programs]
    runs = [state for state in states if state.state == "RUNNING"]
    settled = bool(runs) and time.time() - runs[0].started_at > SETTLED_S
    # One that nothing was written to yet is empty; of a long one, the end.
    text = at.at(
        f"the log of {program}", lambda: readiness.tail(file, TAIL_LINES) if file.is_file() else "", ""
    )
    return Log(file=str(file), text=at.held.redact(text), settled=settled)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Database:
    """What the owner of the cluster sees, as far as it is let in."""

    trouble: str = ""
    chains: frozenset[int] | None = None
    progress: Mapping[int, int] = field(default_factory=dict)
    untracked: str | None = None

    @classmethod
    def of(cls, at: _Look, requests: Mapping[str, Request]) -> "_Database":
        found = [each.body.port for each in requests.values() if isinstance(each.body, Postgres)]
        if not found or not at.held:
            return cls()
        try:
            with postgres.connect(at.layout, found[0], at.held, database=postgres.DATABASE) as connection:
                return at.at("its database", lambda: cls._read(at, connection, requests), cls())
        except psycopg.OperationalError as why:
            return cls(trouble=at.held.redact(" ".join(str(why).split())))

    @classmethod
    def _read(
        cls, at: _Look, connection: psycopg.Connection[Any], requests: Mapping[str, Request]
    ) -> "_Database":
        known = seeding.of_database(connection)
        if known is None or not known.proved:
            return cls()  # its seed has not ended: it is judged by the seed gate
        chains = seeding.chains_in(connection)
        progress = seeding.heights(connection) if chains is not None else {}
        untracked = None
        if "engine" in requests:
            served = neighbours.engine(at.layout)
            untracked = indexer.untracked(connection, served, at.held)
        return cls(
            chains=chains if chains is not None else frozenset(),
            progress=progress,
            untracked=untracked,
        )


def _heap_used(port: int) -> float | None:
    """Which part of its heap the indexer has taken, as it says itself; None where it does not say."""
    told: tuple[Sample, ...] = ()
    for path in (release.METRICS.path, release.METRICS.path + release.METRICS.process):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=ANSWER_S) as answer:
                told += samples.read(answer.read().decode(errors="replace"))
        except (OSError, ValueError):
            continue
    used, limit = samples.value(told, HEAP_USED), samples.value(told, HEAP_LIMIT)
    return used / limit if used and limit else None


def _sources(at: _Look, wanted: Indexer | None) -> Mapping[int, tuple[str, ...]]:
    """The URLs that the belt was last started with, as they were written down then."""
    if wanted is None:
        return {}
    file = seeded_sources.file_of(at.layout)
    found: dict[str, Any] = at.at("what it indexes from", lambda: read_json(file) or {}, {})
    return {int(chain): tuple(urls) for chain, urls in found.items()}


def _providers(at: _Look, known: Mapping[int, tuple[str, ...]]) -> tuple[Provider, ...]:
    """Without the keys that a provider may repeat in its words."""
    nobody: tuple[Provider, ...] = ()
    seen = at.at("its providers", lambda: providers.look(known), nobody)
    return tuple(replace(each, trouble=at.held.redact(each.trouble)) for each in seen)


def _by_hypersync(at: _Look, wanted: Indexer | None) -> tuple[int, ...]:
    if wanted is None:
        return ()
    nobody: tuple[int, ...] = ()
    return at.at("its Envio config", lambda: sources.by_service(wanted.project, wanted.config), nobody)


def _pinned(at: _Look, wanted: Indexer | None) -> str:
    if wanted is None:
        return ""
    file = wanted.project / package.FILE
    return at.at("its package.json", lambda: package.package(read(file).decode(), []).envio, "")


def _seeded(at: _Look) -> str:
    noted = at.at("what it was seeded with", lambda: seed_note.noted(at.layout), None)
    return noted["version"] if noted is not None else ""


def _strangers(at: _Look, request: Request) -> tuple[str, ...]:
    nobody: tuple[str, ...] = ()
    return at.at(
        f"the ports of its {request.part}",
        lambda: tuple(words for port in request.body.ports for words in ports.strangers(at.layout, port)),
        nobody,
    )


def _orphans(layout: Layout, supervisor: int | None) -> Iterator[str]:
    """By descent: what the supervisor keeps is below it."""
    kept: set[int] = set()
    if supervisor is not None:
        kept = {each.pid for each in psutil.Process(supervisor).children(recursive=True)}
    for process in leftovers.of_belt(layout):
        if process.pid not in kept:
            yield f"{process.program} (pid {process.pid})"
