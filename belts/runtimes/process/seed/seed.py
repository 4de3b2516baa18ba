"""The seed gate: a new belt's indexer may run once its chain table holds every requested chain.

An indexer that crashed before it had seeded, or that left out a chain, resumes silently, and the rest stays
missing. So each first start is watched; an incomplete one is discarded and tried again, at most twice. The
same holds for the engine, which receives its tables only once.
"""

import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from belts import samples
from belts.envio.project import EnvioProject
from belts.envio.release import CHAINS, METRICS
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.progress import Progress, note
from belts.runtimes.process.seed import seeding
from belts.runtimes.process.seed.seeding import Seeding
from belts.runtimes.process.supervise import identity, readiness
from belts.runtimes.process.supervise.programs import Program
from belts.spec.indexer import Indexer

ATTEMPTS = 3
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Unproved:
    """How one attempt failed: the reason, the chains that were seen, and the end of its log."""

    what: str
    seen: frozenset[int] | None
    other_chains: bool = False
    log_tail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """What the gate needs to know about one belt."""

    layout: Layout
    request: Indexer
    program: Program
    connection: psycopg.Connection[Any]
    held: Secrets
    version: str
    project: EnvioProject
    kept: Mapping[str, Any]
    untracked: Callable[[], str | None]


def prove(gate: Gate) -> Seeding:
    """Seeds the clean database until every chain is there, and records the seed; raises with the reasons."""
    begun = Seeding(
        state=seeding.STARTED,
        digest=gate.request.digest,
        chains=tuple(sorted(gate.request.chains)),
        chain_table_oid=None,
        version=gate.version,
        number=gate.request.seed,
        kept=gate.kept,
        project=gate.project.digest,
        schema=gate.project.schema_digest,
    )
    ends: list[Unproved] = []
    for attempt in range(1, ATTEMPTS + 1):
        seeding.write(gate.connection, begun)
        seeding.clear(gate.connection)
        end = _attempt(gate)
        if end is None:
            table = seeding.chain_table_oid(gate.connection)
            proved = replace(begun, state=seeding.PROVED, chain_table_oid=table)
            seeding.write(gate.connection, proved)
            return proved
        ends.append(end)
        note(f"{gate.layout.belt}: indexer: attempt {attempt} of {ATTEMPTS} to seed did not hold: {end.what}")
    seeding.clear(gate.connection)
    raise _escalation(gate.layout, gate.request, ends)


def _attempt(gate: Gate) -> Unproved | None:
    log = gate.layout.log(gate.program.name)
    began_at = log.stat().st_size if log.is_file() else 0
    with identity.start(gate.layout, gate.program, log) as process:
        found = _watch(gate, process)
    if found is None:
        return None
    tail = gate.held.redact(readiness.tail_since(log, began_at))
    return replace(found, log_tail=tail)


def _watch(gate: Gate, process: subprocess.Popen[bytes]) -> Unproved | None:
    """None once the chain table and the indexer's own metrics show exactly the requested chains."""
    wanted, deadline_s = frozenset(gate.request.chains), gate.request.seed_deadline.total_seconds()
    progress = Progress(f"{gate.layout.belt}: indexer: seeding {len(wanted)} chains")
    while True:
        code = process.poll()
        spoken_of, seen = chains_spoken_of(gate.request.port), seeding.chains_in(gate.connection)
        if code is not None:
            return Unproved(what=f"a crash before seeding had ended ({_ending(code)})", seen=seen)
        # Its metrics name chains only after a first start has done everything, including the tracking of
        # tables.
        if seen is not None and spoken_of:
            if seen == wanted == spoken_of:
                untracked = gate.untracked()
                return Unproved(what=untracked, seen=seen) if untracked else None
            return Unproved(what=_difference(wanted, seen), seen=seen, other_chains=True)
        if progress.elapsed > deadline_s:
            return Unproved(what=f"not seeded within {deadline_s:.0f} s", seen=seen)
        progress.at("no chain table yet" if seen is None else f"{len(seen)} chains in the chain table")
        time.sleep(LOOK_EVERY_S)


def chains_spoken_of(port: int) -> frozenset[int]:
    """The chains in the metrics of a running indexer; empty while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{METRICS.path}", timeout=2) as answer:
            told = samples.read(answer.read().decode())
        return frozenset(int(number) for number, _ in samples.by_label(told, METRICS.chain))
    except (OSError, ValueError):
        return frozenset()


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _difference(wanted: frozenset[int], seen: frozenset[int]) -> str:
    missing, extra = sorted(wanted - seen), sorted(seen - wanted)
    told = [f"without {_listed(missing)}"] if missing else []
    told += [f"with {_listed(extra)}, which nobody asked for"] if extra else []
    return f"the chain table was seeded {' and '.join(told)}"


def _listed(chains: list[int] | frozenset[int] | tuple[int, ...]) -> str:
    return ", ".join(str(chain) for chain in sorted(chains)) or "none"


def _escalation(layout: Layout, request: Indexer, ends: list[Unproved]) -> Refused:
    last = ends[-1]
    told = "; ".join(f"attempt {number}: {end.what}" for number, end in enumerate(ends, 1))
    return Refused(
        f"{layout.belt}: the indexer could not be seeded in {len(ends)} attempts; it is stopped",
        expected=f"a row in {CHAINS} for each of the chains {_listed(request.chains)}",
        seen=f"chains {'none' if last.seen is None else _listed(last.seen)}; {told}",
        now=_what_now(layout, request, last),
        log_tail=last.log_tail,
    )


def _what_now(layout: Layout, request: Indexer, last: Unproved) -> str:
    config = request.project / request.config
    if last.other_chains:
        return (
            f"compare the chains in {config} with those asked for: the indexer ran from that file, and"
            " seeded other chains. Correct the one that is wrong, and run `pulumi up` again"
        )
    return (
        f"mend what the log says ({layout.log('indexer')}) and run `pulumi up` again: the database is clean."
        f" To escalate, hand over this text, that log and {config}. A Postgres error 28P01 after a crash"
        " is known to follow from it: chasing the password or the SSL mode leads nowhere"
    )
