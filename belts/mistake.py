"""What is wrong with something that a person wrote: one type with one line, whatever was read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong: where, what was expected there, and what stands there."""

    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        """The line that the operator reads."""
        return f"{self.path}: expected {self.expected}, got {self.got}"
