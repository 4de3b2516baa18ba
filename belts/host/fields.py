"""Reads the fields of a JSON object and collects what is wrong with them: path, expected, got."""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from belts.host.errors import BadRequest

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
MISSING = object()
Value = TypeVar("Value", str, int)
StandIn = TypeVar("StandIn")


class Fields:
    """One object of the request. A read that fails notes the mistake and gives a value of the right type."""

    def __init__(self, raw: Mapping[str, Any], *, path: str = "", mistakes: list[str] | None = None) -> None:
        self._raw = raw
        self._path = path
        self._read: set[str] = set()
        self._mistakes: list[str] = [] if mistakes is None else mistakes

    def raise_mistakes(self) -> None:
        if self._mistakes:
            raise BadRequest(self._mistakes)

    def refuse_unknown(self) -> None:
        for key in sorted(set(self._raw) - self._read):
            self._mistakes.append(f"{self._path}{key}: unknown; known are {', '.join(sorted(self._read))}")

    def text(self, key: str, *, default: str | None = None) -> str:
        value = self._get(key, default)
        if isinstance(value, str) and (value or default == ""):
            return value
        return self._wrong(key, "a text that is not empty", value, "")

    def name(self, key: str) -> str:
        value = self._get(key, None)
        if isinstance(value, str) and NAME.fullmatch(value):
            return value
        return self._wrong(key, "a name of at most 31 lower-case letters, digits and dashes", value, "")

    def file_name(self, key: str, *, default: str) -> str:
        value = self._get(key, default)
        if isinstance(value, str) and value not in {"", ".", ".."} and Path(value).name == value:
            return value
        return self._wrong(key, "the name of a file, without a directory", value, "")

    def one_of(self, key: str, known: tuple[Value, ...], *, default: Value | None = None) -> Value:
        value = self._get(key, default)
        if not isinstance(value, bool):
            for each in known:
                if value == each:
                    return each
        return self._wrong(key, f"one of {', '.join(map(str, known))}", value, type(known[0])())

    def absolute_path(self, key: str) -> Path:
        value = self._get(key, None)
        if isinstance(value, str) and value.startswith("/") and "\n" not in value:
            return Path(value)
        return self._wrong(key, "an absolute path", value, Path("/"))

    def url(self, key: str, *, default: str | None) -> str | None:
        value = self._get(key, MISSING if default is None else default)
        if value is MISSING or value is None:
            return None
        if (
            isinstance(value, str)
            and urlsplit(value).scheme in {"http", "https"}
            and urlsplit(value).hostname
        ):
            return value
        return self._wrong(key, "an http or https URL", value, "")

    def whole(self, key: str, *, default: int | None = None, least: int = 0, most: int | None = None) -> int:
        value = self._get(key, default)
        if _is_whole(value) and least <= value and (most is None or value <= most):
            return int(value)
        bounds = f"of {least} or more" if most is None else f"from {least} to {most}"
        return self._wrong(key, f"a whole number {bounds}", value, least)

    def port(self, key: str, *, default: int | None = None) -> int:
        return self.whole(key, default=default, least=0 if default == 0 else 1, most=65535)

    def number_or_none(self, key: str) -> float | None:
        value = self._get(key, None)
        if value is MISSING:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and math.isfinite(value) and value > 0:
            return float(value)
        return self._wrong(key, "a number above 0", value, None)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._get(key, default)
        return value if isinstance(value, bool) else self._wrong(key, "true or false", value, default)

    def whole_numbers(self, key: str) -> tuple[int, ...]:
        value = self._get(key, None)
        if isinstance(value, list) and value and all(_is_whole(each) for each in value):
            if len(set(value)) == len(value):
                return tuple(value)
            return self._wrong(key, "numbers that differ from each other", value, ())
        return self._wrong(key, "a list of whole numbers that is not empty", value, ())

    def texts(self, key: str) -> dict[str, str]:
        value = self._get(key, {})
        if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
            return dict(value)
        return self._wrong(key, "an object of texts", value, {})

    def listed(self, key: str) -> tuple[str, ...]:
        value = self._get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) and each for each in value):
            return tuple(value)
        return self._wrong(key, "a list of texts that are not empty", value, ())

    def mapping(self, key: str, *, required: bool = False) -> dict[str, Any]:
        value = self._get(key, None if required else {})
        return dict(value) if isinstance(value, dict) else self._wrong(key, "an object", value, {})

    def object(self, key: str) -> "Fields":
        """An object within this one; when it is missing, an empty one."""
        value = self._get(key, {})
        inner = value if isinstance(value, dict) else self._wrong(key, "an object", value, {})
        return Fields(inner, path=f"{self._path}{key}.", mistakes=self._mistakes)

    def objects(self, key: str, *, optional: bool = False) -> "Iterator[Fields]":
        value = self._get(key, [] if optional else None)
        if optional and value == []:
            return
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            self._wrong(key, "a list of objects that is not empty", value, None)
            return
        for index, each in enumerate(value):
            fields = Fields(each, path=f"{self._path}{key}[{index}].", mistakes=self._mistakes)
            yield fields
            fields.refuse_unknown()

    def _get(self, key: str, default: Any) -> Any:
        self._read.add(key)
        return self._raw.get(key, MISSING if default is None else default)

    def _wrong(self, key: str, expected: str, value: Any, stand_in: StandIn) -> StandIn:
        got = "nothing" if value is MISSING else _shown(value)
        self._mistakes.append(f"{self._path}{key}: expected {expected}, got {got}")
        return stand_in


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
