"""The type of this machine, as Go, Pulumi and npm each name it."""

import platform
from dataclasses import dataclass

from tools.failure import MachineUnsupported


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """An operating system and a processor."""

    system: str
    processor: str

    @property
    def key(self) -> str:
        """The name of builds, as in ``linux-amd64``; Go and Foundry use the same spelling."""
        return f"{self.system}-{self.processor}"

    @property
    def release(self) -> str:
        """The spelling of Pulumi's releases: ``linux-x64``."""
        return f"{self.system}-{'x64' if self.processor == 'amd64' else self.processor}"


PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def this_machine(system: str | None = None, processor: str | None = None) -> Machine:
    """The machine that we run on; refused if nothing that we pin is made for it."""
    seen_system = system or platform.system()
    seen_processor = processor or platform.machine()
    if seen_system != "Linux" or seen_processor not in PROCESSORS:
        expected = "Linux on x86_64 or arm64"
        raise MachineUnsupported(
            "Belts does not run here",
            expected=expected,
            seen=f"this is {seen_system} on {seen_processor}",
            now="use a Linux machine, a virtual one, or a container",
        )
    return Machine(system="linux", processor=PROCESSORS[seen_processor])
