"""Runs the Pulumi CLI on one stack, as an operator would, and passes its progress on."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from belts.refusal import Refusal

STATUS = re.compile(r"^ *[+~\-<>= ]* *(?:\w+:\w+:\w+) (\S+) +(?:\w+ \(\d+s\) |\w+ |)(.*)$")
NOISE = ("warning: using pulumi-resource-", "@ ", "Updating (", "Destroying (")
TAIL = 60

Tell = Callable[[str], None]


class EngineFailed(Refusal):
    """Pulumi refused or failed; its output follows."""

    def __init__(self, arguments: Sequence[str], output: str) -> None:
        super().__init__(
            f"`pulumi {' '.join(arguments)}` failed",
            expected="it to pass",
            seen="what its output ends with",
            now="do what it says, then run the same again",
            log_tail=output,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """Whether an update would be permitted, and the output of the engine and the gate."""

    passed: bool
    text: str


def said(text: str) -> str:
    """The diagnostics of the engine and its hooks, without the list of resources around them."""
    lines = text.splitlines()
    began = next((number for number, line in enumerate(lines) if line.startswith("Diagnostics:")), -1) + 1
    ends = ("Resources:", "Outputs:", "Duration:")
    end = next((at for at in range(began, len(lines)) if lines[at].startswith(ends)), len(lines))
    return "\n".join(lines[began:end]).strip("\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """The CLI in a checkout, with an environment that selects the checkout's own backend."""

    directory: Path
    environment: Mapping[str, str]
    tell: Tell

    def stacks(self) -> dict[str, int]:
        """The stacks of this project in the backend, with their numbers of resources."""
        known = json.loads(self._ask("stack", "ls", "--json", "--project", "belts"))
        return {each["name"].rsplit("/", 1)[-1]: each.get("resourceCount") or 0 for each in known}

    def init(self, stack: str) -> None:
        """Make a stack that is not in the backend yet."""
        self._ask("stack", "init", stack, "--no-select")

    def set(self, stack: str, key: str, value: str) -> None:
        """Change one value of the stack's config."""
        self._ask("config", "set", key, value, "--stack", stack)

    def up(self, stack: str) -> str:
        """Update the stack to its config; returns the diagnostics."""
        return said(self._unlocked(stack, "up", "--yes", "--skip-preview", "--stack", stack))

    def destroy(self, stack: str) -> None:
        """Destroy the stack."""
        self._unlocked(stack, "destroy", "--run-program", "--yes", "--skip-preview", "--stack", stack)

    def preview(self, stack: str) -> "Preview":
        """Preview an update: the gate runs, and nothing is changed."""
        command = ["preview", "--stack", stack, "--non-interactive", "--color", "never"]
        done = self._run(*command, merged=True)
        return Preview(passed=done.returncode == 0, text=done.stdout)

    def forget(self, stack: str) -> None:
        """Remove the stack's history, once nothing of it is left on the host; its config stays.

        Whatever its state still names is gone, or was only read by its program, like other stacks.
        """
        self._ask("stack", "rm", stack, "--force", "--yes", "--preserve-config")

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs, including secrets."""
        found: dict[str, Any] = json.loads(
            self._ask("stack", "output", "--json", "--show-secrets", "--stack", stack)
        )
        return found

    def _unlocked(self, stack: str, *arguments: str) -> str:
        """Run an update; first remove the lock of a killed one, since the demo runs alone."""
        try:
            return self._stream(*arguments)
        except EngineFailed as failure:
            if "currently locked by" not in str(failure):
                raise
            self._ask("cancel", "--yes", "--stack", stack)
            return self._stream(*arguments)

    def _ask(self, *arguments: str) -> str:
        done = self._run(*arguments, "--non-interactive")
        if done.returncode != 0:
            raise EngineFailed(arguments, done.stderr or done.stdout)
        return done.stdout

    def _run(self, *arguments: str, merged: bool = False) -> subprocess.CompletedProcess[str]:
        with self._started(*arguments, stderr=subprocess.STDOUT if merged else subprocess.PIPE) as process:
            told, wrong = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, told, wrong)

    def _stream(self, *arguments: str) -> str:
        """The whole output of an update; passes on the parts' messages during it."""
        quietly = ("--non-interactive", "--color", "never", "--suppress-outputs")
        lines: list[str] = []
        with self._started(*arguments, *quietly, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None  # noqa: S101 -- asked for below
            for line in process.stdout:
                lines.append(line.rstrip())
                if (found := STATUS.match(lines[-1])) and found.group(2):
                    self.tell(f"{found.group(1)}: {found.group(2)}")
            code = process.wait()
        if code != 0:
            told = [line for line in lines if line and not line.lstrip().startswith(NOISE)]
            raise EngineFailed(arguments, "\n".join(told[-TAIL:]))
        return "\n".join(lines)

    @contextmanager
    def _started(self, *arguments: str, stderr: int) -> Iterator[subprocess.Popen[str]]:
        """Ctrl-C reaches Pulumi too, so wait for it: if it were killed, its plugins would remain."""
        process = subprocess.Popen(
            ["pulumi", *arguments],
            cwd=self.directory,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            yield process
        except BaseException:
            process.communicate()
            _end_forgotten()
            raise


def _end_forgotten() -> None:
    """Kills language hosts of this session that have lost their Pulumi.

    An interrupted Pulumi forgets a host that it was about to start, which notices only after five minutes.
    """
    for each in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if each.name().startswith("pulumi-language") and os.getsid(each.pid) == os.getsid(0):
                parent = each.parent()
                if parent is None or parent.name() != "pulumi":
                    each.kill()
