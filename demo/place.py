"""Where the demo keeps its files: everything below `.belts`, and one config per stack."""

from dataclasses import dataclass
from pathlib import Path

STACKS = ("chains", "blue", "gateway", "green")
"""In the order of creation."""

DOWN = ("gateway", "green", "blue", "chains")
"""In the order of removal: a belt goes after the alias that may lead to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The checkout, and the paths in it that belong to the demo."""

    checkout: Path

    @property
    def belts(self) -> Path:
        """Everything made at run time."""
        return self.checkout / ".belts"

    @property
    def hosts(self) -> Path:
        """The belts' files on this host."""
        return self.belts / "hosts"

    @property
    def ports(self) -> Path:
        """The first port of this checkout's block."""
        return self.belts / "demo" / "ports"

    @property
    def lock(self) -> Path:
        """Held while a demo runs."""
        return self.belts / "demo" / "lock"

    @property
    def endpoints(self) -> Path:
        """The endpoints of both belts for the gate; it contains secrets."""
        return self.belts / "demo" / "endpoints.yaml"

    @property
    def policy(self) -> Path:
        """The policy for the next belt: blue at first, then green."""
        return self.belts / "demo" / "policy.yaml"

    @property
    def promise(self) -> Path:
        """The policy for green; its prover needs it before green has a row."""
        return self.belts / "demo" / "green.yaml"

    def template(self, stack: str) -> Path:
        """The template of a stack's config."""
        return self.checkout / "examples" / "stacks" / f"{stack}.yaml"

    def config(self, stack: str) -> Path:
        """Pulumi's own file for a stack."""
        return self.checkout / f"Pulumi.{stack}.yaml"

    def made(self, stack: str) -> Path:
        """Marks that the config of this stack is the demo's, not the operator's."""
        return self.belts / "demo" / stack
