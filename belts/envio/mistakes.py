"""What is wrong with an Envio project: all of it at once, each with its place."""

from collections.abc import Iterable

from belts.reading.mistakes import Mistake, MistakesError


class ProjectInvalid(MistakesError):
    """An Envio project that cannot be read."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__(mistakes, of="the Envio project")
