"""A value in a file, and the path that leads to it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, TypeVar

from belts.mistake import Mistake
from gate.reading import duration
from gate.reading.unquoted import Word, is_plain, misread, written
from gate.secret import Address, Secret

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

ABSENT: Final = object()
NEAR = 0.7  # how alike two words have to be for one to be taken for the other mistyped
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a whole file shares while it is read: the environment, and the mistakes found so far."""

    environment: Mapping[str, str] = field(repr=False)
    mistakes: list[Mistake] = field(default_factory=list)


class Node:
    """One value. What is wrong with it is kept as a mistake, and one of the right type stands in for it."""

    def __init__(self, value: object, path: str, reading: Reading) -> None:
        """The value at a path; `ABSENT` where there is none."""
        self.value = value
        self.path = path
        self.reading = reading

    @property
    def given(self) -> bool:
        """Whether anything stands there; an empty value in YAML is nothing."""
        return self.value is not ABSENT and self.value is not None

    def wrong(self, expected: str, got: str | None = None) -> None:
        """Keeps a mistake about this value."""
        mistake = Mistake(path=self.path, expected=expected, got=got or _shown(self.value))
        self.reading.mistakes.append(mistake)

    def fields(self, *known: str) -> "Fields":
        """The value as a map with these keys and no others."""
        if self.given and not isinstance(self.value, dict):
            self.wrong("a map")
        values = self.value if isinstance(self.value, dict) else {}
        for key in values:
            if key not in known:
                Node(values[key], f"{self.path}.{key}", self.reading).wrong(
                    meant(str(key), known) or f"one of the keys {', '.join(known)}",
                    f"the unknown key {key!r}",
                )
        return Fields(values, self)

    def items(self) -> Iterator[tuple[object, "Node"]]:
        """The value as a map whose keys are names of the operator's."""
        if self.given and not isinstance(self.value, dict):
            self.wrong("a map")
        for key, value in self.value.items() if isinstance(self.value, dict) else ():
            node = Node(value, f"{self.path}.{written(key)}", self.reading)
            if is_plain(key):
                yield key, node
            else:
                node.wrong("a name, or decimal digits, as its key", misread(key) or f"the key {key!r}")

    def each(self) -> Iterator["Node"]:
        """The value as a list."""
        if self.given and not isinstance(self.value, list):
            self.wrong("a list")
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

    def address(self, *schemes: str) -> Address:
        """A URL with scheme and host. What stands there instead is not shown: it may hold a key."""
        allowed = schemes or ("http", "https")
        expected = f"a URL that begins with {' or '.join(f'{scheme}://' for scheme in allowed)}"
        if not isinstance(self.value, str):
            self.wrong(expected, f"a {type(self.value).__name__}" if self.given else "nothing")
            return Address(f"{allowed[0]}://invalid.invalid")
        address = Address(self._filled(self.value))
        try:
            usable = address.parts.scheme in allowed and bool(address.parts.hostname) and address.origin
        except ValueError:
            usable = False
        if not usable and "${" not in address.reveal():
            self.wrong(expected, "a text that is not one")
        return address if usable else Address(f"{allowed[0]}://invalid.invalid")

    def secret(self, expected: str = "a secret") -> Secret:
        """A text that is never shown."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.wrong(expected, f"a {type(self.value).__name__}" if self.given else "nothing")
            return Secret("")
        return Secret(self._filled(self.value))

    def database(self) -> Secret:
        """A database's URL, secret as a whole."""
        return Secret(self.address("postgres", "postgresql").reveal())

    def _filled(self, text: str) -> str:
        """The text with every `${NAME}` replaced from the environment."""

        def value_of(match: re.Match[str]) -> str:
            found = self.reading.environment.get(match[1], "")
            if not found:
                self.wrong(f"the environment variable {match[1]} to be set", "none, or an empty one")
                return match[0]
            return found

        return VARIABLE.sub(value_of, text)


class Fields:
    """The fields of one map."""

    def __init__(self, values: Mapping[Any, Any], node: Node) -> None:
        """The values of the map that stands at a node."""
        self._values = values
        self._node = node

    def node(self, key: str) -> Node:
        """What stands under a key, even if that is nothing."""
        return Node(self._values.get(key, ABSENT), f"{self._node.path}.{key}", self._node.reading)

    def optional(self, key: str, read: Callable[[Node], T], default: T) -> T:
        """What stands under a key, or the default where nothing does."""
        node = self.node(key)
        return read(node) if node.given else default


def distinct(nodes: Iterable[tuple[Node, T]], *, what: str, shown: Callable[[T], str] = str) -> None:
    """Keeps a mistake for each value that stood before."""
    seen: set[T] = set()
    for node, value in nodes:
        if value in seen:
            node.wrong(f"each {what} once", f"{shown(value)} again")
        seen.add(value)


def meant(word: str, known: Sequence[str]) -> str:
    """The word that was probably meant; nothing where none is near."""
    lower = {each.lower(): each for each in known}
    near = get_close_matches(word.lower(), lower, n=1, cutoff=NEAR)
    return f"`{lower[near[0]]}`, perhaps" if near else ""


def _shown(value: object) -> str:
    """A value as a mistake shows it."""
    if value is ABSENT or value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) and not isinstance(value, Word) else written(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
