"""Steps of a set-up that leave a file, or fail, or are interrupted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.progress import Lane


@dataclass(kw_only=True)
class FakeStep:
    """Writes ``result``; counts how often it ran."""

    result: Path
    name: str = "step"
    given: tuple[str | Path, ...] = ("1",)
    act: Callable[[], None] = lambda: None
    place: tuple[Path, ...] = ()
    runs: list[str] = field(default_factory=list)

    def inputs(self) -> tuple[str | Path, ...]:
        return self.given

    def results(self) -> tuple[Path, ...]:
        return (self.result,)

    def replaces(self) -> tuple[Path, ...]:
        return self.place

    def run(self, _lane: Lane) -> None:
        self.runs.append(self.name)
        self.act()
        self.result.write_text("made")
