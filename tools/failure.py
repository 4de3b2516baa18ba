"""What can go wrong while the toolchain is set up.

SetupFailed                 the checkout is not ready, and the words say why and what to do
├── ToolMissing             the machine lacks something that only its owner can install
├── MachineUnsupported      no part of the toolchain is made for this machine
├── StepFailed              a program that a step ran said no; carries the end of its log
└── ReleaseUnverified       what was downloaded is not what its publisher says it is
"""

from collections.abc import Sequence
from pathlib import Path


class SetupFailed(Exception):
    """The checkout is not ready; the text is never empty."""

    def __init__(self, text: str) -> None:
        super().__init__(text or type(self).__name__)


class ToolMissing(SetupFailed):
    """The machine lacks a tool; says which, what for, and how to get it."""

    def __init__(self, tool: str, *, needed_for: str, how_to_get: str) -> None:
        super().__init__(f"{tool} is missing; it is needed {needed_for}.\nGet it: {how_to_get}")


class MachineUnsupported(SetupFailed):
    """No part of the toolchain is made for this operating system or processor."""


class ReleaseUnverified(SetupFailed):
    """A download whose checksum is absent or different; nothing of it was unpacked."""


class StepFailed(SetupFailed):
    """A step's program ended with an error; shows how it was called and the end of what it said."""

    def __init__(
        self, what: str, *, command: Sequence[str], code: int, tail: Sequence[str], log: Path
    ) -> None:
        said = "\n".join(f"    {line}" for line in tail) or "    (it said nothing)"
        super().__init__(
            f"{what} failed: {Path(command[0]).name} ended with {code}. Its last words:\n{said}\n"
            f"All of them: {log}\nRun the same command again: what is done is kept, the rest is done over."
        )
