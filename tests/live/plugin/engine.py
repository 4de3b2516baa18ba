"""One real Pulumi stack in a directory of its own: what the engine did, printed, recorded and stored."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSPHRASE = "correct horse battery staple"

# An interrupted program ends at once; by default it waits, and the engine with it, for five seconds.
PRELUDE = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one `pulumi` command did: exit code, everything printed, and the engine's own events."""

    code: int
    text: str
    events: tuple[dict[str, Any], ...]

    def steps(self) -> dict[str, list[str]]:
        """The operations the engine carried out, by resource name, in their order."""
        found: dict[str, list[str]] = {}
        for event in self.events:
            if meta := (event.get("resOutputsEvent") or {}).get("metadata"):
                found.setdefault(meta["urn"].rsplit("::", 1)[1], []).append(meta["op"])
        return found

    def diffs(self) -> dict[str, dict[str, str]]:
        """The detailed diff of each resource, by resource name, then by property path."""
        found: dict[str, dict[str, str]] = {}
        for event in self.events:
            meta = (event.get("resourcePreEvent") or {}).get("metadata") or {}
            if detailed := meta.get("detailedDiff"):
                name = meta["urn"].rsplit("::", 1)[1]
                found[name] = {path: change["diffKind"] for path, change in detailed.items()}
        return found

    def inputs(self, name: str) -> dict[str, Any]:
        """The inputs of one resource as this run saw them."""
        for event in self.events:
            meta = (event.get("resourcePreEvent") or {}).get("metadata") or {}
            if meta.get("urn", "").endswith(f"::{name}") and meta.get("new"):
                found: dict[str, Any] = meta["new"]["inputs"]
                return found
        raise AssertionError(f"{name} took no part in this run")

    def messages(self, name: str) -> list[str]:
        """The log lines that the plugin sent for one resource, without colour marks."""
        found = []
        for event in self.events:
            said = event.get("diagnosticEvent") or {}
            if said.get("urn", "").endswith(f"::{name}"):
                found.append(said["message"].replace("<{%reset%}>", "").strip())
        return found


@dataclass(kw_only=True)
class Stack:
    """A Pulumi project with one stack, a file backend and a program that a test rewrites between runs."""

    root: Path
    environment: Mapping[str, str]
    runs: int = field(default=0)

    @classmethod
    def new(cls, root: Path, environment: Mapping[str, str], like: "Stack | None" = None) -> "Stack":
        """An empty stack; a copy of an empty one is the same, and quicker to make."""
        stack = cls(root=root, environment=environment)
        if like is not None:
            for name in ("state", "project"):
                shutil.copytree(like.root / name, root / name)
            return stack
        (root / "state").mkdir()
        stack.project.mkdir()
        (stack.project / "Pulumi.yaml").write_text("name: case\nruntime: python\n")
        stack.write("")
        stack.pulumi("stack", "init", "--stack", "one")
        return stack

    @property
    def project(self) -> Path:
        """The directory of the program, which is also where its commands run."""
        return self.root / "project"

    def write(self, program: str) -> None:
        """Replace the program."""
        (self.project / "__main__.py").write_text(PRELUDE + program)

    def command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """The command line and the whole environment of one `pulumi` command."""
        environment = {
            **self.environment,
            "PULUMI_BACKEND_URL": f"file://{self.root / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_COMMANDS": "true",
            "NO_COLOR": "1",
            # The engine ends within seconds: what it would collect meanwhile costs more than it frees.
            "GOGC": "400",
        }
        return ["pulumi", *arguments, "--non-interactive", "--cwd", str(self.project)], environment

    def pulumi(self, *arguments: str) -> str:
        """Run a `pulumi` command to its end and return what it printed as its result."""
        line, environment = self.command(*arguments)
        done = subprocess.run(
            line,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, operation: str, *arguments: str) -> "Going":
        """Start an update, a preview or a destroy without waiting for its end."""
        self.runs += 1
        events = self.root / f"events-{self.runs}.jsonl"
        flags = [] if operation == "preview" else ["--yes", "--skip-preview"]
        line, environment = self.command(
            operation, "--stack", "one", "--event-log", str(events), *flags, *arguments
        )
        with (self.root / f"output-{self.runs}.txt").open("wb") as output:
            process = subprocess.Popen(
                line,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Going(process=process, output=Path(output.name), events=events)

    def run(self, operation: str, program: str | None = None, *arguments: str) -> Run:
        """Carry out one operation, with a new program if one is given."""
        if program is not None:
            self.write(program)
        return self.start(operation, *arguments).finish()

    def up(self, program: str | None = None) -> Run:
        """Update the stack, and let the test fail with the engine's words if that fails."""
        run = self.run("up", program)
        assert run.code == 0, run.text
        return run

    def state(self) -> str:
        """The state file, as it lies on disk."""
        return (self.root / "state/.pulumi/stacks/case/one.json").read_text()

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources in the state file, by name, without the stack and the providers."""
        stored = json.loads(self.state())["checkpoint"]["latest"].get("resources") or []
        return {
            resource["urn"].rsplit("::", 1)[1]: resource
            for resource in stored
            if not resource["type"].startswith("pulumi:")
        }

    def outputs(self, name: str) -> dict[str, Any]:
        """The stored outputs of one resource."""
        found: dict[str, Any] = self.resources()[name]["outputs"]
        return found


@dataclass(frozen=True, kw_only=True)
class Going:
    """A `pulumi` command that is still running."""

    process: subprocess.Popen[bytes]
    output: Path
    events: Path

    def interrupt(self) -> None:
        """Do what Ctrl-C does: interrupt the command line alone, since plugins have groups of their own."""
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Kill the command line as the kernel does when memory runs out."""
        self.process.kill()

    def finish(self, seconds: float = 60) -> Run:
        """Wait for the end; past the deadline, kill the whole session and fail with what was printed."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"pulumi ran longer than {seconds} s:\n{self.output.read_text()}") from None
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        return Run(
            code=code,
            text=self.output.read_text(errors="replace"),
            events=tuple(json.loads(line) for line in lines),
        )
