"""However a run goes, its process ends: in time, in words, and never with the exit code of a pass."""

import subprocess
import sys
import textwrap
import time

import pytest

from tests.live.hosts import CHECKOUT

pytestmark = pytest.mark.live


def run(body: str, *, seconds: float = 5.0) -> tuple[int, str, float]:
    """Runs a coroutine with this body under supervision."""
    program = f"""
import asyncio, os, sys, time
from gate.commands import supervised
from gate.redact import Redactor
supervised.MARGIN_SECONDS = 0.5

async def work():
{textwrap.indent(textwrap.dedent(body), "    ")}

sys.exit(supervised.supervised(work, seconds={seconds}, redactor=Redactor(["geheim"]), name="gate check"))
"""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr, time.monotonic() - began


def test_it_returns() -> None:
    """The exit code is the work's."""
    assert run("return 1")[:2] == (1, "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise RuntimeError", "RuntimeError, without a text"),
        ("raise RuntimeError('the password is geheim')", "RuntimeError: the password is ***"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("raise BaseExceptionGroup('g', [SystemExit(0)])", "SystemExit: 0"),
        ("raise asyncio.CancelledError", "it was interrupted"),
        ("raise KeyboardInterrupt", "it was interrupted"),
        ("asyncio.get_running_loop().stop(); await asyncio.sleep(1)", "Event loop stopped"),
    ],
)
def test_it_breaks(body: str, said: str) -> None:
    """Whatever it raises, the process says so and could not tell."""
    code, told, _ = run(body)
    assert code == 3, told
    assert told.startswith("gate check: COULD NOT TELL: ")
    assert said in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(60)",
        "while True: pass",
        "await asyncio.get_running_loop().run_in_executor(None, time.sleep, 5)",
        """
        while True:
            try:
                await asyncio.sleep(60)
            except BaseException:
                pass
        """,
    ],
    ids=["blocks", "spins", "waits for a thread", "ignores that it is cancelled"],
)
def test_it_does_not_end(body: str) -> None:
    """A deadline inside the loop would not hold; the one outside of it does."""
    code, told, _ = run(body, seconds=0.5)
    assert code == 3, told
    assert "it did not end in time" in told
