"""`python -m bench.hostile`: thirty hostile clients beside honest ones, on an engine behind the gateway.

First the honest ones are alone, then the hostile ones are there too. The hostile clients stand back behind
all else on the machine, as they would run on machines of their own; so what they have sent is told, and has
to be enough.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from belts.runtimes.process import toolchain
from bench.engine.__main__ import machine
from bench.hostile import world
from bench.hostile.clients import NICE, SENT, WHAT
from bench.hostile.honest import CLIENTS, RATE, Asked
from bench.hostile.world import DECLARED_MB, World

MOST = 5.0
"""The limit of honest answers' p99 beside hostile clients, as a multiple of that without them."""
ENDS_WITHIN_S = 60.0


@dataclass(kw_only=True)
class Watched:
    """The engine's peak memory in MiB, and the seconds it ran on a processor and waited for one."""

    most: float = 0.0
    ran: float = 0.0
    waited: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """What honest clients saw alone, and beside hostile ones; and the hostile ones' results."""

    alone: Asked
    beside: Asked
    memory_mb: float
    noted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seconds: float = 0.0
    ran: float = 0.0
    waited: float = 0.0

    @property
    def starved(self) -> list[str]:
        """The kinds of clients that sent too little to count as an attack."""
        least = {kind.name: kind.least * self.seconds for kind in WHAT}
        return [name for name, found in self.noted.items() if found.get(SENT, 0) < least[name]]

    @property
    def ratio(self) -> float:
        """The factor by which the p99 of honest answers grew."""
        alone = self.alone.percentile(0.99)
        return self.beside.percentile(0.99) / alone if alone else float("inf")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure, and its limit."""

    name: str
    measured: str
    limit: str
    held: bool


def judged(run: Run) -> list[Figure]:
    """The figures with their limits; nothing holds if nothing was asked."""
    asked = len(run.beside.seconds)
    return [
        Figure(
            name="honest requests beside the hostile ones",
            measured=f"{asked:,}",
            limit=f"≥ {int(RATE * run.seconds):,}",
            held=0 < RATE * run.seconds <= asked,
        ),
        Figure(
            name="kinds of hostile clients that sent too little",
            measured=", ".join(run.starved) or "0",
            limit="0",
            held=bool(run.noted) and not run.starved,
        ),
        Figure(
            name="failures among them",
            measured=f"{len(run.beside.failed):,}",
            limit="0",
            held=asked > 0 and not run.beside.failed,
        ),
        Figure(
            name="their p99, to that without hostile clients",
            measured=f"{run.ratio:.1f}",
            limit=f"≤ {MOST:g}",
            held=run.ratio <= MOST,
        ),
        Figure(
            name="most memory of the engine, MiB",
            measured=f"{run.memory_mb:.0f}",
            limit=f"≤ {DECLARED_MB}",
            held=0 < run.memory_mb <= DECLARED_MB,
        ),
    ]


def measure(
    stands: World, *, alone: float, seconds: float, only: Sequence[str] = (), nice: int = NICE
) -> Run:
    """Runs honest clients alone for a while, and then beside hostile ones."""
    honest(stands.gateway, min(3.0, alone))
    before = honest(stands.gateway, alone)
    with watched(stands.pid) as seen, attacked(stands.gateway, only, nice) as noted:
        beside = honest(stands.gateway, seconds)
    return Run(
        alone=before,
        beside=beside,
        memory_mb=seen.most,
        noted=noted,
        seconds=seconds,
        ran=seen.ran,
        waited=seen.waited,
    )


def honest(port: int, seconds: float) -> Asked:
    """Runs honest clients for this long, in a process of their own."""
    with tempfile.NamedTemporaryFile("r", prefix="b-honest-", dir="/tmp") as file:
        command = [sys.executable, "-m", "bench.hostile.honest", str(port), str(seconds), file.name]
        subprocess.run(command, cwd=toolchain.CHECKOUT, check=True, timeout=seconds + ENDS_WITHIN_S)
        return Asked(**json.loads(Path(file.name).read_text()))


@contextmanager
def attacked(port: int, only: Sequence[str], nice: int) -> Iterator[dict[str, dict[str, int]]]:
    """Runs hostile clients during the block; their results are available afterwards."""
    noted: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory(prefix="b-attack-", dir="/tmp") as made:
        file = Path(made, "noted.json")
        command = [sys.executable, "-m", "bench.hostile.clients", str(port), str(file), str(nice), *only]
        process = subprocess.Popen(command, cwd=toolchain.CHECKOUT, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the hostile clients did not begin")
            yield noted
            if process.poll() is not None:
                raise RuntimeError(f"the hostile clients ended with {process.returncode}")
            noted.update(json.loads(file.read_text()))
        finally:
            process.kill()
            process.communicate()


@contextmanager
def watched(pid: int) -> Iterator[Watched]:
    """Observes the memory of a process and its children, and its processor time, during the block."""
    seen, ending, process = Watched(), threading.Event(), psutil.Process(pid)
    before = _scheduled(pid)

    def watch() -> None:
        while not ending.wait(0.1):
            held = sum(map(_held, (process, *process.children(recursive=True))))
            seen.most = max(seen.most, held / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ending.set()
        thread.join()
        seen.ran, seen.waited = (now - then for now, then in zip(_scheduled(pid), before, strict=True))


def _scheduled(pid: int) -> tuple[float, float]:
    """For how many seconds a process has run, and for how many it was runnable but did not run."""
    try:
        ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    except OSError:
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9


def _held(process: psutil.Process) -> int:
    """The proportional set size of a process, as a control group would charge it."""
    try:
        told = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except OSError:
        return 0  # it has ended
    return next(int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("Pss:"))


def report(run: Run, *, command: str) -> str:
    """The figures as a page."""
    kinds = ", ".join(f"{kind.clients} with {kind.name}" for kind in WHAT)
    about = (
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`: {sum(kind.clients for kind in WHAT)} hostile clients"
        f" ({kinds}), each from an address of its own, beside {CLIENTS} honest ones with {RATE} requests a"
        f" second in all, on one engine with its defaults behind the gateway, for {run.seconds:,.0f} s."
        f" `clientRate` is {world.RATE}. An honest answer's time begins when its request was due. All run on"
        f" one machine, the hostile clients at nice {NICE}. Beside them the engine had a processor for"
        f" {run.ran:.1f} s, and waited {run.waited:.1f} s for one."
    )
    lines = [
        "# Hostile clients beside honest ones",
        "",
        about,
        "",
        *machine(),
        "",
        "| figure | measured | limit | held |",
        "| --- | --- | --- | --- |",
        *(
            f"| {one.name} | {one.measured} | {one.limit} | {'yes' if one.held else 'no'} |"
            for one in judged(run)
        ),
        "",
        "| honest answers, ms | p50 | p90 | p99 | p99.9 | slowest |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {' | '.join(f'{asked.percentile(share) * 1_000:.1f}' for share in SHARES)} |"
            for name, asked in (("alone", run.alone), ("beside hostile clients", run.beside))
        ),
        "",
        "| hostile clients | sent | what came back |",
        "| --- | --- | --- |",
        *(f"| {name} | {found.get(SENT, 0):,} | {_told(found)} |" for name, found in run.noted.items()),
    ]
    return "\n".join(lines) + "\n"


SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)


def _told(found: Mapping[str, int]) -> str:
    back = sorted((name, number) for name, number in found.items() if name != SENT)
    return ", ".join(f"{name}: {number:,}" for name, number in back) or "nothing"


def main() -> int:
    """Returns 0 if every figure holds, 1 if one does not."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="beside hostile clients")
    parser.add_argument("--alone", type=float, default=60, help="seconds without them, before")
    parser.add_argument("--output", type=Path, help="a file for the results, such as RESULTS.md beside this")
    parser.add_argument("--only", nargs="*", default=[], help="kinds of hostile clients, for a look at them")
    options = parser.parse_args()
    with world.standing({}) as stands:
        run = measure(stands, alone=options.alone, seconds=options.seconds, only=options.only)
    text = report(run, command=f"python -m bench.hostile --seconds {options.seconds:g}")
    sys.stdout.write(text)
    for failure in run.beside.failed[:20]:
        print(failure, file=sys.stderr)
    if options.output and not options.only:
        options.output.write_text(text)
    return 0 if all(one.held for one in judged(run)) else 1


if __name__ == "__main__":
    sys.exit(main())
