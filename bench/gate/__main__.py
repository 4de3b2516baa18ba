"""`python -m bench.gate`: the content claim beside reladiff, at two sizes, and what consumers notice."""

import argparse
import json
import statistics
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.engine.__main__ import machine
from bench.gate import belts
from bench.gate.once import TOOLS

LEAST_FASTER, MOST_SCALING, MOST_MIB, MOST_P99 = 5.0, 10.0, 200.0, 3.0


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured ratio or size, and its limit."""

    name: str
    value: float
    limit: str
    held: bool


@dataclass(frozen=True, kw_only=True)
class Results:
    """All results: the gate at a tenth of the rows, all tools at full size, and the consumers."""

    few: list[dict[str, Any]]
    runs: dict[str, list[dict[str, Any]]]
    quiet: dict[str, float]
    busy: dict[str, float]


def main() -> int:
    """Returns 0 if every figure holds, 1 if one does not."""
    parser = argparse.ArgumentParser(prog="python -m bench.gate", description=__doc__)
    parser.add_argument("--rows", type=int, default=belts.STANDARD, help="of one database")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each tool; medians are taken")
    parser.add_argument("--seconds", type=float, default=10.0, help="of load on the serving belt")
    parser.add_argument("--output", type=Path, help="a file for the results, such as bench/gate/RESULTS.md")
    options = parser.parse_args()
    with belts.pair() as empty:
        small = belts.fill(empty, options.rows // 10)
        few = [once("gate", small) for _ in range(options.rounds)]
        full = belts.fill(empty, options.rows)
        runs: dict[str, list[dict[str, Any]]] = {tool: [] for tool in TOOLS}
        for _ in range(options.rounds):
            for tool, found in runs.items():
                found.append(once(tool, full))
        quiet, busy = noticed(full, options.seconds)
    results = Results(few=few, runs=runs, quiet=quiet, busy=busy)
    figures = judged(results)
    text = report(options.rows, results, figures)
    print(text)
    if options.output:
        options.output.write_text(text)
    return 0 if all(figure.held for figure in figures) else 1


def once(tool: str, where: belts.Pair) -> dict[str, Any]:
    """One comparison in a process of its own, which must name exactly the rows that differ."""
    found = _json("bench.gate.once", tool, where.serving, where.candidate)
    named = {tuple(row) for row in found["found"]}
    if named != set(where.differences):
        raise SystemExit(f"{tool} named {sorted(named)}, the rows are {where.differences}")
    return found


def noticed(where: belts.Pair, seconds: float) -> tuple[dict[str, float], dict[str, float]]:
    """What consumers of the serving belt measure without the gate, and while it reads repeatedly."""
    with belts.engine(where.serving) as url:
        load = ("bench.gate.consumers", url, str(where.rows), str(seconds))
        _json(*load)  # warm
        quiet = _json(*load)
        end = threading.Event()
        reader = threading.Thread(target=_read_until, args=(where, end))
        reader.start()
        try:
            busy = _json(*load)
        finally:
            end.set()
            reader.join()
    return quiet, busy


def _read_until(where: belts.Pair, end: threading.Event) -> None:
    while not end.is_set():
        once("gate", where)


def _json(module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", module, *arguments]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    parsed: dict[str, Any] = json.loads(answer.splitlines()[-1])
    return parsed


def judged(results: Results) -> list[Figure]:
    """The figures of this run, with their limits."""
    medians = {tool: _median(runs) for tool, runs in results.runs.items()}
    ours = medians.pop("gate")
    faster, scaling = min(medians.values()) / ours, ours / _median(results.few)
    p99, peak = results.busy["p99"] / results.quiet["p99"], _peak([*results.few, *results.runs["gate"]])
    return [
        Figure(
            name="faster than reladiff at its fastest", value=faster, limit="≥ 5", held=faster >= LEAST_FASTER
        ),
        Figure(name="cost at 10 times the rows", value=scaling, limit="≤ 10", held=scaling <= MOST_SCALING),
        Figure(name="peak memory (MiB)", value=peak, limit="< 200", held=peak < MOST_MIB),
        Figure(name="p99 while the gate reads, to p99 without", value=p99, limit="≤ 3", held=p99 <= MOST_P99),
    ]


def _median(runs: list[dict[str, Any]]) -> float:
    return statistics.median(float(run["seconds"]) for run in runs)


def _seconds(runs: list[dict[str, Any]]) -> str:
    return ", ".join(f"{run['seconds']:.2f}" for run in runs)


def _peak(runs: list[dict[str, Any]]) -> float:
    return max(float(run["mib"]) for run in runs)


def report(rows: int, results: Results, figures: list[Figure]) -> str:
    """The results as Markdown, with the machine they were taken on."""
    done = {f"gate, {rows // 10:,} rows": results.few, **results.runs}
    about = (
        f"{datetime.now(UTC):%Y-%m-%d}, `python -m bench.gate --rows {rows} --rounds {len(results.few)}`: two"
        f" Postgres on one machine with {rows:,} rows each, of which one is changed, one missing and one"
        " extra. Each tool runs in a process of its own and has to name those three rows. Medians."
    )
    lines = [
        "# The gate: content over two databases",
        "",
        about,
        "",
        *machine(),
        "",
        "| figure | measured | limit | held |",
        "| --- | --- | --- | --- |",
        *(
            f"| {one.name} | {one.value:.1f} | {one.limit} | {'yes' if one.held else 'no'} |"
            for one in figures
        ),
        "",
        "| run | seconds | peak MiB |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {_median(runs):.2f} ({_seconds(runs)}) | {_peak(runs):.0f} |"
            for name, runs in done.items()
        ),
        "",
        "| consumers of the serving belt, 200 requests/s | p50 ms | p99 ms |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {load['p50']:.1f} | {load['p99']:.1f} |"
            for name, load in (("without the gate", results.quiet), ("while it reads", results.busy))
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
