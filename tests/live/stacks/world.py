"""One Pulumi project of its own: the real engine over real stacks, made from the examples' templates."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from demo import gate
from demo.belt import Belt, NoAnswer
from demo.configs import render
from examples import forms
from tests.live.hosts import wait_until
from tests.live.world import BLOCK_TIMES
from tools.environment import environment

CHECKOUT = Path(__file__).resolve().parents[3]
PROJECT = "belts"
LINKED = ("Pulumi.yaml", "__main__.py", "belts", "stacks", "gate")
EVENTS = 2_000
DEADLINE_S = 600
"""Ends a command that hangs; how long one takes is a matter of what else the machine does."""
SLOW = "did not answer within"
"""What the gate says of whoever has no time for it, as on a machine that runs other tests beside."""
SHORT_LIVED = {"GOGC": "400"}
"""The engine ends within seconds: what it would collect meanwhile costs more than it frees."""


@dataclass(frozen=True, slots=True)
class Run:
    """How one `pulumi` command ended, and all that it said."""

    code: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A project directory beside the checkout's, with a backend, ports, and a host directory of its own."""

    directory: Path
    hosts: Path
    first_port: int
    by: tuple[str, ...] = ()
    """The command that each command is run by, where it is not to see all of this machine."""
    said: list[str] = field(default_factory=list)
    """What every update and preview has printed."""
    _told: dict[tuple[str, int], str] = field(default_factory=dict, repr=False)

    @classmethod
    def made(cls, directory: Path, *, hosts: Path, first_port: int) -> "World":
        """A project whose program is the checkout's; its Envio project is a copy that tests may change."""
        for name in LINKED:
            (directory / name).symlink_to(CHECKOUT / name)
        examples = directory / "examples"
        examples.mkdir()
        for path in (CHECKOUT / "examples").iterdir():
            if path.name == "indexer":
                ignored = shutil.ignore_patterns("generated", "node_modules")
                shutil.copytree(forms.project(), examples / "indexer", ignore=ignored)
            else:
                (examples / path.name).symlink_to(path)
        return cls(directory=directory, hosts=hosts, first_port=first_port)

    @property
    def state(self) -> Path:
        """The backend: a directory of files."""
        return self.directory / "state"

    @property
    def policy(self) -> Path:
        """What the gate measures the next belt by."""
        return self.directory / "policy.yaml"

    def promise(self, make: Callable[[Path, Mapping[int, str]], Mapping[str, Any]] = gate.policy) -> None:
        """Write the policy: by default that of the way from blue's four chains to green's six."""
        rpc = {int(chain): url for chain, url in self.outputs("chains")["rpc"].items()}
        self.policy.write_text(yaml.safe_dump(dict(make(self.hosts, rpc)), sort_keys=False))

    def url(self, port: int) -> str:
        """An address in this world, by the port that the templates have."""
        return f"http://127.0.0.1:{self.first_port + port - 20_500}"

    def config(self, stack: str, **changes: Mapping[str, Any] | Any) -> None:
        """Write a stack's config: its template, or that of a stack like it, with these changes.

        A change that is a map is laid over the map that is there; `None` takes a key out.
        """
        template = CHECKOUT / "examples" / "stacks" / f"{changes.pop('like', stack)}.yaml"
        config = yaml.safe_load(render(template, first_port=self.first_port))["config"]
        config["belts:root"] = str(self.hosts)
        if "belts:policy" in config:
            config["belts:policy"] = str(self.policy)
        config.pop("belts:prove", None)  # it would prove beside every test: whoever is about it asks for it
        if "belts:postgres" in config:
            config["belts:postgres"]["tcp"] = True  # a gateway may export the database of either belt
        if "belts:traffic" in config:
            config["belts:traffic"]["events"] = EVENTS
            for chain in config["belts:chains"]:
                chain["blockTime"] = BLOCK_TIMES[chain["id"]]
        for key, change in changes.items():
            before = config.get(f"belts:{key}")
            config[f"belts:{key}"] = {**before, **change} if isinstance(before, dict) and change else change
        path = self.directory / f"Pulumi.{stack}.yaml"
        kept = (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}
        config = {key: value for key, value in config.items() if value is not None}
        path.write_text(yaml.safe_dump({**kept, "config": config}, sort_keys=False))

    def init(self, stack: str, *, passphrase: str | None = None) -> None:
        """Make a stack whose config is there."""
        assert self.pulumi("stack", "init", stack, "--no-select", passphrase=passphrase).code == 0

    def up(self, stack: str, *flags: str) -> str:
        """What an update that must succeed has said; asked again where a belt was too slow for the gate."""
        run = self.try_up(stack, *flags)
        if run.code != 0 and SLOW in " ".join(run.text.split()):
            run = self.try_up(stack, *flags)
        assert run.code == 0, run.text
        return run.text

    def synced(self, belt: str) -> None:
        """Come back once a belt is at the head of every chain of its own."""
        rpc = {int(chain): url for chain, url in self.outputs("chains")["rpc"].items()}
        asked = Belt(outputs=self.outputs(belt), rpc=rpc)

        def in_step() -> bool:
            with suppress(NoAnswer):
                return all(each.in_step for each in asked.progress())
            return False

        wait_until(in_step, f"{belt} at its heads", deadline_s=180)

    def try_up(self, stack: str, *flags: str) -> Run:
        """An update, however it ends."""
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", stack, *flags)

    def preview(self, stack: str, *flags: str, passphrase: str | None = None) -> Run:
        """A preview, however it ends."""
        return self.pulumi("preview", "--stack", stack, *flags, passphrase=passphrase)

    def destroy(self, stack: str) -> None:
        """Undo a stack."""
        run = self.pulumi("destroy", "--run-program", "--yes", "--skip-preview", "--stack", stack)
        assert run.code == 0, run.text

    def set(self, stack: str, key: str, value: str) -> None:
        """Change one key, as an operator does."""
        assert self.pulumi("config", "set", key, value, "--stack", stack).code == 0

    def outputs(self, stack: str) -> dict[str, Any]:
        """What a stack exports, secrets included; asked for again once the state has changed."""
        changed = (self.state / ".pulumi" / "stacks" / PROJECT / f"{stack}.json").stat().st_mtime_ns
        if (stack, changed) not in self._told:
            run = self.pulumi("stack", "output", "--json", "--show-secrets", "--stack", stack)
            assert run.code == 0, run.text
            self._told[stack, changed] = run.text[run.text.index("{") :]
        found: dict[str, Any] = json.loads(self._told[stack, changed])
        return found

    def pulumi(self, *arguments: str, passphrase: str | None = None) -> Run:
        """Any command of the CLI."""
        variables = environment(state=self.state)
        if passphrase is not None:
            del variables["PULUMI_CONFIG_PASSPHRASE_FILE"]
            variables["PULUMI_CONFIG_PASSPHRASE"] = passphrase
        done = subprocess.run(
            [*self.by, "pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.directory,
            env={**variables, **SHORT_LIVED, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
        if "--show-secrets" not in arguments:
            self.said.append(done.stdout)
        return Run(done.returncode, done.stdout)

    def pids(self, belt: str) -> dict[str, int]:
        """The processes of a belt by program, its supervisor among them, as the host sees them."""
        done = subprocess.run(
            ["python", "-m", "belts", "status", "--root", str(self.hosts), belt, "--json"],
            cwd=self.directory,
            env=environment(state=self.state),
            capture_output=True,
            text=True,
            check=False,
        )
        seen = json.loads(done.stdout)["belts"][belt]
        programs = {name: pid for part in seen["parts"].values() for name, pid in part["programs"].items()}
        return {**programs, "supervisor": seen["supervisor"]}


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet collected does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
