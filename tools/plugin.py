"""Pulumi's ``command`` plugin: the real one if it is available, else the stand-in in this repository."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tools.checkout import Checkout
from tools.failure import SetupFailed
from tools.links import link
from tools.machine import Machine
from tools.pins import COMMAND_PLUGIN, PINS, how, let_in, listing
from tools.program import Programs, plain_environment
from tools.progress import Lane
from tools.pulumi.release import find_checksum
from tools.web import Answer, ask

ANSWER_S = 4.0
INSTALL_S = 180.0
NAME = "pulumi-resource-command"
STAND_IN = Path("tools") / "command_plugin" / NAME
HOST = "https://get.pulumi.com/releases/plugins"


class Kind(StrEnum):
    """The plugin with which this checkout runs its commands."""

    REAL = "the real command plugin"
    STAND_IN = "the stand-in command plugin"


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandPlugin:
    """The plugin in the version that the Python package requires."""

    checkout: Checkout
    programs: Programs
    machine: Machine
    environ: Mapping[str, str]
    host: str = HOST
    name: str = "plugin"

    def inputs(self) -> tuple[str | Path, ...]:
        """The required version, and whether the machine's own Pulumi home has it."""
        return (
            self._version(),
            str(self._is_real(self._elsewhere())),
            str(self._stand_in.exists()),
            self.checkout.root / PINS,
            str(self._unpinned),
            self.machine.key,
        )

    def results(self) -> tuple[Path, ...]:
        """The files that exist when it is installed."""
        return (chosen_file(self.checkout), self._place / NAME)

    def replaces(self) -> tuple[Path, ...]:
        """Nothing: each version has a folder of its own, and a link to it."""
        return ()

    def run(self, lane: Lane) -> None:
        """Use the real one if the machine has it or its host answers soon, else the stand-in; log which."""
        self._clear()
        if (self._place / NAME).is_file():
            return self._choose(Kind.REAL, "installed before", lane)
        if self._is_real(self._elsewhere()):
            link(self._place / NAME, self._elsewhere())
            return self._choose(Kind.REAL, f"found in {self._elsewhere()}", lane)
        file = f"{NAME}-v{self._version()}-{self.machine.key}.tar.gz"
        pinned = find_checksum(listing(self.checkout.root), file)
        if pinned is None and not self._unpinned:
            return self._stand_in_instead(
                f"{file} is not in {PINS}; `{how(COMMAND_PLUGIN)} make setup` takes it unseen", lane
            )
        answer = ask(f"{self.host}/{file}", within=ANSWER_S, method="HEAD")
        if isinstance(answer, Answer):
            try:
                self._install(lane, () if pinned is None else ("--checksum", pinned.digest))
            except SetupFailed as failure:
                return self._stand_in_instead(
                    f"installing the real one failed: {failure.what}: {failure.last}", lane
                )
            return self._choose(Kind.REAL, f"installed from {self.host}", lane)
        return self._stand_in_instead(answer.reason, lane)

    @property
    def _unpinned(self) -> bool:
        return let_in(self.environ, COMMAND_PLUGIN)

    @property
    def _place(self) -> Path:
        return self.checkout.pulumi_home / "plugins" / f"resource-command-v{self._version()}"

    @property
    def _stand_in(self) -> Path:
        return self.checkout.root / STAND_IN

    def _elsewhere(self) -> Path:
        home = self.environ.get("PULUMI_HOME") or f"{self.environ.get('HOME', '/nonexistent')}/.pulumi"
        if Path(home).resolve() == self.checkout.pulumi_home.resolve():
            home = f"{self.environ.get('HOME', '/nonexistent')}/.pulumi"
        return Path(home) / "plugins" / self._place.name / NAME

    def _is_real(self, program: Path) -> bool:
        """In a shell of another checkout, that checkout's Pulumi home is used: it may hold a stand-in."""
        return program.is_file() and program.resolve().parts[-len(STAND_IN.parts) :] != STAND_IN.parts

    def _version(self) -> str:
        described = self.checkout.site_packages() / "pulumi_command" / "pulumi-plugin.json"
        version: str = json.loads(described.read_text())["version"]
        return version

    def _clear(self) -> None:
        chosen_file(self.checkout).unlink(missing_ok=True)
        for each in (self._place, self._place / NAME):  # the engine sees no plugin in a folder that is a link
            if each.is_symlink():
                each.unlink()

    def _install(self, lane: Lane, checked: tuple[str, ...]) -> None:
        pulumi, home = self.checkout.bin / "pulumi", str(self.checkout.pulumi_home)
        with lane.timed(f"installing the command plugin {self._version()}"):
            self.programs.run(
                "Installing the command plugin",
                [str(pulumi), "plugin", "install", "resource", "command", self._version(), *checked],
                log="plugin",
                cwd=self.checkout.root,
                env=plain_environment(self.environ, PULUMI_HOME=home, PULUMI_SKIP_UPDATE_CHECK="true"),
                within=INSTALL_S,
            )

    def _stand_in_instead(self, reason: str, lane: Lane) -> None:
        if not self._stand_in.exists():
            raise SetupFailed(
                "the command plugin cannot be had",
                expected=f"the real one, or {self._stand_in}",
                seen=f"{reason}, and no stand-in",
            )
        link(self._place / NAME, self._stand_in)
        self._choose(Kind.STAND_IN, reason, lane)

    def _choose(self, kind: Kind, reason: str, lane: Lane) -> None:
        chosen_file(self.checkout).write_text(json.dumps({"kind": kind.name, "reason": reason}) + "\n")
        lane.say(f"using {kind} ({reason})")


def chosen_file(checkout: Checkout) -> Path:
    """The file in which the choice is kept."""
    return checkout.tools / "command-plugin.json"


def chosen(checkout: Checkout) -> Kind | None:
    """The plugin that the set-up chose, or None before that."""
    try:
        kept = json.loads(chosen_file(checkout).read_text())
    except FileNotFoundError:
        return None
    return Kind[kept["kind"]]
