"""Everything that is wrong with an Envio project, each mistake with its place."""

from collections.abc import Iterable

from belts.reading.mistakes import Mistake, MistakesError


class ProjectInvalid(MistakesError):
    """An Envio project that cannot be read."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__(mistakes, of="the Envio project")
