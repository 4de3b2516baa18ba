"""What is wrong with something that a person wrote: where, what was expected there, and what stands there."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from belts.reading.unquoted import Word, written
from belts.refusal import Refusal

LONGEST = 80
NEAR = 0.7
"""How alike two words have to be for one to be taken for the other mistyped."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong: where, what was expected there, and what stands there."""

    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        """The line that the operator reads."""
        return f"{self.path}: expected {self.expected}, got {self.got}"


class MistakesError(Refusal):
    """What a person wrote cannot be used; the text holds all of its mistakes."""

    def __init__(
        self,
        mistakes: Iterable[Mistake],
        *,
        of: str = "what was given",
        left: str = "nothing was done",
        now: str = "mend what each line says, then run the same again",
    ) -> None:
        """Keeps the mistakes `of` something, each of them once, in the order in which they were read."""
        self.mistakes = tuple(dict.fromkeys(mistakes))
        count = "one mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        seen = "\n".join(map(str, self.mistakes))
        super().__init__(f"{of} has {count}; {left}", expected="no mistake", seen=seen, now=now)


def below(path: str, key: object) -> str:
    """Where a key of a map stands, as its author would write it; a file's name ends its own part."""
    return f"{path}{key}" if path[-1:] in {"", ":", " "} else f"{path}.{key}"


def unknown(path: str, key: str, known: Iterable[str]) -> Mistake:
    """A key that nothing reads, and the one that is perhaps meant."""
    keys = sorted(set(known))
    return Mistake(
        below(path, key), meant(key, keys) or f"one of the keys {', '.join(keys)}", "an unknown key"
    )


def meant(word: str, known: Iterable[str]) -> str:
    """The word that was probably meant; nothing where none is near."""
    lower = {each.lower(): each for each in known}
    near = get_close_matches(word.lower(), lower, n=1, cutoff=NEAR)
    return f"`{lower[near[0]]}`, perhaps" if near else ""


def shown(value: object) -> str:
    """A value as a mistake quotes it: not a page of it, and no map, in which there may be a key."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        nested = any(isinstance(each, dict | list) for each in value)
        text = "a list" if nested else json.dumps(value, default=str)
    else:
        quoted = isinstance(value, str) and not isinstance(value, Word)
        text = json.dumps(value) if quoted else written(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
