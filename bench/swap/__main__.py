"""`python -m bench.swap`: moves under load by the writer, by `pulumi up`, and in three other ways."""

import argparse
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx

from belts.runtimes.process import toolchain
from bench.engine.__main__ import machine
from bench.engine.servers import free_port, running, wait_for
from bench.swap import load, throughput, ways, world, writer
from bench.swap.counting import count, follow
from bench.swap.report import OURS, Listened, Results, Run, judged, render
from bench.swap.throughput import Throughput
from tests.conftest import Ports

PROTOCOLS = {"HTTP/1.1": "h1", "HTTP/2": "h2"}
QUESTION = '{"query":"{ __typename }"}'
REQUESTS = load.Consumers(question=QUESTION, marks={'"blue"': "blue", '"green"': "green"})
SUBSCRIPTIONS = load.Consumers(question=writer.QUESTION, marks=REQUESTS.marks)
GAP_S = 0.1
SETTLE_S = 1.5
LEFT_OUT = "left out by `--only`"
Some = TypeVar("Some")


def main() -> int:
    """Returns 0 if every figure holds, 1 if one does not, 2 if it cannot be measured here."""
    options = _options()
    for name in ("wrk", "h2load"):
        try:
            ways.program(name)
        except ways.Missing as missing:
            print(f"bench.swap: {missing}", file=sys.stderr)
            return 2
    ports = Ports()
    try:
        results = _measured(ports, options)
    finally:
        ports.release()
    text = render(results, about=_about(options), machine=_machine())
    print(text)
    if options.output:
        options.output.write_text(text)
    return 0 if all(figure.held for figure in judged(results)) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.swap", description=__doc__)
    parser.add_argument("--moves", type=int, default=50, help="under each load of requests")
    parser.add_argument("--seconds", type=float, default=14.0, help="of each load of requests")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--subscriptions", type=int, default=200)
    parser.add_argument("--socket-moves", type=int, default=8, help="under the subscriptions, of each way")
    parser.add_argument("--rounds", type=int, default=15, help="of the comparison of throughput")
    parser.add_argument("--round-seconds", type=int, default=1, help="of load on each server in a round")
    parser.add_argument("--pairs", type=int, default=5, help="of an idle update and a rollback")
    parser.add_argument("--only", choices=("ways", "throughput", "updates"), help="one part, to look at it")
    parser.add_argument("--output", type=Path, help="a file for the results: bench/swap/RESULTS.md")
    return parser.parse_args()


def _measured(ports: Ports, options: argparse.Namespace) -> Results:
    found = Found()
    if options.only != "updates":
        broken = _or_why("the belts and their gateways", partial(_side_by_side, ports, options, found))
        if isinstance(broken, str) and isinstance(found.throughput, str):
            found.throughput = broken
    if options.only in {None, "updates"}:
        measure = partial(
            world.measure,
            ports,
            connections=options.connections,
            subscriptions=options.subscriptions,
            pairs=options.pairs,
        )
        found.updates = _or_why("`pulumi up`", measure)
    return Results(
        requests=found.requests,
        listened=found.listened,
        throughput=found.throughput,
        updates=found.updates,
    )


@dataclass(kw_only=True)
class Found:
    """The results so far."""

    requests: dict[tuple[str, str], Run | str] = field(default_factory=dict)
    listened: dict[str, Listened | str] = field(default_factory=lambda: {OURS: LEFT_OUT})
    throughput: tuple[Throughput, ...] | str = LEFT_OUT
    updates: world.Updates | str = LEFT_OUT


def _side_by_side(ports: Ports, options: argparse.Namespace, found: Found) -> None:
    """Measures the gateway and its alternatives in front of the same belts."""
    with belts() as dials, writer.host(ports) as host:
        if options.only != "ways":
            found.throughput = _or_why("throughput", partial(_carried, host, dials, options))
        for name, opens in _ways(host).items() if options.only != "throughput" else ():
            for protocol in PROTOCOLS:
                ran = _or_why(f"{name}, {protocol}", partial(_run, opens, dials, protocol, options))
                found.requests[name, protocol] = ran
            listen = partial(_listen, opens, host.engines, options)
            found.listened[name] = _or_why(f"{name}, subscriptions", listen)


def _ways(host: writer.Host) -> dict[str, ways.Opening]:
    return {
        OURS: host.leading,
        "Caddy, config reload": ways.caddy_reload,
        "nginx, reload": ways.nginx_reload,
        "HAProxy, runtime API": ways.haproxy_runtime,
    }


def _or_why(part: str, measured: Callable[[], Some]) -> Some | str:
    """The measurement, or why it failed: one failing part does not affect the others."""
    began = time.monotonic()
    try:
        found: Some | str = measured()
    except ways.Missing as missing:
        found = missing.brief
    except Exception as error:  # noqa: BLE001 -- whatever it is, it stands in the table
        found = f"failed: {_line(error)}"
        print(f"{part}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


def _line(error: Exception) -> str:
    """The most informative line of an error whose text is a program's whole output."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    said = next((line for line in lines if "error" in line.lower()), lines[-1])
    return said.strip().replace("|", "/")


def _carried(
    host: writer.Host, dials: Mapping[str, str], options: argparse.Namespace
) -> tuple[Throughput, ...]:
    with host.leading(dials) as way:
        return throughput.measure(
            gateway=way.h1,
            dial=dials[ways.FIRST],
            question=QUESTION,
            rounds=options.rounds,
            seconds=options.round_seconds,
        )


def _run(opens: ways.Opening, dials: Mapping[str, str], protocol: str, options: argparse.Namespace) -> Run:
    kind = PROTOCOLS[protocol]
    with opens(dials) as way:
        port = way.h1 if kind == "h1" else way.h2
        with load.running(kind, port=port, number=options.connections, consumers=REQUESTS) as asked:
            time.sleep(GAP_S)
            moves = ways.moved(way, moves=options.moves, seconds=options.seconds, gap=GAP_S)
    return Run(moves=tuple(moves), counted=count(asked.answers, moves, first=ways.FIRST))


def _listen(opens: ways.Opening, engines: Mapping[str, str], options: argparse.Namespace) -> Listened:
    number = options.subscriptions
    with (
        opens(engines) as way,
        load.running("ws", port=way.h1, number=number, consumers=SUBSCRIPTIONS) as heard,
    ):
        moves = ways.moved(way, moves=options.socket_moves, seconds=0.0, gap=SETTLE_S)
        end = time.monotonic()
    return Listened(moves=tuple(moves), followed=follow(heard.events, moves, subscriptions=number, end=end))


@contextmanager
def belts() -> Iterator[dict[str, str]]:
    """Two small belts that answer with their names; yields their addresses by name."""
    with ExitStack() as stack:
        found = {}
        for belt in writer.BELTS:
            port = free_port()
            stack.enter_context(running([sys.executable, "-m", "bench.swap.belt", belt, str(port)], {}))
            wait_for(partial(httpx.get, f"http://127.0.0.1:{port}/"), httpx.TransportError)
            found[belt] = f"127.0.0.1:{port}"
        yield found


def _about(options: argparse.Namespace) -> list[str]:
    command = (
        f"python -m bench.swap --moves {options.moves} --seconds {options.seconds:g}"
        f" --socket-moves {options.socket_moves} --rounds {options.rounds} --pairs {options.pairs}"
    )
    text = (
        f"`{command}`, all in one run on one machine. Load: {options.connections} connections that stay open"
        " and ask as soon as they are answered, over HTTP/1.1, then over HTTP/2 without TLS; then"
        f" {options.subscriptions} subscriptions over WebSockets. Under `pulumi up` half of the connections"
        " speak either protocol, and all loads run at once. The writer moves by a promotion with a"
        " certificate of the ledger and by a rollback in turns; its time holds everything from the record of"
        " the certificate to that of the result. Both Caddys write the gateway's access log. Loads, gateways"
        " and belts share the machine's cores."
    )
    return textwrap.wrap(text, 110, break_long_words=False, break_on_hyphens=False)


def _machine() -> list[str]:
    versions = []
    for name, flag in (("nginx", "-v"), ("haproxy", "-v"), ("h2load", "--version"), ("wrk", "-v")):
        try:
            done = subprocess.run(
                [ways.program(name), flag], capture_output=True, text=True, check=False, timeout=10
            )
            versions.append((done.stdout or done.stderr).strip().splitlines()[0])
        except ways.Missing:
            continue
    caddy = subprocess.run([str(toolchain.caddy()), "version"], capture_output=True, text=True, check=True)
    return [*machine(), f"Caddy {caddy.stdout.split()[0]}; {'; '.join(versions)}."]


if __name__ == "__main__":
    sys.exit(main())
