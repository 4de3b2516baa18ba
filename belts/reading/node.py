"""A value in a file, and the path that leads to it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from belts.reading import duration
from belts.reading.mistakes import Mistake, below, meant, shown, unknown
from belts.reading.unquoted import Word, is_plain, misread, written

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a whole file shares while it is read: the environment, and the mistakes found so far."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    mistakes: list[Mistake] = field(default_factory=list)
    fixed: str = ""
    """Why no variable may stand in it, where none may."""


class Node:
    """One value. What is wrong with it is kept as a mistake, and one of the right type stands in for it."""

    def __init__(self, value: object, path: str, reading: Reading) -> None:
        """The value at a path; `None` where there is none."""
        self.value = value
        self.path = path
        self.reading = reading

    @property
    def given(self) -> bool:
        """Whether anything stands there; an empty value in YAML is nothing."""
        return self.value is not None

    def wrong(self, expected: str, got: str | None = None) -> None:
        """Keeps a mistake about this value."""
        seen = got or shown(self.value)
        if got is None and self.reading.fixed and isinstance(self.value, str) and "${" in self.value:
            seen = f"{seen}: {self.reading.fixed}"
        self.reading.mistakes.append(Mistake(path=self.path, expected=expected, got=seen))

    def fields(self, *known: str) -> "Node":
        """This value as a map with these keys and no others; nothing is a map without any."""
        if self.given:
            self.is_map(known)
        return self

    def is_map(self, known: Iterable[str]) -> bool:
        """Whether this is a map at all, which has to have these keys and no others."""
        if not isinstance(self.value, dict):
            self.wrong("a map")
            return False
        strange = (key for key in self.value if key not in known)
        self.reading.mistakes.extend(unknown(self.path, str(key), known) for key in strange)
        return True

    def at(self, key: str) -> "Node":
        """What stands under a key of the map, even if that is nothing."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(value, below(self.path, key), self.reading)

    def optional(self, key: str, read: Callable[["Node"], T], default: T) -> T:
        """What stands under a key, or the default where nothing does."""
        node = self.at(key)
        return read(node) if node.given else default

    def items(self) -> Iterator[tuple[object, "Node"]]:
        """The value as a map whose keys are names of the author's."""
        if self.given and not isinstance(self.value, dict):
            self.wrong("a map")
        for key, value in self.value.items() if isinstance(self.value, dict) else ():
            node = Node(value, below(self.path, written(key)), self.reading)
            if is_plain(key):
                yield key, node
            else:
                node.wrong("a name, or decimal digits, as its key", misread(key) or f"the key {key!r}")

    def each(self, expected: str = "a list", *, required: bool = False) -> Iterator["Node"]:
        """The nodes of a list; none where nothing is given, which is a mistake if it is required."""
        whole = isinstance(self.value, list) and (self.value or not required)
        if not whole and (self.given or required):
            self.wrong(expected)
        for index, value in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Node(value, f"{self.path}[{index}]", self.reading)

    def text(self, expected: str = "a text", *, pattern: str = r"(?s).*\S.*") -> str:
        """A text that matches a pattern as a whole."""
        meant_so = isinstance(self.value, str) and not isinstance(self.value, Word)
        if meant_so and re.fullmatch(pattern, str(self.value)):
            return str(self.value)
        helps = not meant_so and re.fullmatch(pattern, written(self.value))
        self.wrong(expected, misread(self.value) if helps else None)
        return ""

    def whole(self, *, least: int = 0, expected: str = "a whole number") -> int:
        """A whole number; `true` is none."""
        words = f"{expected}, at least {least}"
        if isinstance(self.value, int) and not isinstance(self.value, bool) and self.value >= least:
            return self.value
        self.wrong(words)
        return least

    def flag(self) -> bool:
        """`true` or `false`."""
        if isinstance(self.value, bool):
            return self.value
        if isinstance(self.value, Word):
            return self.value.answer
        self.wrong("true or false")
        return False

    def one_of(self, kind: type[E]) -> E:
        """One word of a closed vocabulary."""
        words = [member.value for member in kind]
        if isinstance(self.value, str) and self.value in words:
            return kind(self.value)
        self.wrong(meant(str(self.value), words) or f"one of {', '.join(words)}")
        return next(iter(kind))

    def span(self) -> timedelta:
        """A time span such as `90s`, `30m`, `48h` or `2d`."""
        span = duration.read(self.value) if isinstance(self.value, str) else None
        if span is None:
            self.wrong("a time span such as 90s, 30m, 48h or 2d")
        return span or timedelta()

    def day(self) -> date:
        """A day, which YAML reads by itself."""
        if isinstance(self.value, date) and not isinstance(self.value, datetime):
            return self.value
        self.wrong("a day such as 2030-12-31")
        return date.min

    def filled(self, text: str) -> str:
        """A text with every `${NAME}` replaced from the environment."""

        def value_of(match: re.Match[str]) -> str:
            found = self.reading.environment.get(match[1], "")
            if not found:
                self.wrong(f"the environment variable {match[1]} to be set", "none, or an empty one")
                return match[0]
            return found

        return VARIABLE.sub(value_of, text)


def distinct(nodes: Iterable[tuple[Node, T]], *, what: str, shown: Callable[[T], str] = str) -> None:
    """Keeps a mistake for each value that stood before."""
    seen: set[T] = set()
    for node, value in nodes:
        if value in seen:
            node.wrong(f"each {what} once", f"{shown(value)} again")
        seen.add(value)
