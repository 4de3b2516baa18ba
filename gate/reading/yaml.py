"""YAML as an operator means it: one document, a map, no key twice."""

from typing import Any

import yaml

from gate.reading.mistakes import Mistake, MistakesError


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key that stands twice is a mistake: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """The map, unless a key repeats."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                "while reading a map", node.start_mark, f"the key {twice!r} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


def document(text: str, *, name: str) -> dict[Any, Any]:
    """The map that a file holds; `name` is how its paths begin."""
    try:
        found = yaml.load(text, _Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise MistakesError([Mistake(path=name, expected="YAML", got=f"{problem}{where}")]) from error
    if not isinstance(found, dict):
        got = "nothing" if found is None else f"a {type(found).__name__}"
        raise MistakesError([Mistake(path=name, expected="a map", got=got)])
    return found
