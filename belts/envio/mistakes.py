"""What is wrong with an Envio project: all of it at once, each with its place."""

import json
from collections.abc import Iterable

from belts.mistake import Mistake

LONGEST = 80


class ProjectInvalid(Exception):
    """An Envio project that cannot be read. Its text has one line for each mistake."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)) or "the Envio project is invalid")


def shown(value: object) -> str:
    """A value as a mistake quotes it: as JSON, and not a page of it."""
    text = json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
