"""Takes a parsed document apart and keeps every mistake, so that all are told at once."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from belts.envio.mistakes import shown
from belts.mistake import Mistake

VARIABLE = re.compile(r"\$\{[^}]*\}")


class Node:
    """One value of the document and its place. A read that fails notes it and gives a stand-in."""

    def __init__(self, value: object, place: str, mistakes: list[Mistake]) -> None:
        self.value = value
        self.place = place
        self._mistakes = mistakes

    def wrong(self, expected: str) -> None:
        self._mistakes.append(Mistake(self.place, expected, self._got()))

    def has_keys(self, known: frozenset[str]) -> bool:
        """Whether this is a map at all; notes every key of it that is not known."""
        if not isinstance(self.value, Mapping):
            self.wrong("a map")
            return False
        for key in self.value:
            if key not in known:
                self.at(key).wrong(f"one of the keys {', '.join(sorted(known))}")
        return True

    def at(self, key: object) -> "Node":
        value = self.value.get(key) if isinstance(self.value, Mapping) else None
        separator = "." if " " in self.place or ":" in self.place else ": "
        return Node(value, f"{self.place}{separator}{key}", self._mistakes)

    @property
    def given(self) -> bool:
        return self.value is not None

    def items(self, expected: str, *, required: bool = False) -> Iterator["Node"]:
        """The nodes of a list; none where nothing is given, which is a mistake if it is required."""
        if not self.given and not required:
            return
        if not isinstance(self.value, list) or (required and not self.value):
            self.wrong(expected)
            return
        for index, value in enumerate(self.value):
            yield Node(value, f"{self.place}[{index}]", self._mistakes)

    def text(self, expected: str) -> str:
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        self.wrong(expected)
        return ""

    def number(self, expected: str, *, least: int) -> int:
        if isinstance(self.value, int) and not isinstance(self.value, bool) and self.value >= least:
            return self.value
        self.wrong(expected)
        return least

    def _got(self) -> str:
        if not self.given:
            return "nothing"
        if isinstance(self.value, str) and VARIABLE.search(self.value):
            return f"{shown(self.value)}: what decides the footprint stands in the config, not in variables"
        return shown(self.value)


class _Strict(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML takes the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int):
                raise yaml.constructor.ConstructorError(None, None, "a key is no text", key_node.start_mark)
            if key in seen and key != "<<":
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse(text: str, file: str) -> object:
    """The document in `text`; what is no YAML, or ambiguous, is a mistake at its line."""
    try:
        return yaml.load(text, Loader=_Strict)  # noqa: S506 -- a SafeLoader, only stricter
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise Unreadable(Mistake(f"{file}{line}", "YAML", str(error.problem))) from error
    except yaml.YAMLError as error:
        raise Unreadable(Mistake(file, "YAML", str(error) or type(error).__name__)) from error


class Unreadable(Exception):
    """A document that cannot be taken apart at all."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake
        super().__init__(str(mistake))
