"""`python -m bench.prove`: a first proof, a look at it again, and one with a missing row."""

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import yaml

from bench.engine.__main__ import machine
from bench.engine.servers import free_port, running, wait_for
from bench.gate.belts import SCHEMA, cluster
from bench.prove.provider import BEYOND, CONTRACT

MOST_MIB = 200.0
ENDINGS = (0, 0, 3)
"""A row that only one provider is said to miss is named, but nothing is refused on one provider's word."""
EVENT = "Transfer(address indexed from, address indexed to, uint256 value)"
BLOCKS, CHAINS, RATE = 30_000_000, 6, 10
"""The projection: six chains of this length at this many questions per second."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A chain: how many logs it has, and where."""

    name: str
    logs: int
    per_block: int
    every: int

    @property
    def blocks(self) -> int:
        return self.logs // self.per_block * self.every


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the prover, in a process of its own."""

    name: str
    seconds: float
    cpu: float
    mib: float
    questions: int
    code: int
    said: str


def main() -> int:
    """Returns 0 if every run ended as expected and within its memory, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m bench.prove", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="logs of the dense chain")
    parser.add_argument("--rate", type=int, default=200, help="questions a second that the provider answers")
    parser.add_argument("--output", type=Path, help="a file for the results, such as bench/prove/RESULTS.md")
    options = parser.parse_args()
    shapes = (
        Shape(name="dense: 10 logs a block", logs=options.rows, per_block=10, every=1),
        Shape(name="the same, a fifth of it", logs=options.rows // 5, per_block=10, every=1),
        Shape(name="sparse: a log in 100 blocks", logs=options.rows // 50, per_block=1, every=100),
    )
    with cluster() as database:
        found = {shape: measured(shape, database, options.rate) for shape in shapes}
    text = report(found, options.rate)
    print(text)
    if options.output:
        options.output.write_text(text)
    wrong = [words for shape, runs in found.items() for words in mistakes(shape, runs)]
    sys.stderr.write("".join(f"{words}\n" for words in wrong))
    return 1 if wrong else 0


def mistakes(shape: Shape, runs: list[Run]) -> list[str]:
    """Runs that did not end as expected, or took too much memory."""
    return [
        f"{shape.name}, {run.name}: ended with {run.code} and not {code}, at {run.mib:.0f} MiB: {run.said}"
        for run, code in zip(runs, ENDINGS, strict=True)
        if run.code != code or run.mib >= MOST_MIB
    ]


def measured(shape: Shape, database: str, rate: int) -> list[Run]:
    """A first run, one with all evidence kept, and one after a row was removed."""
    fill(database, shape)
    with provider(shape, rate) as rpc, tempfile.TemporaryDirectory() as home:
        place = Path(home)
        write(place, database, rpc)
        runs = [once("first run", place, rpc), once("looked at again", place, rpc)]
        with psycopg.connect(database, autocommit=True) as connection:
            gone = shape.blocks // 2 // shape.every * shape.every
            key = f"1_{gone}_{shape.per_block - 1}"
            assert connection.execute('DELETE FROM "Transfer" WHERE id = %s', (key,)).rowcount == 1
        runs.append(once("one row missing", place, rpc))
        assert f"block {gone}, log {shape.per_block - 1}: missing" in runs[-1].said, runs[-1].said
    return runs


def fill(database: str, shape: Shape) -> None:
    """Fills in the belt's rows, one for each log."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute(SCHEMA)
        height = shape.blocks + BEYOND
        connection.execute(
            "INSERT INTO envio_chains VALUES (1, 0, NULL, %s, %s, %s, now())", (height, height, shape.logs)
        )
        connection.execute(
            "INSERT INTO \"Transfer\" SELECT format('1_%%s_%%s', b, i), 1, b, i,"
            " g::numeric * 7919 * 10::numeric ^ 18"
            " FROM (SELECT g, g / %s * %s AS b, g %% %s AS i FROM generate_series(0, %s) g) r",
            (shape.per_block, shape.every, shape.per_block, last_row(shape)),
        )
        connection.execute('VACUUM ANALYZE "Transfer"')


def last_row(shape: Shape) -> int:
    """The last row's number: the chain continues up to its head, and so does the belt."""
    return (shape.blocks + BEYOND) // shape.every * shape.per_block + shape.per_block - 1


@contextlib.contextmanager
def provider(shape: Shape, rate: int) -> Iterator[str]:
    port = free_port()
    arguments = map(str, (port, shape.logs, shape.per_block, shape.every, rate))
    with running([sys.executable, "-m", "bench.prove.provider", *arguments], {}):
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: asked(url), httpx.TransportError)
        yield url


def asked(url: str) -> int:
    """How many questions the provider has answered."""
    question = {"jsonrpc": "2.0", "id": 1, "method": "bench_asked", "params": []}
    return int(httpx.post(url, json=question, trust_env=False).json()["result"])


def write(place: Path, database: str, rpc: str) -> None:
    """Writes the prover's input files."""
    belt = {"graphql": "http://127.0.0.1:9/v1/graphql", "database": database}
    own = "https://own.example.com"
    policy = {
        "version": 1,
        "mode": "parity",
        "chains": {1: {"rpc": [rpc], "indexedFrom": [own]}},
        "groundTruth": [
            {
                "chain": 1,
                "contract": CONTRACT,
                "event": EVENT,
                "entity": "Transfer",
                "columns": {"value": "value"},
                "goldens": [{"transaction": "0x" + "00" * 32, "logIndex": 0}],
            }
        ],
    }
    (place / "endpoints.yaml").write_text(yaml.safe_dump({"serving": "none", "candidate": belt}))
    (place / "policy.yaml").write_text(yaml.safe_dump(policy))


def once(name: str, place: Path, rpc: str) -> Run:
    """One run of the command, below a parent process that measures its memory."""
    before, began = asked(rpc), time.monotonic()
    command = [sys.executable, "-m", "gate", "prove", "--evidence", str(place / "evidence")]
    command += ["--endpoints", str(place / "endpoints.yaml"), "--policy", str(place / "policy.yaml")]
    script = (
        "import json, resource, subprocess, sys;"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "cpu, mib = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024;"
        "print(json.dumps([done.returncode, done.stdout, cpu, mib]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], check=True, stdout=subprocess.PIPE, text=True
    )
    seconds = time.monotonic() - began
    code, said, cpu, mib = json.loads(done.stdout)
    questions = asked(rpc) - before
    run = Run(name=name, seconds=seconds, cpu=cpu, mib=mib, questions=questions, code=code, said=said)
    sys.stderr.write(f"{name}: {seconds:.1f} s, {cpu:.1f} s of them busy, {mib:.0f} MiB\n")
    return run


def report(found: dict[Shape, list[Run]], rate: int) -> str:
    """The results as Markdown, with the machine and a projection."""
    rows = max(shape.logs for shape in found)
    about = (
        f"{datetime.now(UTC):%Y-%m-%d}, `python -m bench.prove --rows {rows} --rate {rate}`: a local provider"
        f" that gives at most 10,000 blocks and 10,000 logs at once and answers {rate} questions a second;"
        " one belt on the same machine. Each run is a process of its own; `of them busy` are the seconds for"
        " which it held a core, without the provider and Postgres: much the same beside other work."
    )
    lines = [
        "# The prover: a whole history",
        "",
        about,
        "",
        *machine(),
        "",
        "| chain | run | seconds | of them busy | blocks a second | logs a second | questions | peak MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [row(shape, run) for shape, runs in found.items() for run in runs]
    return "\n".join([*lines, "", *projected(found), ""])


def row(shape: Shape, run: Run) -> str:
    """One run as a row of the table."""
    return (
        f"| {shape.name}, {shape.blocks:,} blocks, {shape.logs:,} logs | {run.name} | {run.seconds:.1f} |"
        f" {run.cpu:.1f} | {shape.blocks / run.seconds:,.0f} | {shape.logs / run.seconds:,.0f} |"
        f" {run.questions:,} | {run.mib:.0f} |"
    )


def projected(found: dict[Shape, list[Run]]) -> list[str]:
    """Larger histories, projected from the cost of one log and one question here."""
    dense, _, sparse = found
    first, again = found[dense][0], found[dense][1]
    thin = found[sparse][0]
    questions = thin.questions / sparse.blocks * BLOCKS * CHAINS
    rows = [
        (f"{logs:,} rows", first.seconds * logs / dense.logs, again.seconds * logs / dense.logs)
        for logs in (10_000_000, 100_000_000)
    ]
    name = f"{CHAINS} chains of {BLOCKS:,} blocks with few logs, at {RATE} questions a second"
    return [
        "| projected | first run | looked at again |",
        "| --- | --- | --- |",
        *(f"| {words} | {hours(one)} | {hours(other)} |" for words, one, other in rows),
        f"| {name} | {hours(questions / RATE)} ({questions:,.0f} questions) | as the rows |",
    ]


def hours(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 600 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
