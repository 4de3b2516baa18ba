"""What stands without quotes, and is not what YAML takes it for: an address is no number, `No` no answer."""

from typing import Self


class Number(int):
    """A whole number that is written otherwise than in decimal digits: an address, a time."""

    written: str

    def __new__(cls, value: int, written: str) -> Self:
        """The number, and how it stands there."""
        self = super().__new__(cls, value)
        self.written = written
        return self


class Word(str):
    """`yes`, `no`, `on` or `off`, in whatever letters: an answer where one is asked for, and no text."""

    __slots__ = ("answer",)

    answer: bool

    def __new__(cls, written: str, *, answer: bool) -> Self:
        """The word as it stands there, and what YAML takes it for."""
        self = super().__new__(cls, written)
        self.answer = answer
        return self


def is_plain(key: object) -> bool:
    """Whether a key is the text, or the number, that stands there."""
    return isinstance(key, str | int) and not isinstance(key, bool | Number | Word)


def written(value: object) -> str:
    """How a value stands in the file, as far as that is known."""
    if isinstance(value, Number):
        return value.written
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def misread(value: object) -> str:
    """What somebody who meant a text is told; nothing where quotes would not help."""
    if isinstance(value, Word | bool):
        kind = "true or false"
    elif isinstance(value, int | float):
        kind = "a number"
    else:
        return ""
    return f"{written(value)} without quotes, which YAML takes for {kind}: quote it"
