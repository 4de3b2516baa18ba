"""Chains and traffic as an operator's machine starts them, without a belt around them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.chains.history import Past
from examples.chains.rpc import Rpc
from tests.conftest import Ports
from tests.live import places
from tests.live.hosts import CHECKOUT, wait_until

EVENTS = 2_000


@dataclass
class Running:
    """Programs that a test started; each ends with the test."""

    directory: Path
    ports: Ports
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def chain(self, chain: int, *, port: int | None = None, **options: object) -> "Chain":
        taken = port or self.ports.one()
        told = {"chain": chain, "port": taken, "directory": self.directory, "events": EVENTS} | options
        process = self.start("examples.chains", "serve", told)
        running = Chain(chain, taken, process, Past(self.directory / str(chain)))
        wait_until(running.answers, f"chain {chain} answers", deadline_s=60)
        return running

    def start(self, module: str, *words: str | Mapping[str, object]) -> subprocess.Popen[bytes]:
        arguments = [part for word in words for part in ([word] if isinstance(word, str) else _options(word))]
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", module, *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "HOME": str(self.directory)},
            stderr=(self.directory / f"{module}.log").open("ab"),
        )
        self._processes.append(process)
        return process

    def said(self, module: str) -> str:
        return (self.directory / f"{module}.log").read_text()

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Chain:
    id: int
    port: int
    process: subprocess.Popen[bytes]
    past: Past

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, *parameters: Any) -> Any:
        with Rpc(self.url, timeout=10) as rpc:
            return rpc.call(method, *parameters)

    def answers(self) -> bool:
        assert self.process.poll() is None, f"chain {self.id} ended with {self.process.returncode}"
        try:
            return int(self.call("eth_chainId"), 16) == self.id
        except httpx.TransportError:
            return False

    def head(self) -> int:
        return int(self.call("eth_blockNumber"), 16)

    def hash(self, block: int) -> str | None:
        found = self.call("eth_getBlockByNumber", hex(block), False)
        return found and str(found["hash"])

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(timeout=30)


@pytest.fixture
def running(ports: Ports) -> Iterator[Running]:
    directory = places.temporary("b-c-")
    programs = Running(directory, ports)
    try:
        yield programs
    finally:
        programs.end()
        time.sleep(0.05)
        shutil.rmtree(directory)


def _options(given: Mapping[str, object]) -> list[str]:
    return [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", str(value))]
