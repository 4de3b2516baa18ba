"""Where the demo keeps what it makes: everything below `.belts`, and one config a stack."""

from dataclasses import dataclass
from pathlib import Path

STACKS = ("chains", "blue", "gateway", "green")
"""In the order in which they come up."""

DOWN = ("gateway", "green", "blue", "chains")
"""In the order in which they go: a belt goes after the alias that may point at it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The checkout, and the paths in it that belong to the demo."""

    checkout: Path

    @property
    def belts(self) -> Path:
        """Everything that is made at run time."""
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
        """Where the gate finds both belts; it holds secrets."""
        return self.belts / "demo" / "endpoints.yaml"

    @property
    def policy(self) -> Path:
        """What the gate measures the next belt by: blue at first, then green."""
        return self.belts / "demo" / "policy.yaml"

    @property
    def promise(self) -> Path:
        """What green will be measured by; its prover needs it before green has a row."""
        return self.belts / "demo" / "green.yaml"

    def template(self, stack: str) -> Path:
        """The example that a stack's config is made from."""
        return self.checkout / "examples" / "stacks" / f"{stack}.yaml"

    def config(self, stack: str) -> Path:
        """Pulumi's own file for a stack."""
        return self.checkout / f"Pulumi.{stack}.yaml"

    def made(self, stack: str) -> Path:
        """Shows that the config of this stack is the demo's, not the operator's."""
        return self.belts / "demo" / stack
