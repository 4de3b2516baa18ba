"""Reads nested config values one by one and keeps every mistake, so that all are told at once."""

import difflib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pulumi import RunError

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One thing wrong in the config: where, what was expected there, and what stands there."""

    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        """The line that the operator reads."""
        return f"{self.path}: expected {self.expected}, got {self.got}"


class SettingsRefused(RunError):
    """The stack's config holds mistakes; all of them are in the text, and nothing was touched."""

    def __init__(self, stack: str, mistakes: Iterable[Mistake]) -> None:
        """Say each mistake once, on a line of its own."""
        self.mistakes = tuple(dict.fromkeys(mistakes))
        count = "one mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        lines = "\n".join(f"  {mistake}" for mistake in self.mistakes)
        super().__init__(
            f"the config of stack {stack!r} has {count}; nothing was touched:\n{lines}\n"
            f"  Settings stand in Pulumi.{stack}.yaml and are described in docs/configuration.md."
        )


class Fields:
    """The fields of one map in the config. Each is asked for by name; `done` refuses those that never were.

    A value that is wrong is kept as a mistake and replaced by one of the right type, so that reading goes on
    and the operator hears of everything at once.
    """

    def __init__(
        self,
        path: str,
        values: Mapping[str, Any],
        mistakes: list[Mistake],
        *,
        hidden: frozenset[str] = frozenset(),
        absent: bool = False,
    ) -> None:
        """Read `values`, which stand at `path`.

        `hidden` are keys whose values are secret and never shown. Where the whole map is `absent`, that was
        told already and its fields are not told again.
        """
        self._path = path
        self._values = values
        self._mistakes = mistakes
        self._hidden = hidden
        self._absent = absent
        self._known: list[str] = []

    def path(self, key: str) -> str:
        """Where this key stands, as the operator would write it."""
        return f"{self._path}{key}" if self._path.endswith(":") else f"{self._path}.{key}"

    def wrong(self, key: str, expected: str, *, got: str | None = None, within: str = "") -> None:
        """Keep a mistake about what stands under this key, or within the file that it names."""
        path = f"{self.path(key)} ({within})" if within else self.path(key)
        if not self._absent:
            self._mistakes.append(Mistake(path=path, expected=expected, got=got or self._shown(key)))

    def check(self, value: str, *, path: str, pattern: str, expected: str) -> None:
        """Keep a mistake about a value that stands outside the config."""
        if re.fullmatch(pattern, value) is None:
            self._mistakes.append(Mistake(path=path, expected=expected, got=json.dumps(value)))

    def text(self, key: str, *, expected: str, default: str | None = None, pattern: str = r"(?s)\S.*") -> str:
        """A text that matches the pattern as a whole."""
        value = self._get(key, expected, default)
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        if value is not None:
            self.wrong(key, expected)
        return ""

    def whole(
        self, key: str, *, of: str, default: int | None = None, least: int = 1, most: int = 2**31 - 1
    ) -> int:
        """A whole number; `true` is none, and neither is a text of digits."""
        return self._whole(key, f"a whole number of {of}", default, least, most)

    def port(self, key: str) -> int:
        """A TCP port that an ordinary user may listen on."""
        return self._whole(key, "a port", None, 1_024, 65_535)

    def number(self, key: str, *, of: str) -> float:
        """A number above nought, with or without a fraction."""
        expected = f"a number of {of} above 0"
        value = self._get(key, expected, None)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**31:
            return float(value)
        if value is not None:
            self.wrong(key, expected)
        return 1.0

    def flag(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self._get(key, "true or false", default)
        if isinstance(value, bool):
            return value
        self.wrong(key, "true or false")
        return default

    def switch(self, key: str) -> bool:
        """A flag at the top of the config, where every value comes as a text; left out, it is off."""
        value = self._get(key, "true or false", "false")
        if not isinstance(value, str) or value not in {"true", "false"}:
            self.wrong(key, "true or false")
        return value == "true"

    def count(self, key: str, *, default: int, most: int = 2**31 - 1) -> int:
        """A whole number of 1 or more at the top of the config, where every value comes as a text."""
        expected = f"a whole number from 1 to {most}"
        value = self._get(key, expected, str(default))
        if isinstance(value, str) and re.fullmatch("[1-9][0-9]{0,9}", value) and int(value) <= most:
            return int(value)
        self.wrong(key, expected)
        return default

    def choice(self, key: str, options: type[E], *, default: E | None = None) -> E | None:
        """One word of a closed vocabulary; `None` only beside a mistake."""
        expected = _either(options)
        value = self._get(key, expected, default)
        if isinstance(value, str) and value in tuple(options):
            return options(value)
        if value is not None:
            self.wrong(key, expected)
        return default

    def url(self, key: str) -> str:
        """The address of an HTTP server, without a user, a query, or anything that could hold a secret."""
        expected = "a URL like http://host:8080"
        text = self.text(key, expected=expected)
        parts = urlsplit(text)
        if text and (
            parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or "@" in parts.netloc
        ):
            self.wrong(key, f"{expected}, without user and query", got="one that is not")
        return text.rstrip("/")

    def has(self, key: str) -> bool:
        """Whether anything stands under this key."""
        return key in self._values

    def secret(self, key: str) -> None:
        """A value that is there and that Pulumi keeps as a secret; it is not read here."""
        how = f"a secret, set with `pulumi config set --secret {key}`"
        if self._get(key, how, None) is not None and key not in self._hidden:
            self.wrong(key, how, got="plain text")

    def secret_names(self, key: str) -> tuple[str, ...]:
        """The names of environment variables whose values Pulumi keeps as secrets; the values stay unread."""
        if key not in self._values:
            self._known.append(key)
            return ()
        if key not in self._hidden:
            self.wrong(
                key, f"secrets, set with `pulumi config set --secret --path {key}.NAME`", got="plain text"
            )
        return tuple(sorted(self.texts(key, name=r"[A-Z][A-Z0-9_]*")))

    def listed(self, key: str, *, of: str) -> tuple[str, ...]:
        """A list of texts; left out, it is empty."""
        value = self._get(key, f"a list of {of}", [])
        if isinstance(value, list) and all(isinstance(each, str) and each for each in value):
            return tuple(value)
        self.wrong(key, f"a list of {of}")
        return ()

    def texts(self, key: str, *, name: str = r"[A-Za-z_][A-Za-z0-9_]*") -> Mapping[str, str]:
        """A map from names of environment variables to texts; left out, it is empty."""
        inner = self.fields(key, optional=True)
        for found in inner._values:
            if re.fullmatch(name, found) is None:
                inner.wrong(found, "the name of an environment variable", got="another name")
        return {found: inner.text(found, expected="a text", pattern=r"(?s).*") for found in inner._values}

    def fields(self, key: str, *, optional: bool = False) -> "Fields":
        """The fields of the map under this key."""
        value = self._get(key, "a map of settings", {} if optional else None)
        whole = isinstance(value, Mapping)
        if not whole and value is not None:
            self.wrong(key, "a map of settings")
        hidden = frozenset(value) if isinstance(value, Mapping) and key in self._hidden else frozenset()
        return Fields(
            self.path(key),
            value if isinstance(value, Mapping) else {},
            self._mistakes,
            hidden=hidden,
            absent=self._absent or not whole,
        )

    def items(self, key: str) -> tuple["Fields", ...]:
        """The maps in the list under this key, of which there is at least one."""
        value = self._get(key, "a list of maps", None)
        if not isinstance(value, list) or not value:
            if value is not None:
                self.wrong(key, "a list of maps, not empty")
            return ()
        inner = Fields(self.path(key), {}, self._mistakes)
        return tuple(inner._item(index, item) for index, item in enumerate(value))

    def distinct(self, expected: str, values: Mapping[str, int]) -> None:
        """Keep a mistake for each value that stands under more than one path."""
        paths = defaultdict(list)
        for path, value in values.items():
            paths[value].append(path)
        for value, (first, *others) in paths.items():
            for other in others if value else ():
                self._mistakes.append(
                    Mistake(path=other, expected=expected, got=f"{value}, which is also {first}")
                )

    def done(self, *inner: "Fields") -> None:
        """Refuse every key that was never asked for, here and in these maps; say which one may be meant."""
        for fields in (self, *inner):
            for key in fields._values.keys() - set(fields._known):
                fields.wrong(key, _instead(key, fields._known), got="an unknown key")

    def _whole(self, key: str, expected: str, default: int | None, least: int, most: int) -> int:
        value = self._get(key, expected, default)
        if isinstance(value, int) and not isinstance(value, bool):
            if least <= value <= most:
                return value
            expected = f"{expected} from {least} to {most}"
        if value is not None:
            self.wrong(key, expected)
        return 0

    def _item(self, index: int, value: object) -> "Fields":
        path = f"{self._path}[{index}]"
        if isinstance(value, Mapping):
            return Fields(path, value, self._mistakes)
        self._mistakes.append(Mistake(path=path, expected="a map of settings", got=json.dumps(value)))
        return Fields(path, {}, self._mistakes, absent=True)

    def _get(self, key: str, expected: str, default: object) -> object:
        """What stands under the key, else the default; `None` when there is neither, which is a mistake."""
        self._known.append(key)
        value = self._values.get(key)
        if value is None or value == "":
            value = default
            if value is None:
                self.wrong(key, expected, got="nothing")
        return value

    def _shown(self, key: str) -> str:
        return "a secret" if key in self._hidden else json.dumps(self._values.get(key), default=str)


def _either(options: type[StrEnum]) -> str:
    words = tuple(options)
    return " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"


def _instead(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    names = near or sorted(set(known))
    return " or ".join(f"`{name}`" for name in names) + (", perhaps" if near else "")
