"""The gateway's throughput at rest, measured alternately with the same Caddy and a fixed upstream."""

import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from belts.runtimes.caddy import ENVIRONMENT
from bench.engine.servers import free_port
from bench.swap import fixed
from bench.swap.ways import a_home, caddy, program

HERE = Path(__file__).parent
CLIENTS = 32
WARM_S = 1
GATEWAY, SAME, BARE = "gateway", "same config, fixed upstream", "bare `reverse_proxy`"
ALIKE = "same, and run by Go as the gateway is"
SERVERS = (GATEWAY, SAME, ALIKE, BARE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Throughput:
    """Requests per second of every round, by server, under one protocol."""

    protocol: str
    rates: Mapping[str, tuple[float, ...]]

    def ratio(self, to: str) -> float:
        """The median over the rounds of the gateway's rate to another's in the same round."""
        pairs = zip(self.rates[GATEWAY], self.rates[to], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)


def measure(*, gateway: int, dial: str, question: str, rounds: int, seconds: int) -> tuple[Throughput, ...]:
    """Measures the gateway at this port, which leads to `dial`, and three servers with it fixed."""
    with ExitStack() as stack:
        home = stack.enter_context(a_home())
        ports = {GATEWAY: gateway, **{name: free_port() for name in (SAME, ALIKE, BARE)}}
        for name, settings in ((SAME, {}), (ALIKE, ENVIRONMENT)):
            same = fixed.same(ports[name], dial, "blue", home=home)
            same["admin"] = {"disabled": True}
            stack.enter_context(caddy(same, port=ports[name], home=home, environment=settings))
        stack.enter_context(caddy(fixed.bare(ports[BARE], dial), port=ports[BARE], home=home))
        loads = {"HTTP/1.1": wrk, "HTTP/2": h2load}
        found: dict[str, dict[str, list[float]]] = {
            protocol: {name: [] for name in ports} for protocol in loads
        }
        for number in range(rounds + 1):
            for protocol, load in loads.items():
                order = list(ports)
                turned = order[number % len(order) :] + order[: number % len(order)]
                for name in turned:
                    rate = load(ports[name], question, seconds if number else WARM_S)
                    if number:
                        found[protocol][name].append(rate)
    return tuple(
        Throughput(protocol=protocol, rates={name: tuple(each) for name, each in rates.items()})
        for protocol, rates in found.items()
    )


def wrk(port: int, question: str, seconds: int) -> float:
    """Requests per second over HTTP/1.1; raises if any request failed."""
    url = f"http://127.0.0.1:{port}/v1/graphql"
    command = [program("wrk"), "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(HERE / "question.lua"), url]
    said = _run(command, seconds, {"QUESTION": question})
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    if rate is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(rate.group(1))


def h2load(port: int, question: str, seconds: int) -> float:
    """The same over HTTP/2 without TLS, one stream at a time on each connection."""
    url = f"http://127.0.0.1:{port}/v1/graphql"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        body.write(question)
        body.flush()
        command = [program("h2load"), f"-c{CLIENTS}", "-m1", "-t1", f"--duration={seconds}", "-d", body.name]
        said = _run([*command, "-H", "content-type: application/json", url], seconds, {})
    rate = re.search(r"finished in [0-9.]+\w+, ([0-9.]+) req/s", said)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", said)
    if rate is None or codes is None or any(int(code) for code in codes.groups()[1:]):
        raise RuntimeError(said)
    return float(rate.group(1))


def _run(command: list[str], seconds: int, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 30,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr or done.stdout}")
    return done.stdout
