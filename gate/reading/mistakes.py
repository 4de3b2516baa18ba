"""What is wrong with a file, in the terms of the one who wrote it."""

from collections.abc import Iterable

from belts.mistake import Mistake


class MistakesError(Exception):
    """A file cannot be used; the text holds all of its mistakes."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Keeps the mistakes, each of them once, in the order of the file."""
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))
