"""A step is done if its results exist and its stamp says that they were made from the current inputs."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(inputs: Iterable[str | Path]) -> str:
    """One digest of texts and of files' contents, each hashed separately."""
    total = hashlib.sha256()
    for each in inputs:
        content = each.read_bytes() if isinstance(each, Path) else each.encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


class Stamp:
    """What one finished step was made from, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def says(self, inputs: str) -> bool:
        """Whether the step was finished from exactly these inputs."""
        try:
            return self._path.read_text() == inputs
        except FileNotFoundError:
            return False

    def clear(self) -> None:
        """Before a step begins: from now on it counts as not done."""
        self._path.unlink(missing_ok=True)

    def put(self, inputs: str) -> None:
        """After a step ended: it counts as done, in one rename."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(inputs)
        fresh.replace(self._path)
