"""`python -m bench.engine`: both servers, the same rows, four kinds of query, interleaved and repeated."""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from belts.runtimes.process import toolchain
from bench.engine import servers
from bench.engine.kinds import KINDS, Kind

HERE = Path(__file__).parent
CLIENTS = 32
ANSWERS = 100_000


def main() -> int:
    """Returns 0 if every ratio is at least 1, 1 if one is not, 2 if it cannot be measured here."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of load in one run")
    parser.add_argument("--rounds", type=int, default=5, help="runs of every kind on every server")
    parser.add_argument(
        "--output", type=Path, help="a file for the results, for instance bench/engine/RESULTS.md"
    )
    parser.add_argument("--memory", action="store_true", help=f"also watch memory over {ANSWERS:,} requests")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("bench.engine: wrk is missing; get it with `apt-get install wrk`", file=sys.stderr)
        return 2
    with (
        servers.postgres() as database,
        servers.engine(database) as (engine, pid),
        servers.postgraphile(database) as postgraphile,
    ):
        for kind in KINDS:
            same_rows(kind, engine, postgraphile)
        figures = measure(engine, postgraphile, seconds=options.seconds, rounds=options.rounds)
        memory = watch_memory(engine, pid) if options.memory else []
    text = report(figures, memory, seconds=options.seconds, rounds=options.rounds)
    print(text)
    if options.output:
        options.output.write_text(text)
    return 0 if all(ratio(figures, kind) >= 1 for kind in KINDS) else 1


def same_rows(kind: Kind, engine: str, postgraphile: str) -> None:
    """Refuses to compare servers that answer differently."""
    for number in (0, 7, kind.most):
        value = kind.format % number
        ours = _ask(engine, kind.body(kind.engine, value))
        theirs = _ask(postgraphile, kind.body(kind.postgraphile, value))
        found, expected = kind.read_engine(ours), kind.read_postgraphile(theirs)
        if found != expected or not found:
            raise SystemExit(f"{kind.name}, {value}: the engine answers {found}, PostGraphile {expected}")


def _ask(url: str, body: str) -> dict[str, object]:
    answer = httpx.post(url, content=body, headers={"Content-Type": "application/json"}).json()
    if "errors" in answer:
        raise SystemExit(f"{url}: {answer['errors']}")
    data: dict[str, object] = answer["data"]
    return data


Figures = dict[str, dict[str, list[float]]]


def measure(engine: str, postgraphile: str, *, seconds: int, rounds: int) -> Figures:
    """Requests per second, by kind and server. The servers alternate in going first; round 0 warms up."""
    found: Figures = {kind.name: {"engine": [], "postgraphile": []} for kind in KINDS}
    for number in range(rounds + 1):
        for kind in KINDS:
            order = [("engine", engine, kind.engine), ("postgraphile", postgraphile, kind.postgraphile)]
            for name, url, query in order if number % 2 else reversed(order):
                rate = load(url, kind, query, seconds=seconds if number else 2)
                print(f"round {number} {kind.name}: {name} {rate:,.0f}/s", file=sys.stderr)
                if number:
                    found[kind.name][name].append(rate)
    return found


def load(url: str, kind: Kind, query: str, *, seconds: int) -> float:
    """The requests per second that a server answered."""
    before, after = kind.around(query)
    environment = {
        **os.environ,
        "BODY_BEFORE": before,
        "BODY_AFTER": after,
        "VALUE_FORMAT": kind.format,
        "VALUE_MOST": str(kind.most),
    }
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(HERE / "load.lua"), url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    if done.returncode or rate is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise SystemExit(f"{url}: {kind.name}: {done.stderr or done.stdout}")
    return float(rate.group(1))


def watch_memory(engine: str, pid: int) -> list[tuple[int, int]]:
    """The engine's resident memory (MiB) by number of requests of all kinds, including new texts."""
    process, answered, found = psutil.Process(pid), 0, []
    found.append((0, process.memory_info().rss // 2**20))
    while answered < ANSWERS:
        for kind in KINDS:
            rate = load(engine, kind, kind.engine, seconds=5)
            answered += round(rate * 5)
        with httpx.Client() as client:
            for number in range(500):
                client.post(
                    engine, json={"query": f"{{ a{answered}_{number}: account(limit: 1) {{ key }} }}"}
                )
                answered += 1
        found.append((answered, process.memory_info().rss // 2**20))
    return found


def ratio(figures: Figures, kind: Kind) -> float:
    """The engine's requests per second, as a multiple of PostGraphile's."""
    of = figures[kind.name]
    return statistics.median(of["engine"]) / statistics.median(of["postgraphile"])


def report(figures: Figures, memory: list[tuple[int, int]], *, seconds: int, rounds: int) -> str:
    """The results as Markdown."""
    lines = [
        "# The engine beside PostGraphile",
        "",
        f"Requests a second: the median (least to most) of {rounds} runs of {seconds} s each, {CLIENTS} HTTP",
        "connections, interleaved, on the same tables of the same Postgres in the same run. Each server is",
        f"one process with {servers.CONNECTIONS} database connections; every request has another value.",
        "",
        "| query | engine | PostGraphile 5 | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for kind in KINDS:
        cells = [
            f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
            for rates in figures[kind.name].values()
        ]
        lines.append(f"| {kind.name} | {' | '.join(cells)} | {ratio(figures, kind):.2f} |")
    if memory:
        lines += [
            "",
            "The engine's resident memory as requests go by:",
            "",
            "| requests | MiB |",
            "| --- | --- |",
        ]
        lines += [f"| {answered:,} | {size} |" for answered, size in memory]
    return "\n".join([*lines, "", *machine(), ""])


def machine() -> list[str]:
    """The machine of the measurement."""
    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        "unknown",
    )
    memory = psutil.virtual_memory().total / 2**30
    load_ = os.getloadavg()
    return [
        f"Machine: {psutil.cpu_count()} x {cpu}, {memory:.0f} GiB, Linux {platform.release()}.",
        f"Python {platform.python_version()}, Node {_version(str(toolchain.node()))}.",
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {load_[0]:.1f} at the end.",
    ]


def _version(node: str) -> str:
    return subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


if __name__ == "__main__":
    sys.exit(main())
