"""Sets up a checkout: ``make setup``. Does what is missing and says what; done in a blink when nothing is."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol, TextIO

from tools.checkout import Checkout, this_checkout
from tools.downloads import download_caches
from tools.failure import SetupFailed
from tools.lockfile import alone
from tools.machine import Machine, this_machine
from tools.node_packages import NodePackages
from tools.plugin import CommandPlugin, chosen
from tools.processes import running_from
from tools.program import Programs, Running
from tools.progress import Board, Lane
from tools.pulumi.engine import PulumiEngine
from tools.python_packages import PythonPackages
from tools.stamp import Stamp, digest

STOPPED = 130


class Step(Protocol):
    """One thing that a checkout needs."""

    @property
    def name(self) -> str:
        """The name of its stamp and its lines."""

    def inputs(self) -> tuple[str | Path, ...]:
        """What it is made from; a step whose inputs have changed is run again."""

    def results(self) -> tuple[Path, ...]:
        """What exists once it is done."""

    def replaces(self) -> tuple[Path, ...]:
        """The folders whose content it replaces."""

    def run(self, lane: Lane) -> None:
        """Run the step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Steps in lanes: the lanes run in parallel, and the last steps when all lanes have ended."""

    lanes: tuple[tuple[Step, ...], ...]
    last: tuple[Step, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step."""
        return (*(step for lane in self.lanes for step in lane), *self.last)


def plan(checkout: Checkout, programs: Programs, machine: Machine, environ: Mapping[str, str]) -> Plan:
    """The steps of a checkout. Node is a Python package, so its packages follow; Pulumi runs in parallel."""
    python = PythonPackages(checkout=checkout, programs=programs, environ=environ)
    node = NodePackages(checkout=checkout, programs=programs, machine=machine, environ=environ)
    pulumi = PulumiEngine(checkout=checkout, programs=programs, machine=machine, environ=environ)
    plugin = CommandPlugin(checkout=checkout, programs=programs, machine=machine, environ=environ)
    return Plan(lanes=((python, node), (pulumi,)), last=(plugin,))


class SetUp:
    """Makes a checkout ready, whatever state it is in."""

    def __init__(self, checkout: Checkout, steps: Plan, running: Running, board: Board) -> None:
        self._checkout = checkout
        self._plan = steps
        self._running = running
        self._board = board

    def is_done(self) -> bool:
        """Whether nothing is missing; changes nothing."""
        return all(self._step_is_done(step) for step in self._plan.steps)

    def run(self) -> None:
        """Do what is missing, as the only set-up in this checkout."""
        lock = self._checkout.tools / "setup.lock"
        with alone(lock, waiting=self._board.lane("setup").say) as held, self._board.ticking():
            self._running.held = (held,)
            with ThreadPoolExecutor(len(self._plan.lanes)) as pool:
                self._wait([pool.submit(self._run_lane, steps) for steps in self._plan.lanes])
            self._run_lane(self._plan.last)

    def _wait(self, lanes: list[Future[None]]) -> None:
        """The first lane that fails ends the others; Ctrl-C ends them all."""
        try:
            done, _ = wait(lanes, return_when=FIRST_EXCEPTION)
            failed = [lane for lane in done if lane.exception()]
            if failed:
                self._running.stop()
                failed[0].result()
        except KeyboardInterrupt:
            self._running.stop()
            raise

    def _run_lane(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if not self._step_is_done(step):
                self._run_step(step)

    def _run_step(self, step: Step) -> None:
        self._refuse_under_what_runs(step)
        stamp = self._stamp(step)
        stamp.clear()
        step.run(self._board.lane(step.name))
        missing = [str(path) for path in step.results() if not path.exists()]
        if missing:
            raise SetupFailed(
                f"step {step.name} ended without what it makes",
                expected="all that it makes",
                seen=f"these are not there: {', '.join(missing)}",
            )
        stamp.put(digest(step.inputs()))

    def _refuse_under_what_runs(self, step: Step) -> None:
        """A running program whose files are replaced would change at its next start, or not start at all."""
        places = tuple(place for place in step.replaces() if place.exists())
        running = running_from(self._checkout, *places) if places else ()
        if running:
            raise SetupFailed(
                f"step {step.name} would replace what runs",
                expected=f"nothing that runs from {' or '.join(map(str, places))}",
                seen="\n".join(running),
                now="leave this checkout as it was, and set another version up beside it"
                " (docs/upgrading.md):\n"
                f"`git worktree add {self._checkout.root}-next VERSION && cd {self._checkout.root}-next"
                " && make setup`;\nor end first what runs from here: `make down`, `python -m belts status`",
            )

    def _step_is_done(self, step: Step) -> bool:
        try:
            inputs = digest(step.inputs())
        except FileNotFoundError:
            return False
        return self._stamp(step).says(inputs) and all(path.exists() for path in step.results())

    def _stamp(self, step: Step) -> Stamp:
        return Stamp(self._checkout.stamps / step.name)


def set_up(checkout: Checkout, environ: Mapping[str, str], stream: TextIO) -> None:
    """Make this checkout ready, or raise with the reason."""
    board = Board(stream)
    running = Running()
    programs = Programs(running=running, logs=checkout.logs)
    ours = {**environ, **download_caches(checkout.cache, environ)}
    setup = SetUp(checkout, plan(checkout, programs, this_machine(), ours), running, board)
    if not setup.is_done():
        setup.run()
        board.say("setup", f"ready, with {chosen(checkout)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Set up this checkout."""
    argparse.ArgumentParser(prog="python3 -m tools.setup", description=__doc__).parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        set_up(this_checkout(), os.environ, sys.stderr)
    except SetupFailed as failure:
        sys.stderr.write(f"setup: {failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("setup: stopped; the same command goes on where this one was\n")
        return STOPPED
    return 0


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
